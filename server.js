'use strict'

const { createHash, timingSafeEqual } = require('node:crypto')
const { verify, ZumoKey, ZumoJwtError } = require('./index.js')

class UnauthorizedError extends Error {
  status = 401

  constructor() {
    super('Unauthorized')
  }
}
Object.defineProperty(UnauthorizedError.prototype, 'name', { value: 'UnauthorizedError' })

// What authorize() goes by: not request.user, which any later code can change.
const findings = new WeakMap()

const PERMISSIONS = new Map([
  ['public', () => true],
  ['application', ({ level, application }) => application || level === 'admin'],
  ['user', ({ level }) => level !== 'anonymous'],
  ['authenticated', ({ level }) => level !== 'anonymous'],
  ['admin', ({ level }) => level === 'admin'],
])

const OPTIONS = new Set([
  'masterKey',
  'key',
  'applicationKey',
  'audience',
  'issuer',
  'getToken',
  'failWithError',
])

/**
 * Both functions give a check of a request. It returns undefined where the request may go on and
 * the answer where it may not; what an error handler shall see, it throws.
 */
function authenticate(options) {
  checkOptions(options)
  const { applicationKey, audience, issuer, getToken = zumoAuth, failWithError = false } = options
  const masterKeys = options.masterKey === undefined ? [] : [options.masterKey].flat()
  const keys = options.key === undefined ? masterKeys.map(ZumoKey.fromMasterKey) : [options.key].flat()
  const expected = {}
  if (audience !== undefined) expected.audience = audience
  if (issuer !== undefined) expected.issuer = issuer
  checkExpected(keys, expected)
  const isMasterKey = matcher(masterKeys)
  const isApplicationKey = matcher(applicationKey === undefined ? [] : [applicationKey])

  return (request) => {
    let verified
    try {
      const token = getToken(request) ?? ''
      if (token !== '') verified = verify(token, keys, expected)
    } catch (error) {
      return refuse(error, failWithError)
    }
    const named = verified === undefined ? 'anonymous' : 'authenticated'
    const level = isMasterKey(request.headers['x-zumo-master']) ? 'admin' : named
    const application = isApplicationKey(request.headers['x-zumo-application'])
    findings.set(request, { level, application, failWithError })
    request.user = { level, userId: verified?.userId, claims: verified?.claims }
  }
}

function authorize(permission) {
  const permits = PERMISSIONS.get(permission)
  if (permits === undefined) {
    throw invalid(`The "permission" argument must be one of ${[...PERMISSIONS.keys()].join(', ')}.`)
  }
  return (request) => {
    const found = findings.get(request)
    if (found === undefined) throw new Error('authorize() needs authenticate() to run before it.')
    if (!permits(found)) return refuse(new UnauthorizedError(), found.failWithError)
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

function zumoAuth(request) {
  return request.headers['x-zumo-auth']
}

// Digests are of one length, so that comparing takes the same time for every key that is sent.
// Node reads a header's bytes as Latin-1.
function matcher(keys) {
  const digest = (key) => createHash('sha256').update(key, 'latin1').digest()
  const known = keys.map(digest)
  return (header) => {
    if (typeof header !== 'string' || known.length === 0) return false
    const sent = digest(header)
    return known.some((key) => timingSafeEqual(key, sent))
  }
}

function checkOptions(options) {
  if (typeof options !== 'object' || options === null) {
    throw invalid('The "options" argument must be an object.', 'ERR_INVALID_ARG_TYPE')
  }
  const wrong = (name, expected, code) => invalid(`The "options.${name}" property must be ${expected}.`, code)
  const unknown = Object.keys(options).find((name) => !OPTIONS.has(name))
  if (unknown !== undefined) throw wrong(unknown, 'absent: there is no such option')

  const { masterKey, key, applicationKey, getToken, failWithError } = options
  if (masterKey === undefined && key === undefined) throw wrong('masterKey', 'given, or else "options.key"')
  if (masterKey !== undefined && key !== undefined) {
    throw wrong('key', 'absent where "options.masterKey" is given')
  }
  if (Array.isArray(masterKey) && masterKey.length === 0) {
    throw wrong('masterKey', 'a master key or a non-empty array of them')
  }
  if (key !== undefined && ![key].flat().every((one) => one instanceof ZumoKey)) {
    throw wrong('key', 'a ZumoKey or an array of them', 'ERR_INVALID_ARG_TYPE')
  }
  if (
    applicationKey !== undefined &&
    !(typeof applicationKey === 'string' && /^[!-~]+$/.test(applicationKey))
  ) {
    throw wrong('applicationKey', 'a non-empty string of ASCII characters without spaces')
  }
  if (getToken !== undefined && typeof getToken !== 'function') {
    throw wrong('getToken', 'a function', 'ERR_INVALID_ARG_TYPE')
  }
  if (failWithError !== undefined && typeof failWithError !== 'boolean') {
    throw wrong('failWithError', 'a boolean', 'ERR_INVALID_ARG_TYPE')
  }
}

// verify() has the rules for these; it looks at what it is to expect before it looks at a token.
function checkExpected(keys, expected) {
  try {
    verify('', keys, expected)
  } catch (error) {
    if (!(error instanceof ZumoJwtError)) throw error
  }
}

function invalid(message, code = 'ERR_INVALID_ARG_VALUE') {
  return Object.assign(new TypeError(message), { code })
}

module.exports = { authenticate, authorize }
