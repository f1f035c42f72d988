'use strict'

const express = require('express')
const { default: sql, join, raw } = require('sql-template-tag')
const { authorize } = require('zumo-jwt/express')
const { isText } = require('./database.js')
const { Problem } = require('./problem.js')

/** Who may do what, as set in the portal, and the columns that a request can set. database.js has their SQL. */
const TABLES = {
  todoitem: {
    permissions: { read: 'user', insert: 'user', update: 'user', delete: 'user' },
    columns: ['text', 'complete'],
    isPerUser: true, // Rows belong to who made them. Nobody else sees or changes them.
  },
  foo: {
    permissions: { read: 'user', insert: 'admin', update: 'admin', delete: 'admin' },
    columns: ['text'],
    isPerUser: false,
  },
}

const MOST_ROWS = 200 // A list has all of them, and other requests wait until it is read.

function tables({ run }) {
  const router = express.Router()
  const body = express.json({ limit: '10kb' })

  router.use((req, _res, next) => {
    if (Object.keys(req.query).length > 0) throw new Problem(400, 'This example answers no queries.')
    next()
  })

  for (const [name, { permissions, columns, isPerUser }] of Object.entries(TABLES)) {
    const table = raw(name)
    const all = raw(['id', ...columns].join())
    const own = (req) => (isPerUser ? sql`userId IS ${req.user.userId ?? null}` : sql`TRUE`)
    const oneRow = (req) => sql`WHERE id = ${req.params.id} AND ${own(req)}`

    router.get(`/${name}`, authorize(permissions.read), (req, res) => {
      const rows = run(sql`SELECT ${all} FROM ${table} WHERE ${own(req)} ORDER BY id`)
      res.json(rows.map((row) => toJson(row, req)))
    })

    router.get(`/${name}/:id`, authorize(permissions.read), (req, res) => {
      res.json(toJson(found(run(sql`SELECT ${all} FROM ${table} ${oneRow(req)}`)), req))
    })

    router.post(`/${name}`, authorize(permissions.insert), body, (req, res) => {
      const row = checked({ text: undefined, ...req.body }, columns) // Without a text, it is refused.
      if (isPerUser) row.userId = req.user.userId ?? null
      const names = raw(Object.keys(row).join())
      const count = sql`SELECT count(*) FROM ${table} WHERE ${own(req)}`
      // One statement, so that no other process inserts between the counting and the insert.
      const [inserted] = run(sql`
        INSERT INTO ${table} (${names}) SELECT ${join(Object.values(row))} WHERE (${count}) < ${MOST_ROWS}
        RETURNING ${all}`)
      if (!inserted) throw new Problem(403, `There are ${MOST_ROWS} rows. Delete one first.`)
      res.status(201).json(toJson(inserted, req))
    })

    router.patch(`/${name}/:id`, authorize(permissions.update), body, (req, res) => {
      // Microsoft's client sends the whole row that it has read.
      const { id = req.params.id, userId = req.user.userId, ...row } = req.body ?? {}
      if (![req.params.id, Number(req.params.id)].includes(id) || userId !== req.user.userId) {
        throw new Problem(400, 'The id and the userId of a row cannot be changed.')
      }
      const changes = Object.entries(checked(row, columns)).map(
        ([column, value]) => sql`${raw(column)} = ${value}`,
      )
      if (changes.length === 0) throw new Problem(400, 'The body changes nothing.')
      const updated = run(sql`UPDATE ${table} SET ${join(changes)} ${oneRow(req)} RETURNING ${all}`)
      res.json(toJson(found(updated), req))
    })

    router.delete(`/${name}/:id`, authorize(permissions.delete), (req, res) => {
      found(run(sql`DELETE FROM ${table} ${oneRow(req)} RETURNING id`))
      res.status(204).end()
    })
  }
  return router
}

function checked(row, columns) {
  for (const [name, value] of Object.entries(row)) {
    if (!columns.includes(name)) throw new Problem(400, 'The body has a name that is no column.')
    if (name === 'complete' && typeof value !== 'boolean') {
      throw new Problem(400, 'The value of complete must be true or false.')
    }
    if (name === 'text' && !(isText(value) && value.length >= 1 && value.length <= 1000)) {
      throw new Problem(400, 'The text must be a string of 1 to 1000 characters, without NUL.')
    }
  }
  return row
}

function found([row]) {
  if (row === undefined) throw new Problem(404, 'There is no such row.')
  return row
}

/** A row for the answer. It names who asks, which in a table of users' rows is who owns it. */
function toJson(row, req) {
  const json = { ...row, userId: req.user.userId }
  if ('complete' in row) json.complete = row.complete === 1
  return json
}

module.exports = { tables }
