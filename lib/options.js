'use strict'

const { argumentError, typeError } = require('./errors.js')

/**
 * Reads the own properties of an options object into `own`, each through the function that `checks`
 * has for its name: `(value, name) => value`. Inherited properties count for nothing.
 */
function validateOptions(options, checks, own) {
  if (!isPlainObject(options)) throw typeError('options', 'a plain object', options)
  // As fast as Object.keys(), and finds what is not enumerable too.
  const names = Object.getOwnPropertyNames(options)
  // By index, as anyone can replace the iterator of arrays.
  for (let at = 0; at < names.length; at++) {
    const name = names[at]
    if (!Object.hasOwn(checks, name)) {
      throw argumentError('ERR_INVALID_ARG_VALUE', `options.${name}`, 'absent: there is no such option')
    }
    own[name] = checks[name](options[name], name)
  }
  return own
}

/** Array.isArray(), and undefined for a Proxy that was revoked, where that and all other use throws. */
function isArray(value) {
  try {
    return Array.isArray(value)
  } catch {}
}

/** An object that is no array, and that can be read. */
function isObject(value) {
  return typeof value === 'object' && value !== null && isArray(value) === false
}

/** An object literal's object, of this realm or another one, or one without a prototype. */
function isPlainObject(value) {
  if (!isObject(value)) return false
  const prototype = Object.getPrototypeOf(value)
  if (prototype === null || prototype === Object.prototype) return true
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, 'isPrototypeOf')
}

/** A string that is well-formed Unicode. */
function validateString(value, name) {
  if (typeof value !== 'string') throw typeError(name, 'a string', value)
  if (!value.isWellFormed()) {
    throw argumentError('ERR_INVALID_ARG_VALUE', name, 'well-formed Unicode, without lone surrogates')
  }
  return value
}

/** The elements of an array, each through `read(element, name)`, in an array without holes. */
function readArray(array, name, read) {
  // Array.from() creates the elements; setters on prototypes do not see them.
  return Array.from({ __proto__: null, length: array.length }, (_, at) => read(array[at], `${name}[${at}]`))
}

function oneOrMoreStrings(value, option) {
  if (typeof value === 'string' && value.isWellFormed()) return value
  const name = `options.${option}`
  if (typeof value === 'string') return validateString(value, name)
  if (!isArray(value)) throw typeError(name, 'a string or an array of strings', value)
  if (value.length === 0) {
    throw argumentError('ERR_INVALID_ARG_VALUE', name, 'a string or a non-empty array of strings')
  }
  return readArray(value, name, validateString)
}

function clockTolerance(value) {
  const name = 'options.clockTolerance'
  if (typeof value !== 'number') throw typeError(name, 'a number of seconds', value)
  if (!(value >= 0 && value < Infinity)) {
    throw argumentError('ERR_OUT_OF_RANGE', name, 'a finite number of seconds, at least 0')
  }
  return value
}

/** The options that verify() and authenticate() share: what a token is expected to be. */
const EXPECTATIONS = { __proto__: null, audience: oneOrMoreStrings, issuer: oneOrMoreStrings, clockTolerance }

module.exports = {
  EXPECTATIONS,
  isArray,
  isObject,
  isPlainObject,
  readArray,
  validateOptions,
  validateString,
}
