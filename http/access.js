'use strict'

const { isNativeError } = require('node:util').types
const { ZumoJwtError, argumentError, valueError } = require('../lib/errors.js')
const { matchesDigest } = require('./options.js')

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
 * Returns the function that finds out who sends a request, gives it to `setUser(request, user)`, and keeps it for
 * authorize(). It returns the refusal, or undefined if the request may continue; so does that of createAuthorize().
 * It throws what the server's error handler gets.
 */
function createAuthenticate(settings, readHeader, setUser) {
  return (request) => {
    const sender = createSender(settings)
    // Before anything can throw, so that nothing of an earlier authenticate() stays.
    senders.set(request, sender)
    let token
    try {
      token = readToken(request, settings, readHeader)
    } finally {
      // After getToken, which can read the user of other middleware, and cannot change this one.
      setUser(request, sender.user)
    }
    return identify(request, token, sender, readHeader)
  }
}

/** Returns the function that refuses a request without the permission. */
function createAuthorize(permission) {
  const isPermitted = PERMISSIONS.get(permission)
  if (isPermitted === undefined) {
    const names = [...PERMISSIONS.keys()].join(', ')
    throw valueError('permission', `one of ${names}`, permission === undefined ? ' It is undefined.' : '')
  }
  return (request, sender = senders.get(request)) => {
    if (sender === undefined) {
      const error = new Error('authorize() needs authenticate() to run before it.')
      throw Object.assign(error, { code: 'ERR_ZUMO_NO_AUTHENTICATE' })
    }
    if (!isPermitted(sender)) return refuse(new UnauthorizedError(), request, sender.settings)
  }
}

/**
 * A sender, anonymous until identify(). The level is kept beside `user`, which later code can change. The request is
 * not kept: V8 frees the entry of a WeakMap whose value holds its key only in full garbage collections.
 */
function createSender(settings) {
  const user = { level: 'anonymous', userId: undefined, claims: undefined }
  return { settings, user, level: 'anonymous', hasApplicationKey: false }
}

/** Finds out who a sender is. Returns the refusal of a bad token. */
function identify(request, token, sender, readHeader) {
  const { settings, user } = sender
  if ((token ?? '') !== '') {
    try {
      const { userId, claims } = settings.verifyToken(token)
      user.userId = userId
      user.claims = claims
    } catch (error) {
      if (error instanceof ZumoJwtError) return refuse(error, request, settings)
      throw error
    }
    user.level = 'authenticated'
  }
  const sendsOneOf = (digests, name) => matchesDigest(digests, readHeader(request, name))
  if (sendsOneOf(settings.masterDigests, 'x-zumo-master')) user.level = 'admin'
  sender.level = user.level
  sender.hasApplicationKey = sendsOneOf(settings.applicationDigests, 'x-zumo-application')
}

function refuse(error, request, { onRefusal, failWithError }) {
  const { status, message } = error
  const body = JSON.stringify({ code: status, error: `Error: ${message}` })
  // After the answer is made, which it cannot change. What it returns is ignored, and so is a rejection.
  callOption('onRefusal', () => Promise.resolve(onRefusal(error, request)).catch(() => {}))
  if (failWithError) throw error
  return { error, status, type: 'application/json', body }
}

function readToken(request, { getToken }, readHeader) {
  if (getToken === undefined) return readHeader(request, 'x-zumo-auth')
  return callOption('getToken', () => {
    const token = getToken(request)
    if (typeof token?.then !== 'function') return token
    Promise.resolve(token).catch(() => {})
    const expected = 'a synchronous function'
    throw argumentError('ERR_INVALID_RETURN_VALUE', 'options.getToken', expected, ' It returned a promise.')
  })
}

/** Calls an option. What it throws becomes an Error, as Express lets a request continue after `next(undefined)`. */
function callOption(name, call) {
  try {
    return call()
  } catch (thrown) {
    if (isNativeError(thrown) || thrown instanceof Error) throw thrown
    throw new Error(`${name} threw a value that is not an Error.`)
  }
}

/** A header of a request with Node's `headers`, whose prototype is Object.prototype. */
function readNodeHeader({ headers }, name) {
  return Object.hasOwn(headers, name) ? headers[name] : undefined
}

module.exports = { createAuthenticate, createAuthorize, createSender, identify, readNodeHeader, readToken }
