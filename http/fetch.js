'use strict'

const access = require('./access.js')
const { typeError } = require('../lib/errors.js')

function authenticate(options) {
  const identify = access.identifier(access.readOptions(options), readHeader)

  return function authorize(permission, handler) {
    const checkPermission = access.permissionCheck(permission)
    if (typeof handler !== 'function') throw typeError('handler', 'a function', handler)

    return (request, ...rest) => {
      const found = identify(request)
      const refusal = access.checkToken(found) ?? checkPermission(found)
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
  return new Response(body, { __proto__: null, status, headers: { __proto__: null, 'Content-Type': type } })
}

module.exports = { authenticate }
