'use strict'

const express = require('express')
const { zumoJwt } = require('zumo-jwt')
const { authenticate, authorize } = require('zumo-jwt/express')
const { openFoo } = require('./foo.js')
const { openUsers } = require('./users.js')

const ONE_DAY = 24 * 60 * 60 * 1000

function createService({ masterKey, applicationKey, database }) {
  const foo = openFoo(database)
  const users = openUsers(database)

  // What the SDKs of Mobile Services expect of a login.
  function loginAnswer(id) {
    const userId = `Custom:${id}`
    const expiry = new Date(Date.now() + ONE_DAY)
    return { user: { userId }, authenticationToken: zumoJwt(expiry, 'Custom', userId, masterKey) }
  }

  const app = express()
  app.disable('x-powered-by')
  app.use(authenticate({ masterKey, applicationKey }))
  app.use(express.json({ limit: '10kb' }))

  app.post('/register', authorize('application'), async (req, res) => {
    const { username, password } = credentials(req.body)
    const id = await users.register(username, password)
    if (id === undefined) throw problem(409, 'The username is taken.')
    res.json(loginAnswer(id))
  })

  app.post('/login', authorize('application'), async (req, res) => {
    const { username, password } = credentials(req.body)
    const id = await users.login(username, password)
    if (id === undefined) throw problem(401, 'The username or the password is wrong.')
    res.json(loginAnswer(id))
  })

  app.get('/tables/foo', authorize('user'), (req, res) => {
    res.json(foo.read().map((row) => ({ ...row, userId: req.user.userId })))
  })

  app.post('/tables/foo', authorize('admin'), (req, res) => {
    res.status(201).json(foo.insert(textOf(req.body)))
  })

  app.patch('/tables/foo/:id', authorize('admin'), (req, res) => {
    res.json(found(foo.update(req.params.id, textOf(req.body))))
  })

  app.delete('/tables/foo/:id', authorize('admin'), (req, res) => {
    found(foo.delete(req.params.id))
    res.status(204).end()
  })

  app.use(() => {
    throw problem(404, 'Not found.')
  })

  app.use((error, _req, res, _next) => {
    const code = error.status ?? 500
    if (code === 500) console.error(error)
    res.status(code).json({ code, error: `Error: ${code === 500 ? 'Internal error.' : error.message}` })
  })

  return app
}

function credentials({ username, password } = {}) {
  if (typeof username !== 'string' || !/^[\w.-]{1,64}$/.test(username)) {
    throw problem(400, 'The username must be 1 to 64 letters, digits, dots, hyphens or underscores.')
  }
  if (
    typeof password !== 'string' ||
    password.length < 8 ||
    password.length > 128 ||
    !password.isWellFormed()
  ) {
    throw problem(400, 'The password must be a string of 8 to 128 characters.')
  }
  return { username, password }
}

function textOf({ text } = {}) {
  if (typeof text !== 'string' || text.length < 1 || text.length > 1000) {
    throw problem(400, 'The text must be a string of 1 to 1000 characters.')
  }
  return text
}

function found(row) {
  if (row === undefined) throw problem(404, 'There is no such row.')
  return row
}

function problem(status, message) {
  return Object.assign(new Error(message), { status })
}

module.exports = { createService }
