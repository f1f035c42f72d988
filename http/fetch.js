'use strict'

const access = require('./access.js')
const { readServerOptions } = require('./options.js')
const { typeError } = require('../lib/errors.js')

function authenticate(options) {
  const findAccess = access.accessFinder(readServerOptions(options), readHeader)

  return function authorize(permission, handler) {
    const refuse = access.refuserWithout(permission)
    if (typeof handler !== 'function') throw typeError('handler', 'a function', handler)

    return (request, ...rest) => {
      const found = findAccess(request)
      const refusal = access.refuseBadToken(found) ?? refuse(found)
      return refusal === undefined ? handler(request, found.user, ...rest) : respond(refusal)
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
