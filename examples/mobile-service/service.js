'use strict'

const { STATUS_CODES } = require('node:http')
const { join } = require('node:path')
const cors = require('cors')
const express = require('express')
const { authenticate } = require('zumo-jwt/express')
const { Problem } = require('./problem.js')
const { signIn } = require('./sign-in.js')
const { tables } = require('./tables.js')

const LOCALHOST = /^https?:\/\/(localhost|127\.0\.0\.1)(:\d+)?$/
const CLIENT = require.resolve('azure-mobile-apps-client/dist/MobileServices.Web.min.js')

const POLICY = [
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'",
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'",
]
const HEADERS = {
  'Content-Security-Policy': POLICY.join('; '),
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cache-Control': 'no-store',
}

function createService({ masterKey, database, allowedOrigins = LOCALHOST }) {
  const app = express()
  // Microsoft's client takes an ETag for the version of a row.
  app.set('etag', false)
  app.disable('x-powered-by')
  app.use((_req, res, next) => {
    res.set(HEADERS)
    next()
  })

  // Microsoft's client asks for the first two in each answer.
  app.use(cors({ origin: allowedOrigins, exposedHeaders: ['Link', 'ETag', 'Retry-After'] }))
  app.use(signIn({ masterKey, database }))
  app.use('/tables', authenticate({ masterKey }), tables(database))

  // After the tables, which need no file.
  app.use(express.static(join(__dirname, 'page'), { etag: false }))
  app.get('/MobileServices.Web.min.js', (_req, res) => res.sendFile(CLIENT))

  app.use(() => {
    throw new Problem(404, 'Not found.')
  })
  app.use((error, _req, res, _next) => {
    const code = error.status ?? 500
    if (code >= 500) console.error(error)
    // The messages of others may quote the request.
    const message = error instanceof Problem ? error.message : STATUS_CODES[code]
    res.status(code).json({ code, error: `Error: ${message}` })
  })
  return app
}

module.exports = { createService }
