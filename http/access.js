'use strict'

const { isNativeError } = require('node:util').types
const { ZumoJwtError, argumentError, valueError } = require('../lib/errors.js')

class UnauthorizedError extends Error {
  status = 401

  static {
    UnauthorizedError.prototype.name = 'UnauthorizedError'
  }

  constructor() {
    super('Unauthorized')
  }
}

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
  const findAccess = accessFinder(options, readHeader)
  return (request) => {
    const access = findAccess(request)
    accessByRequest.set(request, access)
    setUser(request, access.user)
    return refuseBadToken(access)
  }
}

function authorize(permission) {
  const refuse = refuserWithout(permission)
  return (request) => {
    const access = accessByRequest.get(request)
    if (access === undefined) throw new Error('authorize() needs authenticate() to run before it.')
    return refuse(access)
  }
}

/** Returns the function that finds out who sends a request. Where it has an `error`, that is nobody. */
function accessFinder(options, readHeader) {
  const { verifyToken, isMasterKey, isApplicationKey, getToken, failWithError } = options
  const readToken =
    getToken === undefined
      ? (request) => readHeader(request, 'x-zumo-auth')
      : (request) => refusePromise(getToken(request))

  return (request) => {
    try {
      const token = readToken(request) ?? ''
      const verified = token === '' ? undefined : verifyToken(token)
      const withoutMasterKey = verified === undefined ? 'anonymous' : 'authenticated'
      const level = isMasterKey(readHeader(request, 'x-zumo-master')) ? 'admin' : withoutMasterKey
      const user = { level, userId: verified?.userId, claims: verified?.claims }
      const hasApplicationKey = isApplicationKey(readHeader(request, 'x-zumo-application'))
      return { level, user, hasApplicationKey, failWithError, error: undefined }
    } catch (thrown) {
      const isError = isNativeError(thrown) || thrown instanceof Error
      const error = isError ? thrown : new Error('getToken threw a value that is not an Error.')
      const user = { level: 'anonymous', userId: undefined, claims: undefined }
      return { level: user.level, user, hasApplicationKey: false, failWithError, error }
    }
  }
}

/** The answer to a request whose token is bad. */
function refuseBadToken({ error, failWithError }) {
  if (error !== undefined) return refuse(error, failWithError)
}

/** Returns the function that gives the answer to a request without the permission. */
function refuserWithout(permission) {
  const isPermitted = PERMISSIONS.get(permission)
  if (isPermitted === undefined) {
    const names = [...PERMISSIONS.keys()].join(', ')
    throw valueError('permission', `one of ${names}`, permission === undefined ? ' It is undefined.' : '')
  }
  return (access) => {
    if (!isPermitted(access)) return refuse(new UnauthorizedError(), access.failWithError)
  }
}

function refuse(error, failWithError) {
  if (failWithError || !(error instanceof ZumoJwtError || error instanceof UnauthorizedError)) throw error
  return {
    status: error.status,
    type: 'application/json',
    body: JSON.stringify({ code: error.status, error: `Error: ${error.message}` }),
  }
}

function refusePromise(token) {
  if (typeof token?.then !== 'function') return token
  token.then(undefined, () => {})
  const expected = 'a synchronous function'
  throw argumentError('ERR_INVALID_RETURN_VALUE', 'options.getToken', expected, ' It returned a promise.')
}

/** A header of a request with Node's `headers`, whose prototype is Object.prototype. */
function readNodeHeader({ headers }, name) {
  return Object.hasOwn(headers, name) ? headers[name] : undefined
}

module.exports = { accessFinder, authenticate, authorize, readNodeHeader, refuseBadToken, refuserWithout }
