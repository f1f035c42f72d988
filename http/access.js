'use strict'

const { createHash, timingSafeEqual } = require('node:crypto')
const { isNativeError } = require('node:util').types
const { ZumoJwtError, argumentError, define, typeError } = require('../lib/errors.js')
const { EXPECTATIONS, isArray, readArray, validateOptions, validateString } = require('../lib/options.js')
const { keyFromMasterKey, validateKeys, validateZumoKey, verify } = require('../lib/tokens.js')

class UnauthorizedError extends Error {
  status = 401

  constructor() {
    super('Unauthorized')
  }
}
define(UnauthorizedError.prototype, 'name', 'UnauthorizedError', false)

/**
 * What authenticate() found out about each request: `{ level, user, hasApplicationKey, failWithError,
 * error }`. authorize() does not use `user`, as any later code can change it.
 */
const accessByRequest = new WeakMap()

const PERMISSIONS = new Map([
  ['public', () => true],
  ['application', ({ level, hasApplicationKey }) => hasApplicationKey || level === 'admin'],
  ['user', ({ level }) => level !== 'anonymous'],
  ['authenticated', ({ level }) => level !== 'anonymous'],
  ['admin', ({ level }) => level === 'admin'],
])

/**
 * For servers with middleware. Returns the function that finds out who sends a request, gives it to
 * `setUser(request, user)`, and keeps it for authorize(). That function, like the one that
 * authorize() returns, returns undefined where the request may go on, and the answer where it may
 * not. It throws what the server's error handler gets.
 */
function authenticate(options, readHeader, setUser) {
  const identify = identifier(options, readHeader)
  return (request) => {
    const access = identify(request)
    accessByRequest.set(request, access)
    setUser(request, access.user)
    return checkToken(access)
  }
}

function authorize(permission) {
  const check = permissionCheck(permission)
  return (request) => {
    const access = accessByRequest.get(request)
    if (access === undefined) throw new Error('authorize() needs authenticate() to run before it.')
    return check(access)
  }
}

/** Returns the function that finds out who sends a request. Where it has an `error`, that is nobody. */
function identifier(options, readHeader) {
  const { masterKeys, keys, applicationKey, expected, getToken, failWithError } = options
  const applicationKeys = applicationKey === undefined ? [] : [digest(applicationKey)]
  const hasKey = (request, name, digests) => digests.length > 0 && isOneOf(digests, readHeader(request, name))
  const readToken =
    getToken === undefined
      ? (request) => readHeader(request, 'x-zumo-auth')
      : (request) => checkSynchronous(getToken(request))

  return (request) => {
    try {
      const token = readToken(request) ?? ''
      const verified = token === '' ? undefined : verify(token, keys, expected)
      const withoutMasterKey = verified === undefined ? 'anonymous' : 'authenticated'
      const level = hasKey(request, 'x-zumo-master', masterKeys) ? 'admin' : withoutMasterKey
      const user = { level, userId: verified?.userId, claims: verified?.claims }
      const hasApplicationKey = hasKey(request, 'x-zumo-application', applicationKeys)
      return { level, user, hasApplicationKey, failWithError, error: undefined }
    } catch (thrown) {
      const error = isError(thrown) ? thrown : new Error('getToken threw a value that is not an Error.')
      const user = { level: 'anonymous', userId: undefined, claims: undefined }
      return { level: user.level, user, hasApplicationKey: false, failWithError, error }
    }
  }
}

/** Whether it is an Error, of any realm; undefined for a proxy that throws where its prototype is read. */
function isError(value) {
  try {
    return isNativeError(value) || value instanceof Error
  } catch {}
}

/** The answer to a request whose token is bad. */
function checkToken({ error, failWithError }) {
  if (error !== undefined) return refuse(error, failWithError)
}

/** Returns the function that gives the answer to a request without the permission. */
function permissionCheck(permission) {
  const permits = PERMISSIONS.get(permission)
  if (permits === undefined) {
    const names = Array.from(PERMISSIONS.keys()).join(', ')
    const note = permission === undefined ? ' It is undefined.' : ''
    throw argumentError('ERR_INVALID_ARG_VALUE', 'permission', `one of ${names}`, note)
  }
  return (access) => {
    if (!permits(access)) return refuse(new UnauthorizedError(), access.failWithError)
  }
}

function refuse(error, failWithError) {
  if (failWithError || !(error instanceof ZumoJwtError || error instanceof UnauthorizedError)) throw error
  return {
    status: error.status,
    type: 'application/json',
    // Without a prototype, as JSON.stringify() would call an inherited toJSON().
    body: JSON.stringify({ __proto__: null, code: error.status, error: `Error: ${error.message}` }),
  }
}

