'use strict'

const { isNativeError } = require('node:util').types
const { ZumoJwtError, argumentError, valueError } = require('../lib/errors.js')

class UnauthorizedError extends Error {
  code = 'ERR_ZUMO_UNAUTHORIZED'
  status = 401

  static {
    UnauthorizedError.prototype.name = 'UnauthorizedError'
  }

  constructor() {
    super('Unauthorized')
  }
}

/** The sender of each request that authenticate() has had. */
const senders = new WeakMap()

const PERMISSIONS = new Map([
  ['public', () => true],
  ['application', ({ level, hasApplicationKey }) => hasApplicationKey || level === 'admin'],
  ['user', ({ level }) => level !== 'anonymous'],
  ['authenticated', ({ level }) => level !== 'anonymous'],
  ['admin', ({ level }) => level === 'admin'],
])

/**
 * For servers with middleware. Returns the function that finds out who sends a request, gives it to
 * `setUser(request, user)`, and keeps it for authorize(). That function, like the one of createAuthorize(),
 * returns undefined where the request may continue, and the refusal where it may not. It throws what the
 * server's error handler gets.
 */
function createAuthenticate(settings, readHeader, setUser) {
  return (request) => {
    const sender = createSender(request, settings)
    // Before anything can throw, so that nothing of an earlier authenticate() stays.
    senders.set(request, sender)
    setUser(request, sender.user)
    return identify(sender, readHeader)
  }
}

function createAuthorize(permission) {
  const check = createPermissionCheck(permission)
  return (request) => {
    const sender = senders.get(request)
    if (sender === undefined) throw new Error('authorize() needs authenticate() to run before it.')
    return check(sender)
  }
}

/** A sender who is anonymous until identify(). Its level is not read from `user`, which later code can change. */
function createSender(request, settings) {
  const user = { level: 'anonymous', userId: undefined, claims: undefined }
  return { request, settings, user, level: 'anonymous', hasApplicationKey: false }
}

/** Finds out who a sender is. Returns the refusal of a bad token. */
function identify(sender, readHeader) {
  const { request, settings, user } = sender
  const token = settings.getToken === undefined ? readHeader(request, 'x-zumo-auth') : tokenOf(sender)
  if ((token ?? '') !== '') {
    try {
      const { userId, claims } = settings.verifyToken(token)
      user.userId = userId
      user.claims = claims
    } catch (error) {
      if (error instanceof ZumoJwtError) return refuse(error, sender)
      throw error
    }
    user.level = 'authenticated'
  }
  if (settings.isMasterKey(readHeader(request, 'x-zumo-master'))) user.level = 'admin'
  sender.level = user.level
  sender.hasApplicationKey = settings.isApplicationKey(readHeader(request, 'x-zumo-application'))
}

/** Returns the function that refuses a sender without the permission. */
function createPermissionCheck(permission) {
  const isPermitted = PERMISSIONS.get(permission)
  if (isPermitted === undefined) {
    const names = [...PERMISSIONS.keys()].join(', ')
    throw valueError('permission', `one of ${names}`, permission === undefined ? ' It is undefined.' : '')
  }
  return (sender) => {
    if (!isPermitted(sender)) return refuse(new UnauthorizedError(), sender)
  }
}

function refuse(error, { request, settings }) {
  ignoreRejection(callOption('onRefusal', settings.onRefusal, error, request))
  if (settings.failWithError) throw error
  const { status, message } = error
  const body = JSON.stringify({ code: status, error: `Error: ${message}` })
  return { error, status, type: 'application/json', body }
}

function tokenOf({ request, settings }) {
  const token = callOption('getToken', settings.getToken, request)
  if (typeof token?.then !== 'function') return token
  ignoreRejection(token)
  const expected = 'a synchronous function'
  throw argumentError('ERR_INVALID_RETURN_VALUE', 'options.getToken', expected, ' It returned a promise.')
}

/** Calls an option. What it throws becomes an Error, as Express lets a request continue after `next(undefined)`. */
function callOption(name, option, ...args) {
  try {
    return option(...args)
  } catch (thrown) {
    if (isNativeError(thrown) || thrown instanceof Error) throw thrown
    throw new Error(`${name} threw a value that is not an Error.`)
  }
}

function ignoreRejection(value) {
  Promise.resolve(value).catch(() => {})
}

/** A header of a request with Node's `headers`, whose prototype is Object.prototype. */
function readNodeHeader({ headers }, name) {
  return Object.hasOwn(headers, name) ? headers[name] : undefined
}

module.exports = {
  createAuthenticate,
  createAuthorize,
  createPermissionCheck,
  createSender,
  identify,
  readNodeHeader,
}
