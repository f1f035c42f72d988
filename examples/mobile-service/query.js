'use strict'

// Of azure-odata-sql only the parser is used: in its SQL for SQLite, startswith and other functions find the wrong rows.
const parse = require('azure-odata-sql/src/parseOData')
const { default: sql, join } = require('sql-template-tag')
const { Problem } = require('./problem.js')

/** The operators and functions of a filter, as the parser names them. */
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
  ['startswith', (text, part) => sql`(substr(${text}, 1, length(${part})) = ${part})`],
  ['endswith', (text, part) => sql`(substr(${text}, length(${text}) - length(${part}) + 1) = ${part})`],
  ['indexof', (text, part) => sql`(instr(${text}, ${part}) - 1)`],
  ['length', (text) => sql`length(${text})`],
  ['tolower', (text) => sql`lower(${text})`],
  ['toupper', (text) => sql`upper(${text})`],
  ['trim', (text) => sql`trim(${text})`],
])

const OPTIONS = new Map([
  ['$filter', (text, columns) => toSql(parse(text), columns)],
  ['$orderby', (text, columns) => parse.orderBy(text).map((ordering) => toOrder(ordering, columns))],
  ['$select', (text, columns) => join(text.split(',').map((name) => known(columns.get(name))))],
  ['$skip', toNumber],
  ['$top', toNumber],
  ['$inlinecount', (text) => known(text === 'allpages' || (text === 'none' ? false : undefined))],
])

/** The options in a query string, for columns given as a Map of names to SQL. Refuses what it does not understand. */
function readQuery(queryString, columns) {
  try {
    decodeURIComponent(queryString) // Throws where URLSearchParams would replace.
    const query = {}
    for (const [name, text] of new URLSearchParams(queryString)) {
      if (Object.hasOwn(query, name)) throw new Error('twice')
      query[name] = known(OPTIONS.get(name))(text, columns)
    }
    return query
  } catch (cause) {
    throw new Problem(400, 'The query was not understood.', { cause })
  }
}

/** SQL for a node of the parsed filter. */
function toSql(node, columns) {
  const { value, member, memberInfo, instance, args = [], left, right, operand, expressionType } = node
  if (value instanceof Date) throw new Error('no column is a date')
  if (value !== undefined) return sql`${value}`
  if (typeof member === 'string' && instance.ExpressionType === 'Parameter') return known(columns.get(member))
  const operands = [instance, ...args, left, right, operand].filter((one) => one)
  const operator = OPERATORS.get((memberInfo ?? member)?.memberName ?? expressionType)
  return known(operator)(...operands.map((one) => toSql(one, columns)))
}

function toOrder({ selector, ascending }, columns) {
  return ascending ? toSql(selector, columns) : sql`${toSql(selector, columns)} DESC`
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
