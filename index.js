const { isDate } = require('node:util').types
const binding = require('./binding.js')

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
  const { version } = checked(options, SIGN_OPTIONS)
  for (const name of ['exp', 'nbf', 'iat']) {
    const time = claims?.[name]
    if (isDate(time)) claims = { ...claims, [name]: seconds(time, version) }
  }
  return binding.sign(JSON.stringify(claims), handleOf(key), version)
}

const VERIFY_OPTIONS = new Set(['audience', 'issuer', 'clockTolerance', 'now'])

function verify(token, key, options) {
  const { audience, issuer, clockTolerance, now = Date.now() } = checked(options, VERIFY_OPTIONS)
  const keys = Array.isArray(key) ? key.map(handleOf) : handleOf(key)
  return parse(binding.verify(token, keys, audience, issuer, clockTolerance, milliseconds(now)))
}

function decode(token) {
  return parse(binding.decode(token))
}

function parse(answer) {
  if (typeof answer !== 'string') throw new ZumoJwtError(...answer)
  return JSON.parse(answer)
}

function milliseconds(time) {
  return typeof time === 'number' ? time : time?.valueOf()
}

// Version 1 tokens keep the milliseconds; all others count whole seconds.
function seconds(date, version) {
  return version === 1 ? date / 1000 : Math.floor(date / 1000)
}

const NO_OPTIONS = {}

function checked(options, known) {
  if (options === undefined) return NO_OPTIONS
  if (typeof options !== 'object' || options === null) {
    throw coded('ERR_INVALID_ARG_TYPE', 'The "options" argument must be an object.')
  }
  for (const name of Object.keys(options)) {
    if (!known.has(name)) {
      throw coded(
        'ERR_INVALID_ARG_VALUE',
        `The "options.${name}" property must be absent: there is no such option.`,
      )
    }
  }
  return options
}

function coded(code, message) {
  return Object.assign(new TypeError(message), { code })
}

module.exports = { zumoJwt, sign, verify, decode, ZumoKey, ZumoJwtError }
