'use strict'

const { isDate } = require('node:util').types
const binding = require('./binding.js')

class ZumoJwtError extends Error {
  constructor(code, message, claim) {
    super(message)
    this.code = code
    this.status = 401
    if (claim !== null) this.claim = claim
  }
}
Object.defineProperty(ZumoJwtError.prototype, 'name', { value: 'ZumoJwtError' })

class ZumoKey {
  #handle

  constructor(handle) {
    this.#handle = handle
  }

  static fromMasterKey(masterKey) {
    return new ZumoKey(binding.masterKey(masterKey))
  }

  static fromSigningKey(signingKey) {
    return new ZumoKey(binding.signingKey(signingKey))
  }

  static handleOf(key) {
    return typeof key === 'object' && key !== null && #handle in key ? key.#handle : key
  }

  zumoJwt(expiry, aud, userId) {
    return zumoJwt(expiry, aud, userId, this.#handle)
  }

  verify(token, options) {
    return verify(token, this, options)
  }

  export() {
    return binding.exportKey(this.#handle)
  }
}

function zumoJwt(expiry, aud, userId, masterKey) {
  return binding.zumoJwt(typeof expiry === 'number' ? expiry : expiry?.valueOf(), aud, userId, masterKey)
}

const VERIFY_OPTIONS = new Set(['audience', 'issuer', 'clockTolerance', 'now'])
const NONE = Object.freeze({})

function check(options, known) {
  if (options === undefined) return NONE
  for (const name of Object.keys(options)) {
    if (!known.has(name)) throw new TypeError('unknown option')
  }
  return options
}

function verify(token, key, options) {
  const { audience, issuer, clockTolerance, now = Date.now() } = check(options, VERIFY_OPTIONS)
  const answer = binding.verify(token, ZumoKey.handleOf(key), audience, issuer, clockTolerance, +now)
  if (typeof answer !== 'string') throw new ZumoJwtError(...answer)
  return JSON.parse(answer)
}

module.exports = { zumoJwt, verify, ZumoKey, ZumoJwtError, binding }
