'use strict'

/** A token that must not be trusted. `claim` is there where one claim is the reason. */
class ZumoJwtError extends Error {
  code
  status = 401

  static {
    ZumoJwtError.prototype.name = 'ZumoJwtError'
  }

  constructor(code, message, claim) {
    super(message)
    this.code = code
    if (claim !== null) this.claim = claim
  }
}

/**
 * The caller's mistake, in the words and with the codes of Node.js. `name` is an argument, or its
 * property or element (`options.audience`, `key[1]`); `expected` follows the words "must be".
 */
function argumentError(code, name, expected, note = '') {
  const kind = name.includes('.') ? 'property' : 'argument'
  const ErrorClass = code === 'ERR_OUT_OF_RANGE' ? RangeError : TypeError
  const error = new ErrorClass(`The "${name}" ${kind} must be ${expected}.${note}`)
  error.code = code
  return error
}

/** An argument of the wrong type. Says where it is undefined, and never shows any other value. */
function typeError(name, expected, value) {
  return argumentError('ERR_INVALID_ARG_TYPE', name, expected, value === undefined ? ' It is undefined.' : '')
}

/** An argument of the right type with a value that cannot be used. */
function valueError(name, expected, note) {
  return argumentError('ERR_INVALID_ARG_VALUE', name, expected, note)
}

module.exports = { ZumoJwtError, argumentError, typeError, valueError }
