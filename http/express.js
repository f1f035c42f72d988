'use strict'

const access = require('./access.js')
const { SERVER_CHECKS_WITH_PROPERTY, readServerOptions } = require('./options.js')

function authenticate(options) {
  const settings = readServerOptions(options, SERVER_CHECKS_WITH_PROPERTY)
  const { requestProperty } = settings
  const setUser = (req, user) => {
    req[requestProperty] = user
  }
  return middleware(access.authenticate(settings, access.readNodeHeader, setUser))
}

function authorize(permission) {
  return middleware(access.authorize(permission))
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
    res.statusCode = refusal.status
    res.setHeader('Content-Type', refusal.type)
    res.end(refusal.body)
  }
}

module.exports = { authenticate, authorize }
