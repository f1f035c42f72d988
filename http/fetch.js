'use strict'

const { createAuthorize, createSender, identify, readToken } = require('./access.js')
const { readServerOptions } = require('./options.js')
const { typeError } = require('../lib/errors.js')

function authenticate(options) {
  const settings = readServerOptions(options)

  return function authorize(permission, handler) {
    const check = createAuthorize(permission)
    if (typeof handler !== 'function') throw typeError('handler', 'a function', handler)

    return (request, ...rest) => {
      // Of a Request, or of an event that has one as its own `request`, as in SvelteKit.
      const { headers } = Object.hasOwn(request, 'request') ? request.request : request
      const readHeader = (_request, name) => headers.get(name)
      // Not kept in a WeakMap, which takes 1.16 to 1.31 of the time. A getToken that calls the handler again would
      // also replace the sender of the first call.
      const sender = createSender(settings)
      const token = readToken(request, settings, readHeader)
      const refusal = identify(request, token, sender, readHeader) ?? check(request, sender)
      return refusal === undefined ? handler(request, sender.user, ...rest) : respond(refusal)
    }
  }
}

function respond({ status, type, body }) {
  return new Response(body, { __proto__: null, status, headers: { 'Content-Type': type } })
}

module.exports = { authenticate }
