'use strict'

// JavaScript checks the types of arguments, here and in checks.js, and copies what another thread could
// change. The addon gets values of the right kind only. It decides everything about keys, claims and
// tokens, and answers with a text, a key's handle, or what is wrong as `{ code, name, message }`, where
// `name` is the argument as callers know it. JavaScript makes the objects and the errors.

const { isNumberObject, isSharedArrayBuffer, isUint8Array } = require('node:util').types
const addon = require('./addon.js')
const { VERIFY_CHECKS, isObject, oneOrMore, readOptions, readString, readType } = require('./checks.js')
const { ZumoJwtError, argumentError, typeError, valueError } = require('./errors.js')

const MASTER_KEY_CHECKS = { node6: readType('boolean', 'a boolean') }

const SIGN_CHECKS = { version: readType('number', '1 or 2') }

/** Only this file gives it to the constructor of ZumoKey. */
const INTERNAL = Symbol('internal')

/** On the keys of every copy of the package, which cannot read each other's. */
const IS_ZUMO_KEY = Symbol.for('zumo-jwt.ZumoKey')

let handleOf
let isAppServiceKey

class ZumoKey {
  #handle
  #isAppService

  static {
    ZumoKey.prototype[IS_ZUMO_KEY] = true
    const isZumoKey = (key) => typeof key === 'object' && key !== null && #handle in key
    handleOf = (key) => (isZumoKey(key) ? key.#handle : undefined)
    isAppServiceKey = (key) => isZumoKey(key) && key.#isAppService
  }

  constructor(caller, handle, isAppService) {
    if (caller !== INTERNAL) {
      const error = new TypeError('Use ZumoKey.fromMasterKey() or ZumoKey.fromSigningKey().')
      error.code = 'ERR_ILLEGAL_CONSTRUCTOR'
      throw error
    }
    this.#handle = handle
    this.#isAppService = isAppService
  }

  static fromMasterKey(masterKey, options) {
    const { node6 } = readOptions(options, MASTER_KEY_CHECKS, { node6: false })
    return makeMasterKey(readKeyMaterial(masterKey, 'masterKey'), 'masterKey', node6)
  }

  static fromSigningKey(signingKey) {
    const handle = addon.signingKey(readKeyMaterial(signingKey, 'signingKey'))
    return new ZumoKey(INTERNAL, unwrap(handle), true)
  }

  zumoJwt(expiry, aud, userId) {
    const time = readExpiry(expiry)
    readString(aud, 'aud')
    readString(userId, 'userId')
    return unwrap(addon.zumoJwt(time, aud, userId, this.#handle))
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

/** The key of a Mobile Service, from an argument or option of any name that readKeyMaterial() has read. */
function makeMasterKey(material, name, node6 = false) {
  const handle = addon.masterKey(material, name, node6)
  return new ZumoKey(INTERNAL, unwrap(handle), false)
}

function zumoJwt(expiry, aud, userId, masterKey) {
  const time = readExpiry(expiry)
  readString(aud, 'aud')
  readString(userId, 'userId')
  return unwrap(addon.zumoJwt(time, aud, userId, readKeyMaterial(masterKey, 'masterKey')))
}

/** The milliseconds of an expiry. */
function readExpiry(expiry) {
  if (typeof expiry === 'number') return expiry
  const ms = millisecondsOf(expiry)
  if (ms !== undefined) return ms
  const expected = 'a Date, a number of milliseconds, or an object whose valueOf() gives one'
  throw typeError('expiry', expected, expiry)
}

/** The milliseconds of a Date, or of any object whose valueOf() gives them. */
function millisecondsOf(value) {
  const ms = typeof value === 'object' && typeof value?.valueOf === 'function' ? value.valueOf() : undefined
  return typeof ms === 'number' ? ms : undefined
}

function sign(claims, key, options) {
  if (!isObject(claims)) throw typeError('claims', 'an object', claims)
  const handle = readKey(key, 'key')
  const { version } = readOptions(options, SIGN_CHECKS, { version: undefined })
  return unwrap(addon.sign(claimsText(claims, version), handle, version))
}

/** The claims as JSON.stringify() writes them, except times that are objects, which become seconds. */
function claimsText(claims, version) {
  let json = claims
  if (typeof claims.toJSON === 'function') {
    json = claims.toJSON('')
    if (!isObject(json)) throw valueError('claims', 'an object whose toJSON() returns an object')
    json = { ...json }
    // JSON.stringify() would call it again.
    if (typeof json.toJSON === 'function') json.toJSON = undefined
  }
  for (const name of ['exp', 'nbf', 'iat']) {
    if (!Object.hasOwn(json, name)) continue
    // A Number object is a number, as for JSON.stringify().
    const ms = isNumberObject(json[name]) ? undefined : millisecondsOf(json[name])
    if (ms === undefined) continue
    if (json === claims) json = { ...claims }
    json[name] = version === 1 ? ms / 1000 : Math.floor(ms / 1000)
  }
  return JSON.stringify(json)
}

function verify(token, key, options) {
  const keys = oneOrMore(key, 'key', readKey)
  const userClaim = userClaimOf(key)
  const defaults = { audience: undefined, issuer: undefined, clockTolerance: 0, now: undefined }
  return runVerify(token, keys, userClaim, readOptions(options, VERIFY_CHECKS, defaults))
}

/**
 * Returns `(token) => verify(token, keys, options)` for ZumoKeys and options that are checked once, here.
 * Its `options` are read ones, without `now`.
 */
function createVerifier(keys, { audience, issuer, clockTolerance }) {
  const handles = keys.length === 1 ? handleOf(keys[0]) : keys.map(handleOf)
  unwrap(addon.validateKeys(handles, audience, issuer))
  const userClaim = userClaimOf(keys)
  const expected = { audience, issuer, clockTolerance, now: undefined }
  return (token) => runVerify(token, handles, userClaim, expected)
}

function runVerify(token, keys, userClaim, { audience, issuer, clockTolerance, now = Date.now() }) {
  const text = addon.verify(textOrEmpty(token), keys, audience, issuer, clockTolerance, now)
  const claims = JSON.parse(unwrap(text))
  return { userId: claims[userClaim], claims, header: headerOf(token) }
}

/** The claim that names the user. All keys of a call are of one service. */
function userClaimOf(key) {
  return isAppServiceKey(Array.isArray(key) ? key[0] : key) ? 'sub' : 'uid'
}

function decode(token) {
  const claims = JSON.parse(unwrap(addon.decode(textOrEmpty(token))))
  return { header: headerOf(token), claims, signature: token.slice(token.lastIndexOf('.') + 1) }
}

/** What is no string is no token, as the empty text is none. */
function textOrEmpty(token) {
  return typeof token === 'string' ? token : ''
}

/** The header of a token that the addon has read. Most tokens have one of these four, which need no parsing. */
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

/** A key as the addon takes it: a handle, or a master key. */
function readKey(key, name, orMore = '') {
  return handleOf(key) ?? readKeyMaterial(key, name, orMore, 'a string, a Uint8Array or a ZumoKey')
}

function readKeyMaterial(key, name, orMore = '', expected = 'a string or a Uint8Array') {
  if (typeof key === 'string') return key
  // Another thread may write to shared memory while it is read.
  if (isUint8Array(key)) return isSharedArrayBuffer(key.buffer) ? new Uint8Array(key) : key
  throw keyError(key, name, expected + orMore)
}

/** A ZumoKey, from an option. */
function readZumoKey(key, name, orMore = '') {
  if (handleOf(key) === undefined) throw keyError(key, name, `a ZumoKey${orMore}`)
  return key
}

function keyError(key, name, expected) {
  if (!isObject(key) || !key[IS_ZUMO_KEY]) return typeError(name, expected, key)
  const fix = name.startsWith('options.') ? ': give it as options.key.' : '.'
  const note = handleOf(key) ? ` It is a ZumoKey${fix}` : ' It is a ZumoKey of another copy of zumo-jwt.'
  return argumentError('ERR_INVALID_ARG_TYPE', name, expected, note)
}

/** Returns the addon's answer, or throws the error that it describes. */
function unwrap(answer) {
  // A handle has no properties. Deno lacks util.types.isExternal().
  if (typeof answer !== 'object' || !Object.hasOwn(answer, 'code')) return answer
  const { code, name, message } = answer
  throw code.startsWith('ERR_ZUMO_JWT_')
    ? new ZumoJwtError(code, message, name)
    : argumentError(code, name, message)
}

module.exports = {
  zumoJwt,
  sign,
  verify,
  decode,
  ZumoKey,
  createVerifier,
  makeMasterKey,
  readKeyMaterial,
  readZumoKey,
}
