'use strict'

const express = require('express')
const { rateLimit } = require('express-rate-limit')
const { zumoJwt } = require('zumo-jwt')
const { isText } = require('./database.js')
const { Problem } = require('./problem.js')
const { openUsers } = require('./users.js')

const MINUTE = 60 * 1000
const ONE_DAY = 24 * 60 * MINUTE

/** The routes that sign people in. They look at no token, so that a stale one does not keep its user out. */
function signIn({ masterKey, database }) {
  const users = openUsers(database)
  const router = express.Router()
  const body = express.json({ limit: '10kb' })

  router.post('/.auth/login/custom', body, checkCredentials, ...limitSignIns(), async (req, res) => {
    const { username, password } = req.body
    const id = await users.signIn(username, password)
    if (id === undefined) throw new Problem(401, 'The username or the password is wrong.')
    res.json(loginAnswer(id))
  })

  router.post('/api/register', body, checkCredentials, limitRegistrations(), async (req, res) => {
    const { username, password } = req.body
    const id = await users.register(username, password)
    if (id === undefined) throw new Problem(409, 'The username is taken.')
    res.json(loginAnswer(id))
  })

  // What Microsoft's client SDKs expect of a login.
  function loginAnswer(id) {
    const userId = `Custom:${id}`
    const expiry = new Date(Date.now() + ONE_DAY)
    return { user: { userId }, authenticationToken: zumoJwt(expiry, 'Custom', userId, masterKey) }
  }

  return router
}

// A request counts from its start, so that many at once get no further, until its answer says that it was no failure.
function limitSignIns() {
  const failed = {
    windowMs: 15 * MINUTE,
    skipSuccessfulRequests: true,
    requestWasSuccessful: (_req, res) => res.statusCode !== 401,
    handler: refusal('Too many failed sign-ins. Try again later.'),
  }
  return [
    rateLimit({ ...failed, limit: 100 }),
    rateLimit({ ...failed, limit: 10, keyGenerator: (req) => req.body.username.toLowerCase() }),
  ]
}

function limitRegistrations() {
  const handler = refusal('Too many registrations. Try again later.')
  return rateLimit({ windowMs: 60 * MINUTE, limit: 20, handler })
}

function refusal(message) {
  return (_req, _res, next) => next(new Problem(429, message))
}

function checkCredentials(req, _res, next) {
  const { username, password } = req.body ?? {}
  if (typeof username !== 'string' || !/^[\w.-]{1,64}$/.test(username)) {
    throw new Problem(400, 'The username must be 1 to 64 letters, digits, dots, hyphens or underscores.')
  }
  if (!isText(password) || password.length < 8 || password.length > 128) {
    throw new Problem(400, 'The password must be a string of 8 to 128 characters.')
  }
  next()
}

module.exports = { signIn }