function checkSynchronous(token) {
  if (typeof token === 'object' && token !== null && typeof token.then === 'function') {
    token.then(undefined, () => {})
    const expected = 'a synchronous function'
    throw argumentError('ERR_INVALID_RETURN_VALUE', 'options.getToken', expected, ' It returned a promise.')
  }
  return token
}

/**
 * Returns the function that keeps the user in a property. The property is defined, so that neither a
 * setter nor a constant of a prototype prevents it.
 */
function keepIn(property) {
  return (object, user) => define(object, property, user, true)
}

/** A header of a request with Node's `headers`, whose prototype is Object.prototype. */
function readNodeHeader({ headers }, name) {
  return Object.hasOwn(headers, name) ? headers[name] : undefined
}

// Digests have one length, so that a comparison takes the same time for every key that is sent.
// Node.js decodes a header as Latin-1.
function digest(key) {
  return createHash('sha256').update(key, 'latin1').digest()
}

function isOneOf(digests, key) {
  // digest() would cut other characters to a byte. No header of a real request has them.
  if (typeof key !== 'string' || /[\u0100-\uffff]/.test(key)) return false
  const sent = digest(key)
  // By index, as anyone can replace the methods of arrays.
  for (let at = 0; at < digests.length; at++) {
    if (timingSafeEqual(digests[at], sent)) return true
  }
  return false
}

class Options {
  masterKey
  key
  applicationKey
  audience
  issuer
  clockTolerance
  getToken
  failWithError = false
  requestProperty = 'user'
}

const CHECKS = {
  __proto__: null,
  ...EXPECTATIONS,
  masterKey: (value) => oneOrMore(value, 'options.masterKey', 'a string, a Uint8Array', readMasterKey),
  key: (value) => oneOrMore(value, 'options.key', 'a ZumoKey', validateZumoKey),
  applicationKey(value) {
    const name = 'options.applicationKey'
    if (typeof value !== 'string') throw typeError(name, 'a string', value)
    if (!/^[!-~]+$/.test(value)) {
      const expected = 'a non-empty string of ASCII characters without spaces'
      throw argumentError('ERR_INVALID_ARG_VALUE', name, expected)
    }
    return value
  },
  getToken(value) {
    if (typeof value !== 'function') throw typeError('options.getToken', 'a function', value)
    return value
  },
  failWithError(value) {
    if (typeof value !== 'boolean') throw typeError('options.failWithError', 'a boolean', value)
    return value
  },
}

/** For servers that keep the user in a property of the request. */
const CHECKS_WITH_PROPERTY = {
  __proto__: null,
  ...CHECKS,
  requestProperty(value) {
    const name = 'options.requestProperty'
    if (validateString(value, name) === '') {
      throw argumentError('ERR_INVALID_ARG_VALUE', name, 'a non-empty string')
    }
    return value
  },
}

/** The options of authenticate(), checked, copied and prepared. */
function readOptions(options, checks = CHECKS) {
  const { masterKey, key, ...rest } = validateOptions(options, checks, new Options())
  if (masterKey === undefined && key === undefined) {
    throw argumentError('ERR_INVALID_ARG_VALUE', 'options.masterKey', 'given, or else "options.key"')
  }
  if (masterKey !== undefined && key !== undefined) {
    const expected = 'absent where "options.masterKey" is given'
    throw argumentError('ERR_INVALID_ARG_VALUE', 'options.key', expected)
  }
  const masterKeys = masterKey === undefined ? [] : masterKey.map(({ digest }) => digest)
  const keys = key ?? masterKey.map(({ key }) => key)
  const { applicationKey } = rest
  if (isOneOf(masterKeys, applicationKey)) {
    throw argumentError('ERR_INVALID_ARG_VALUE', 'options.applicationKey', 'another key than the master key')
  }
  validateKeys(keys, rest)
  return { ...rest, masterKeys, keys: keys.length === 1 ? keys[0] : keys, expected: expectations(rest) }
}

/** The options that are verify()'s own. It does not accept undefined ones. */
function expectations(options) {
  const names = Object.keys(EXPECTATIONS).filter((name) => options[name] !== undefined)
  if (names.length > 0) return Object.fromEntries(names.map((name) => [name, options[name]]))
}

function readMasterKey(masterKey, name, expected) {
  return { key: keyFromMasterKey(masterKey, name, expected), digest: digest(masterKey) }
}

function oneOrMore(value, name, one, read) {
  if (!isArray(value)) return [read(value, name, `${one} or an array of them`)]
  if (value.length === 0) {
    throw argumentError('ERR_INVALID_ARG_VALUE', name, `${one} or a non-empty array of them`)
  }
  return readArray(value, name, read)
}

module.exports = {
  CHECKS_WITH_PROPERTY,
  authenticate,
  authorize,
  checkToken,
  identifier,
  keepIn,
  permissionCheck,
  readNodeHeader,
  readOptions,
}
