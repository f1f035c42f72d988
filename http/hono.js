'use strict'

const { createAuthenticate, createAuthorize } = require('./access.js')
const { readServerOptions } = require('./options.js')

const readHeader = (c, name) => c.req.header(name)
const setUser = (c, user) => c.set('user', user)

function authenticate(options) {
  return middleware(createAuthenticate(readServerOptions(options), readHeader, setUser))
}

function authorize(permission) {
  return middleware(createAuthorize(permission))
}

function middleware(check) {
  return async (c, next) => {
    const refusal = check(c)
    if (refusal === undefined) return next()
    c.header('Content-Type', refusal.type)
    return c.body(refusal.body, refusal.status)
  }
}

module.exports = { authenticate, authorize }
