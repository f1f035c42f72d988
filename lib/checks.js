'use strict'

const { isDate } = require('node:util').types
const { argumentError, typeError, valueError } = require('./errors.js')

/** Writes the given options over the defaults in `settings`, each through its check, and returns `settings`. */
function readOptions(options, checks, settings) {
  if (options === undefined) return settings
  if (!isPlainObject(options)) throw typeError('options', 'a plain object', options)
  for (const name of Object.keys(options)) {
    const path = `options.${name}`
    if (!Object.hasOwn(checks, name)) {
      const names = Object.keys(checks).join(', ')
      throw valueError(path, `absent: there is no such option. Choose from ${names}`)
    }
    const value = options[name]
    try {
      settings[name] = checks[name](value, path)
    } catch (error) {
      // A check can be so deep that the caller's line would not be among the ten of the stack.
      Error.captureStackTrace(error, readOptions)
      throw error
    }
  }
  return settings
}

/** The check of an option that has a type and no other rule. */
function readType(type, expected) {
  return (value, name) => {
    if (typeof value !== type) throw typeError(name, expected, value)
    return value
  }
}

/** The options that verify() and authenticate() share: what a token is expected to be. */
const EXPECTED_CHECKS = {
  audience: (value, name) => oneOrMore(value, name, readString),
  issuer: (value, name) => oneOrMore(value, name, readString),
  clockTolerance(value, name) {
    if (typeof value !== 'number') throw typeError(name, 'a number of seconds', value)
    if (value >= 0 && value < Infinity) return value
    throw argumentError('ERR_OUT_OF_RANGE', name, 'a finite number of seconds, at least 0')
  },
}

const VERIFY_CHECKS = {
  ...EXPECTED_CHECKS,
  now(value, name) {
    if (!isDate(value)) throw typeError(name, 'a Date', value)
    const now = value.getTime()
    if (Number.isNaN(now)) throw argumentError('ERR_OUT_OF_RANGE', name, 'a valid Date')
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

module.exports = { EXPECTED_CHECKS, VERIFY_CHECKS, isObject, oneOrMore, readOptions, readString, readType }
