'use strict'

/** A token that must not be trusted. `claim` is there where one claim is the reason. */
class ZumoJwtError extends Error {
  code
  status = 401

  constructor(code, message, claim) {
    super(message)
    this.code = code
    if (claim !== undefined) define(this, 'claim', claim, true)
  }
}
define(ZumoJwtError.prototype, 'name', 'ZumoJwtError', false)

/**
 * The caller's mistake, in the words and with the codes of Node.js. `name` is an argument, or its
 * property or element (`options.audience`, `key[1]`); `expected` follows the words "must be".
 */
function argumentError(code, name, expected, note = '') {
  const kind = name.includes('.') ? 'property' : 'argument'
  const ErrorClass = code === 'ERR_OUT_OF_RANGE' ? RangeError : TypeError
  const error = new ErrorClass(`The "${name}" ${kind} must be ${expected}.${note}`)
  return define(error, 'code', code, true)
}

/** An argument of the wrong type. Says where it is undefined, and never shows any other value. */
function typeError(name, expected, value) {
  return argumentError('ERR_INVALID_ARG_TYPE', name, expected, value === undefined ? ' It is undefined.' : '')
}

function define(object, name, value, enumerable) {
  // Without a prototype, as inherited properties would count as the descriptor's.
  const descriptor = { __proto__: null, value, enumerable, writable: true, configurable: true }
  return Object.defineProperty(object, name, descriptor)
}

module.exports = { ZumoJwtError, argumentError, typeError, define }
