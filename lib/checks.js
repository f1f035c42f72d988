'use strict'

const { isDate } = require('node:util').types
const { argumentError, typeError, valueError } = require('./errors.js')

/** Returns `defaults`, changed by what `options` has of its own. Each option goes through its check. */
function readOptions(options, checks, defaults) {
  if (options === undefined) return defaults
  if (!isPlainObject(options)) throw typeError('options', 'a plain object', options)
  for (const name of Object.keys(options)) {
    if (!Object.hasOwn(checks, name)) throw valueError(`options.${name}`, 'absent: there is no such option')
    defaults[name] = checks[name](options[name])
  }
  return defaults
}

const SIGN_CHECKS = {
  version(value) {
    if (typeof value !== 'number') throw typeError('options.version', '1 or 2', value)
    return value
  },
}

const MASTER_KEY_CHECKS = {
  node6(value) {
    if (typeof value !== 'boolean') throw typeError('options.node6', 'a boolean', value)
    return value
  },
}

/** The options that verify() and authenticate() share: what a token is expected to be. */
const EXPECTED_CHECKS = {
  audience: (value) => oneOrMore(value, 'options.audience', readString),
  issuer: (value) => oneOrMore(value, 'options.issuer', readString),
  clockTolerance(value) {
    const name = 'options.clockTolerance'
    if (typeof value !== 'number') throw typeError(name, 'a number of seconds', value)
    if (value >= 0 && value < Infinity) return value
    throw argumentError('ERR_OUT_OF_RANGE', name, 'a finite number of seconds, at least 0')
  },
}

const VERIFY_CHECKS = {
  ...EXPECTED_CHECKS,
  now(value) {
    if (!isDate(value)) throw typeError('options.now', 'a Date', value)
    const now = value.getTime()
    if (Number.isNaN(now)) throw argumentError('ERR_OUT_OF_RANGE', 'options.now', 'a valid Date')
    return now
  },
}

/** One value or an array of them, each through `read(value, name, orMore)`. */
function oneOrMore(value, name, read) {
  if (!Array.isArray(value)) return read(value, name, ', or an array of them')
  if (value.length === 0) throw valueError(name, 'non-empty')
  return Array.from(value, (element, at) => read(element, `${name}[${at}]`))
}

/** A string that is well-formed Unicode. */
function readString(value, name, orMore = '') {
  if (typeof value !== 'string') throw typeError(name, `a string${orMore}`, value)
  if (!value.isWellFormed()) throw valueError(name, 'well-formed Unicode, without lone surrogates')
  return value
}

/** An object that is no array. */
function isObject(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** An object literal's object, of this realm or another one, or one without a prototype. */
function isPlainObject(value) {
  if (!isObject(value)) return false
  const prototype = Object.getPrototypeOf(value)
  if (prototype === null || prototype === Object.prototype) return true
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, 'isPrototypeOf')
}

module.exports = {
  EXPECTED_CHECKS,
  MASTER_KEY_CHECKS,
  SIGN_CHECKS,
  VERIFY_CHECKS,
  isObject,
  oneOrMore,
  readOptions,
  readString,
}
