'use strict'

// Of azure-odata-sql only the parser is used: in its SQL for SQLite, startswith and other functions find the wrong rows.
const parse = require('azure-odata-sql/src/parseOData')
const { default: sql, join } = require('sql-template-tag')
const { Problem } = require('./problem.js')

/**
 * The operators and functions of a filter, as the parser names them. None writes an operand twice: nested, the SQL would
 * double with each level.
 */
const OPERATORS = new Map([
  ['And', (a, b) => sql`(${a} AND ${b})`],
  ['Or', (a, b) => sql`(${a} OR ${b})`],
  ['Not', (a) => sql`(NOT ${a})`],
  ['Equal', (a, b) => sql`(${a} IS ${b})`],
  ['NotEqual', (a, b) => sql`(${a} IS NOT ${b})`],
  ['LessThan', (a, b) => sql`(${a} < ${b})`],
  ['LessThanOrEqual', (a, b) => sql`(${a} <= ${b})`],
  ['GreaterThan', (a, b) => sql`(${a} > ${b})`],
  ['GreaterThanOrEqual', (a, b) => sql`(${a} >= ${b})`],
  ['substringof', (text, part) => sql`(instr(${text}, ${part}) > 0)`],
  ['startswith', (text, part) => sql`(instr(${text}, ${part}) = 1)`],
  ['endswith', (text, part) => sql`(instr(${text} || char(0), ${part} || char(0)) > 0)`],
  ['indexof', (text, part) => sql`(instr(${text}, ${part}) - 1)`],
  ['length', (text) => sql`length(${text})`],
  ['tolower', (text) => sql`lower(${text})`],
  ['toupper', (text) => sql`upper(${text})`],
  ['trim', (text) => sql`trim(${text})`],
])

const MOST_NODES = 200

const OPTIONS = new Map([
  ['$filter', (text, scope) => toSql(parse(text), scope)],
  ['$orderby', (text, scope) => parse.orderBy(text).map((ordering) => toOrder(ordering, scope))],
  [
    '$select',
    (text, { columns }) => join([...new Set(text.split(','))].map((name) => known(columns.get(name)))),
  ],
  ['$skip', toNumber],
  ['$top', toNumber],
  ['$inlinecount', (text) => known(text === 'allpages' || (text === 'none' ? false : undefined))],
])

/** The options in a query string, for columns given as a Map of names to SQL. Refuses what it does not understand. */
function readQuery(queryString, columns) {
  try {
    decodeURIComponent(queryString) // Throws where URLSearchParams would replace.
    const query = {}
    const scope = { columns, nodes: 0 }
    for (const [name, text] of new URLSearchParams(queryString)) {
      if (Object.hasOwn(query, name)) throw new Error('twice')
      query[name] = known(OPTIONS.get(name))(text, scope)
    }
    return query
  } catch (cause) {
    throw cause instanceof Problem ? cause : new Problem(400, 'The query was not understood.', { cause })
  }
}

/** SQL for a node of the parsed filter. */
function toSql(node, scope) {
  if (++scope.nodes > MOST_NODES) throw new Problem(400, 'The query is too long.')
  const { value, member, memberInfo, instance, args = [], left, right, operand, expressionType } = node
  if (value instanceof Date) throw new Error('no column is a date')
  if (value !== undefined) return sql`${value}`
  if (typeof member === 'string' && instance.ExpressionType === 'Parameter')
    return known(scope.columns.get(member))
  const operands = [instance, ...args, left, right, operand].filter((one) => one)
  const operator = OPERATORS.get((memberInfo ?? member)?.memberName ?? expressionType)
  return known(operator)(...operands.map((one) => toSql(one, scope)))
}

function toOrder({ selector, ascending }, scope) {
  return ascending ? toSql(selector, scope) : sql`${toSql(selector, scope)} DESC`
}

function toNumber(text) {
  if (!/^\d{1,15}$/.test(text)) throw new Error('no whole number')
  return Number(text)
}

function known(value) {
  if (value === undefined) throw new Error('unknown')
  return value
}

module.exports = { readQuery }
