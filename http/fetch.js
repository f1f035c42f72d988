'use strict'

const { createAuthorize, createSender, identify } = require('./access.js')
const { readServerOptions } = require('./options.js')
const { typeError } = require('../lib/errors.js')

function authenticate(options) {
  const settings = readServerOptions(options)

  return function authorize(permission, handler) {
    const check = createAuthorize(permission)
    if (typeof handler !== 'function') throw typeError('handler', 'a function', handler)

    return (request, ...rest) => {
      const sender = createSender(settings)
      const refusal = identify(request, sender, readHeader) ?? check(request, sender)
      return refusal === undefined ? handler(request, sender.user, ...rest) : respond(refusal)
    }
  }
}

/** Of a Request, or of an event that has one as its own `request`, as in SvelteKit. */
function readHeader(event, name) {
  const { headers } = Object.hasOwn(event, 'request') ? event.request : event
  return headers.get(name)
}

function respond({ status, type, body }) {
  return new Response(body, { __proto__: null, status, headers: { 'Content-Type': type } })
}

module.exports = { authenticate }
