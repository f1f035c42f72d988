'use strict'

const { createAuthenticate, createAuthorize, readNodeHeader } = require('./access.js')
const { readServerOptions } = require('./options.js')

function authenticate(options) {
  return middleware(createAuthenticate(readServerOptions(options), readNodeHeader, setUser))
}

function authorize(permission) {
  return middleware(createAuthorize(permission))
}

function setUser(ctx, user) {
  ctx.state.user = user
}

function middleware(check) {
  return (ctx, next) => {
    const refusal = check(ctx)
    if (refusal === undefined) return next()
    ctx.status = refusal.status
    // ctx.type would add a charset.
    ctx.set('Content-Type', refusal.type)
    ctx.body = refusal.body
  }
}

module.exports = { authenticate, authorize }
