'use strict'

const { isDate } = require('node:util').types
const binding = load()

class ZumoJwtError extends Error {
  constructor(code, message, claim) {
    super(message)
    this.code = code
    this.status = 401
    if (claim) this.claim = claim
  }
}
Object.defineProperty(ZumoJwtError.prototype, 'name', { value: 'ZumoJwtError' })

const PRIVATE = Symbol('private')
let handleOf

class ZumoKey {
  #handle

  static {
    handleOf = (key) => (typeof key === 'object' && key !== null && #handle in key ? key.#handle : key)
  }

  constructor(caller, handle) {
    if (caller !== PRIVATE) {
      throw coded('ERR_ILLEGAL_CONSTRUCTOR', 'Use ZumoKey.fromMasterKey() or ZumoKey.fromSigningKey().')
    }
    this.#handle = handle
  }

  static fromMasterKey(masterKey) {
    return new ZumoKey(PRIVATE, binding.masterKey(masterKey))
  }

  static fromSigningKey(signingKey) {
    return new ZumoKey(PRIVATE, binding.signingKey(signingKey))
  }

  zumoJwt(expiry, aud, userId) {
    return zumoJwt(expiry, aud, userId, this.#handle)
  }

  sign(claims, options) {
    return sign(claims, this.#handle, options)
  }

  verify(token, options) {
    return verify(token, this.#handle, options)
  }

  export() {
    return binding.exportKey(this.#handle)
  }
}

function zumoJwt(expiry, aud, userId, masterKey) {
  return binding.zumoJwt(milliseconds(expiry), aud, userId, masterKey)
}

const SIGN_OPTIONS = new Set(['version'])

function sign(claims, key, options) {
  const { version } = known(options, SIGN_OPTIONS)
  for (const name of ['exp', 'nbf', 'iat']) {
    const time = claims?.[name]
    if (isDate(time)) claims = { ...claims, [name]: seconds(time, version) }
  }
  return binding.sign(JSON.stringify(claims), handleOf(key), version)
}

const VERIFY_OPTIONS = new Set(['audience', 'issuer', 'clockTolerance', 'now'])

function verify(token, key, options) {
  const { audience, issuer, clockTolerance = 0, now = Date.now() } = known(options, VERIFY_OPTIONS)
  const keys = Array.isArray(key) ? key.map(handleOf) : handleOf(key)
  const answer = checked(binding.verify(token, keys, audience, issuer, clockTolerance, milliseconds(now)))
  return answer[0] === '{' ? JSON.parse(answer) : expand(answer)
}

const double = new Float64Array(1)
const bytes = new Uint8Array(double.buffer)

// Most tokens differ in little, which src/binding/answer.rs sends alone: no JSON to parse.
function expand(answer) {
  const kid = answer.charCodeAt(0) === 0 ? 0 : '0'
  const ver = answer.charCodeAt(1)
  for (let i = 0; i < 8; i++) bytes[i] = answer.charCodeAt(2 + i)
  const end = 11 + answer.charCodeAt(10)
  const uid = answer.slice(end)
  return {
    userId: uid,
    claims: { exp: double[0], iss: 'urn:microsoft:windows-azure:zumo', ver, aud: answer.slice(11, end), uid },
    header: { alg: 'HS256', typ: 'JWT', kid },
  }
}

function decode(token) {
  return JSON.parse(checked(binding.decode(token)))
}

function checked(answer) {
  if (typeof answer !== 'string') throw new ZumoJwtError(...answer)
  return answer
}

function milliseconds(time) {
  return typeof time === 'number' ? time : time?.valueOf()
}

// Version 1 tokens keep the milliseconds; all others count whole seconds.
function seconds(date, version) {
  return version === 1 ? date / 1000 : Math.floor(date / 1000)
}

const NO_OPTIONS = {}

function known(options, names) {
  if (options === undefined) return NO_OPTIONS
  if (typeof options !== 'object' || options === null) {
    throw coded('ERR_INVALID_ARG_TYPE', 'The "options" argument must be an object.')
  }
  for (const name of Object.keys(options)) {
    if (!names.has(name)) {
      throw coded(
        'ERR_INVALID_ARG_VALUE',
        `The "options.${name}" property must be absent: there is no such option.`,
      )
    }
  }
  return options
}

function load() {
  try {
    return require('./binding.js')
  } catch (cause) {
    const platform = `${process.platform}-${process.arch}`
    throw new Error(
      `zumo-jwt found no binary that loads on ${platform}: install it together with its optional dependencies, ` +
        'or build one from source (in a clone, with Rust: npm ci) and set NAPI_RS_NATIVE_LIBRARY_PATH to its path.',
      { cause },
    )
  }
}

function coded(code, message) {
  return Object.assign(new TypeError(message), { code })
}

module.exports = { zumoJwt, sign, verify, decode, ZumoKey, ZumoJwtError }
