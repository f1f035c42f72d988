'use strict'

const { isDate, isNativeError, isNumberObject, isProxy, isSharedArrayBuffer, isUint8Array } =
  require('node:util').types
const addon = require('./addon.js')
const { ZumoJwtError, argumentError, define, typeError } = require('./errors.js')
const {
  EXPECTATIONS,
  isArray,
  isObject,
  isPlainObject,
  readArray,
  validateOptions,
  validateString,
} = require('./options.js')

const PRIVATE = Symbol('private')

/** On the keys of every copy of the package, which cannot read each other's. */
const BRAND = Symbol.for('zumo-jwt.ZumoKey')

/** The getter of every typed array, which a subclass cannot replace. */
const { get: bufferOf } = Object.getOwnPropertyDescriptor(
  Object.getPrototypeOf(Uint8Array.prototype),
  'buffer',
)

let handleOf
let isAppServiceKey

class ZumoKey {
  #handle
  #isAppService

  static {
    const isOwn = (key) => typeof key === 'object' && key !== null && #handle in key
    handleOf = (key) => (isOwn(key) ? key.#handle : undefined)
    isAppServiceKey = (key) => isOwn(key) && key.#isAppService
    define(ZumoKey.prototype, BRAND, true, false)
  }

  constructor(caller, handle, isAppService) {
    if (caller !== PRIVATE) {
      const error = new TypeError('Use ZumoKey.fromMasterKey() or ZumoKey.fromSigningKey().')
      throw define(error, 'code', 'ERR_ILLEGAL_CONSTRUCTOR', true)
    }
    this.#handle = handle
    this.#isAppService = isAppService
  }

  static fromMasterKey(masterKey) {
    return keyFromMasterKey(masterKey, 'masterKey')
  }

  static fromSigningKey(signingKey) {
    const handle = addon.signingKey(readKeyMaterial(signingKey, 'signingKey'))
    return new ZumoKey(PRIVATE, checked(handle), true)
  }

  zumoJwt(expiry, aud, userId) {
    const time = readExpiry(expiry)
    validateString(aud, 'aud')
    validateString(userId, 'userId')
    return checked(addon.zumoJwt(time, aud, userId, this.#handle))
  }

  sign(claims, options) {
    return sign(claims, this, options)
  }

  verify(token, options) {
    return verify(token, this, options)
  }

  export() {
    return addon.exportKey(this.#handle)
  }
}

/** The key of a Mobile Service, from an argument or option of any name. */
function keyFromMasterKey(masterKey, name, expected) {
  const handle = addon.masterKey(readKeyMaterial(masterKey, name, expected))
  return new ZumoKey(PRIVATE, checked(handle, name), false)
}

function zumoJwt(expiry, aud, userId, masterKey) {
  const time = readExpiry(expiry)
  validateString(aud, 'aud')
  validateString(userId, 'userId')
  return checked(addon.zumoJwt(time, aud, userId, readKeyMaterial(masterKey, 'masterKey')))
}

/** The milliseconds of an expiry. */
function readExpiry(expiry) {
  if (typeof expiry === 'number') return expiry
  const time = readTime(expiry)
  if (time !== undefined) return time
  throw typeError(
    'expiry',
    'a Date, a number of milliseconds, or an object whose valueOf() gives one',
    expiry,
  )
}

class SignOptions {
  version
}

const SIGN = {
  __proto__: null,
  version(value) {
    if (typeof value !== 'number') throw typeError('options.version', '1 or 2', value)
    return value
  },
}

function sign(claims, key, options) {
  if (!isObject(claims)) throw typeError('claims', 'an object', claims)
  const handle = readKey(key, 'key')
  const { version } =
    options === undefined ? NO_SIGN_OPTIONS : validateOptions(options, SIGN, new SignOptions())
  return checked(addon.sign(claimsText(claims, version), handle, version))
}

const NO_SIGN_OPTIONS = new SignOptions()

const TIMES = ['exp', 'nbf', 'iat']

/** The claims as JSON.stringify() writes them, but for times that are objects: they become seconds. */
function claimsText(claims, version) {
  let own = claims
  if (typeof claims.toJSON === 'function') {
    own = claims.toJSON('')
    if (isObject(own)) {
      own = { __proto__: null, ...own }
      // JSON.stringify() would call it again.
      if (typeof own.toJSON === 'function') own.toJSON = undefined
    }
  }
  // By index, as anyone can replace the iterator of arrays.
  for (let at = 0; at < TIMES.length; at++) {
    const name = TIMES[at]
    if (!isObject(own) || !Object.hasOwn(own, name)) continue
    // A Number object is a number, as for JSON.stringify().
    const ms = isNumberObject(own[name]) ? undefined : readTime(own[name])
    if (ms === undefined) continue
    if (own === claims) own = { ...claims }
    own[name] = version === 1 ? ms / 1000 : Math.floor(ms / 1000)
  }
  return stringify(own)
}

/** How the messages of JSON.stringify()'s own errors begin, in V8 and JavaScriptCore. They have no code. */
const STRINGIFY_ERRORS = [
  'Converting circular structure',
  'Do not know how to serialize a BigInt',
  'JSON.stringify cannot serialize',
  'Maximum call stack size',
  'Invalid string length',
]

function stringify(claims) {
  const expected =
    'an object of JSON values, without circular references and BigInts, at most 128 levels deep'
  let text
  try {
    text = JSON.stringify(claims)
  } catch (error) {
    // What a toJSON() throws is the caller's.
    if (!isOfStringify(error)) throw error
  }
  if (text === undefined) throw argumentError('ERR_INVALID_ARG_VALUE', 'claims', expected)
  return text
}

class VerifyOptions {
  audience
  issuer
  clockTolerance = 0
  now
}

const VERIFY = {
  __proto__: null,
  ...EXPECTATIONS,
  now(value) {
    if (!isDate(value)) throw typeError('options.now', 'a Date', value)
    const now = value.getTime()
    if (!Number.isFinite(now)) throw argumentError('ERR_OUT_OF_RANGE', 'options.now', 'a valid Date')
    return now
  },
}

const NO_VERIFY_OPTIONS = new VerifyOptions()

function verify(token, key, options) {
  let isAppService = isAppServiceKey(key)
  const readOne = (element, name) => {
    isAppService ||= isAppServiceKey(element)
    return readKey(element, name)
  }
  const keys = isArray(key) ? readKeys(key, readOne) : readKey(key, 'key', `${KEY}, or an array of them`)
  const {
    audience,
    issuer,
    clockTolerance,
    now = Date.now(),
  } = options === undefined ? NO_VERIFY_OPTIONS : validateOptions(options, VERIFY, new VerifyOptions())
  const text = checked(addon.verify(tokenText(token), keys, audience, issuer, clockTolerance, now))
  const claims = JSON.parse(text)
  return { userId: isAppService ? claims.sub : claims.uid, claims, header: headerOf(token) }
}

function decode(token) {
  const claims = JSON.parse(checked(addon.decode(tokenText(token))))
  return { header: headerOf(token), claims, signature: token.slice(token.lastIndexOf('.') + 1) }
}

/** No text at all is as malformed as any other text that is no token. */
function tokenText(token) {
  return typeof token === 'string' ? token : ''
}

/** The header of a token that the core has read. Most tokens have one of these four, which need no parsing. */
function headerOf(token) {
  const header = token.slice(0, token.indexOf('.'))
  switch (header) {
    case 'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCIsImtpZCI6IjAifQ':
      return { alg: 'HS256', typ: 'JWT', kid: '0' }
    case 'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCIsImtpZCI6MH0':
      return { alg: 'HS256', typ: 'JWT', kid: 0 }
    case 'eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9':
      return { typ: 'JWT', alg: 'HS256' }
    case 'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9':
      return { alg: 'HS256', typ: 'JWT' }
    default:
      return JSON.parse(Buffer.from(header, 'base64url').toString())
  }
}

const KEY = 'a string, a Uint8Array or a ZumoKey'

/** A key as the addon takes it: a handle, or a master key. */
function readKey(key, name, expected = KEY) {
  return handleOf(key) ?? readKeyMaterial(key, name, expected)
}

function readKeys(keys, read = readKey) {
  if (keys.length === 0) {
    throw argumentError('ERR_INVALID_ARG_VALUE', 'key', `${KEY}, or a non-empty array of them`)
  }
  return readArray(keys, 'key', read)
}

function readKeyMaterial(key, name, expected = 'a string or a Uint8Array') {
  if (typeof key === 'string') return key
  // Another thread may write to shared memory while it is read.
  if (isUint8Array(key))
    return isSharedArrayBuffer(Reflect.apply(bufferOf, key, [])) ? new Uint8Array(key) : key
  throw keyError(key, name, expected)
}

function validateZumoKey(key, name, expected = 'a ZumoKey') {
  if (handleOf(key) === undefined) throw keyError(key, name, expected)
  return key
}

function keyError(key, name, expected) {
  if (typeof key === 'object' && key !== null && !isProxy(key) && BRAND in key) {
    const note = handleOf(key) ? ' It is a ZumoKey.' : ' It is a ZumoKey of another copy of zumo-jwt.'
    return argumentError('ERR_INVALID_ARG_TYPE', name, expected, note)
  }
  return typeError(name, expected, key)
}

function isOfStringify(error) {
  if (!isNativeError(error) || typeof error.message !== 'string') return false
  return STRINGIFY_ERRORS.some((text) => error.message.startsWith(text))
}

/** The milliseconds of a Date, or of any object whose valueOf() gives them. */
function readTime(value) {
  if (!isObject(value) || isTemporal(value) || typeof value.valueOf !== 'function') return undefined
  const time = value.valueOf()
  return typeof time === 'number' ? time : undefined
}

/** Whether the object is of a class of Temporal: their valueOf() throws. */
function isTemporal(value) {
  // Their prototypes have a tag. One that somebody put on Object.prototype does not count.
  if (isPlainObject(value) || !Object.hasOwn(Object.getPrototypeOf(value), Symbol.toStringTag)) return false
  const tag = value[Symbol.toStringTag]
  return typeof tag === 'string' && tag.startsWith('Temporal.')
}

/** Checks the keys of options: they are of one service, and App Service keys have an audience and an issuer. */
function validateKeys(keys, { audience, issuer }) {
  const answer = addon.validateKeys(readKeys(keys), audience, issuer)
  checked(answer, answer?.name === 'key' ? 'options.key' : undefined)
}

/**
 * Returns the addon's answer, or throws the error that the answer describes: `{ code, name, message }`.
 * `argument` replaces the addon's name for the argument.
 */
function checked(answer, argument) {
  // A handle has no properties. Deno lacks util.types.isExternal().
  if (typeof answer !== 'object' || !Object.hasOwn(answer, 'code')) return answer
  const { code, name, message } = answer
  throw code.startsWith('ERR_ZUMO_JWT_')
    ? new ZumoJwtError(code, message, name)
    : argumentError(code, argument ?? name, message)
}

module.exports = {
  zumoJwt,
  sign,
  verify,
  decode,
  ZumoKey,
  keyFromMasterKey,
  validateKeys,
  validateZumoKey,
}
