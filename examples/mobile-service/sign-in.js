'use strict'

const express = require('express')
const { MemoryStore, rateLimit } = require('express-rate-limit')
const { sign } = require('zumo-jwt')
const { authenticate, authorize } = require('zumo-jwt/express')
const { isText } = require('./database.js')
const { Problem } = require('./problem.js')
const { openUsers } = require('./users.js')

const SECOND = 1000
const MINUTE = 60 * SECOND
const ONE_DAY = 24 * 60 * MINUTE

/** The routes that make tokens. Those that sign people in look at none: a stale one does not keep its user out. */
function signIn({ masterKey, database }) {
  const users = openUsers(database)
  const router = express.Router()
  const body = express.json({ limit: '10kb' })
  const attempts = countAttempts()

  router.post('/.auth/login/custom', body, checkCredentials, ...attempts.limits, async (req, res) => {
    const { username, password } = req.body
    const id = await users.signIn(username, password)
    if (id === undefined) throw new Problem(401, 'The username or the password is wrong.')
    attempts.uncount(req)
    res.json(loginAnswer(`Custom:${id}`))
  })

  router.post('/api/register', body, checkCredentials, limitRegistrations(), async (req, res) => {
    const { username, password } = req.body
    const id = await users.register(username, password)
    if (id === undefined) throw new Problem(409, 'The username is taken. If it is yours, sign in.')
    res.json(loginAnswer(`Custom:${id}`))
  })

  router.get('/api/expired', authenticate({ masterKey }), authorize('user'), (req, res) => {
    const { userId } = req.user
    if (userId === undefined) throw new Problem(400, 'The master key names no user.')
    res.json(loginAnswer(userId, -SECOND))
  })

  // What Microsoft's client SDKs expect of a login.
  function loginAnswer(userId, lifetime = ONE_DAY) {
    const exp = new Date(Date.now() + lifetime)
    return { user: { userId }, authenticationToken: sign({ exp, aud: 'Custom', uid: userId }, masterKey) }
  }

  return router
}

/**
 * Limits the failed sign-ins of an address, and for a name. An attempt counts from its start, so that many at once get no
 * further. It is uncounted if it was no failure, whether or not the client waits for the answer.
 */
function countAttempts() {
  const counters = [
    { requestPropertyName: 'attemptsOfAddress', limit: 100 },
    {
      requestPropertyName: 'attemptsForName',
      limit: 10,
      keyGenerator: (req) => req.body.username.toLowerCase(),
    },
  ].map((counter) => ({ ...counter, store: new MemoryStore() }))

  function uncount(req) {
    for (const { requestPropertyName, store } of counters) {
      const { key, resetTime } = req[requestPropertyName] ?? {}
      // A later window has not counted this attempt.
      if (resetTime > Date.now()) store.decrement(key)
    }
  }

  function handler(req, _res, next) {
    uncount(req)
    next(new Problem(429, 'Too many failed sign-ins. Try again later.'))
  }
  const limits = counters.map((counter) => rateLimit({ ...counter, windowMs: 15 * MINUTE, handler }))
  return { limits, uncount }
}

function limitRegistrations() {
  const refusal = new Problem(429, 'Too many registrations. Try again later.')
  return rateLimit({ windowMs: 60 * MINUTE, limit: 20, handler: (_req, _res, next) => next(refusal) })
}

function checkCredentials(req, _res, next) {
  const { username, password } = req.body ?? {}
  if (typeof username !== 'string' || !/^[\w.-]{1,64}$/.test(username)) {
    throw new Problem(400, 'The username must be 1 to 64 of A to Z, digits, dots, hyphens and underscores.')
  }
  if (!isText(password) || password.length < 8 || password.length > 128) {
    throw new Problem(400, 'The password must be a string of 8 to 128 characters.')
  }
  next()
}

module.exports = { signIn }
