'use strict'

const server = require('./server.js')

function authenticate(options) {
  return middleware(server.authenticate(options))
}

function authorize(permission) {
  return middleware(server.authorize(permission))
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
