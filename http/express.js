'use strict'

const { createAuthenticate, createAuthorize, readNodeHeader } = require('./access.js')
const { PROPERTY_CHECKS, readServerOptions } = require('./options.js')

function authenticate(options) {
  const settings = readServerOptions(options, PROPERTY_CHECKS)
  const { requestProperty } = settings
  const setUser = (req, user) => {
    req[requestProperty] = user
  }
  return middleware(createAuthenticate(settings, readNodeHeader, setUser))
}

function authorize(permission) {
  return middleware(createAuthorize(permission))
}

function middleware(check) {
  return (req, res, next) => {
    let refusal
    try {
      refusal = check(req)
    } catch (error) {
      return next(error)
    }
    if (refusal === undefined) return next()
    try {
      res.statusCode = refusal.status
      res.setHeader('Content-Type', refusal.type)
      res.end(refusal.body)
    } catch (cause) {
      // An upgrade has no response, and its headers may have been sent. onRefusal may have frozen the error.
      Reflect.set(refusal.error, 'cause', cause)
      next(refusal.error)
    }
  }
}

module.exports = { authenticate, authorize }
