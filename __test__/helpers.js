'use strict'

const assert = require('node:assert/strict')
const { createHash, createHmac } = require('node:crypto')
const { inspect } = require('node:util')
const commonjs = require('zumo-jwt')

const MASTER_KEY = 'AbCdEfGhIjKlMnOpQrStUvWxYz012345'
const SIGNING_KEY = '69dfd814c383dda4ea7aaeb26e605d419011e7ef3863d5cd2eee7a3607ec8f4d'
const ISSUER = 'urn:microsoft:windows-azure:zumo'
const SITE = 'https://site.example/'

/** 2030-01-01 in ms: the time at which most tests verify tokens. */
const NOW = Date.UTC(2030, 0, 1)

/** An independent derivation of the signing key. */
const derive = (masterKey) => createHash('sha256').update(masterKey).update('JWTSig').digest()

const base64url = (part) => Buffer.from(part).toString('base64url')

/** Text and bytes as they are, anything else through JSON.stringify(). */
const json = (value) => (typeof value === 'string' || Buffer.isBuffer(value) ? value : JSON.stringify(value))

/** A token with any text before its signature, which is right. Signed by node:crypto alone. */
function signText(input, key = derive(MASTER_KEY), hash = 'sha256') {
  return `${input}.${createHmac(hash, key).update(input).digest('base64url')}`
}

/** A token with any header and any claims, and the right signature. */
function signRaw(header, claims, key) {
  return signText(`${base64url(json(header))}.${base64url(json(claims))}`, key)
}

const HEADER = { alg: 'HS256', typ: 'JWT', kid: '0' }

/** Claims that verify, with changes; a change to undefined leaves a claim out. */
const claims = (changes = {}) => ({
  exp: NOW / 1000 + 3600,
  iss: ISSUER,
  ver: 2,
  aud: 'your-aud',
  uid: 'Custom:42',
  ...changes,
})

/** The functions and the methods that do the same, through CommonJS and ESM. */
async function entryPoints() {
  const esm = await import('zumo-jwt')
  return Object.entries({ commonjs, esm }).flatMap(([system, api]) => [
    {
      name: `${system} function`,
      zumoJwt: api.zumoJwt,
      sign: api.sign,
      verify: api.verify,
    },
    {
      name: `${system} method`,
      zumoJwt: (expiry, aud, userId, masterKey) =>
        api.ZumoKey.fromMasterKey(masterKey).zumoJwt(expiry, aud, userId),
      sign: (members, masterKey, options) => api.ZumoKey.fromMasterKey(masterKey).sign(members, options),
      verify: (token, masterKey, options) => api.ZumoKey.fromMasterKey(masterKey).verify(token, options),
    },
  ])
}

/** verify() with the master key, at the time NOW. */
const verifyNow = (token, options) => commonjs.verify(token, MASTER_KEY, { now: new Date(NOW), ...options })

/** Asserts that verifyNow() rejects a token with the error ERR_ZUMO_JWT_{code}, for that claim. */
function assertRejected(token, code, claim, options) {
  assert.throws(
    () => verifyNow(token, options),
    (error) => {
      assert.ok(error instanceof commonjs.ZumoJwtError, error)
      assert.equal(error.name, 'ZumoJwtError')
      assert.equal(error.code, `ERR_ZUMO_JWT_${code}`)
      assert.equal(error.claim, claim)
      assert.equal(error.status, 401)
      return true
    },
  )
}

/**
 * Asserts in assert.throws() that an error is for that argument, has that code, and holds no secret. `expected` is the
 * text after "must be" with which the message ends.
 */
function argumentError(argument, code, secrets = [], expected = '') {
  return (error) => {
    assert.ok(error instanceof (code === 'ERR_OUT_OF_RANGE' ? RangeError : TypeError), error)
    assert.equal(error.code, code)
    assert.ok(error.message.includes(`"${argument}"`), error)
    assert.ok(error.message.includes(' must be ') && error.message.endsWith(expected), error)
    assertHoldsNone(error, secrets)
    return true
  }
}

/** Asserts that an error holds none of the secrets. */
function assertHoldsNone(error, secrets) {
  const text = [
    error.message,
    error.stack,
    JSON.stringify(error),
    inspect(error, { showHidden: true }),
  ].join()
  for (const secret of secrets) assert.ok(!text.includes(secret), 'the error holds a secret')
}

/**
 * The environment for a child process whose output is read: this one's, without what changes that output.
 * `node --test` on a terminal sets FORCE_COLOR, and everywhere NODE_TEST_CONTEXT.
 */
function childEnvironment(changes) {
  const { FORCE_COLOR, NO_COLOR, NODE_DISABLE_COLORS, NODE_OPTIONS, NODE_TEST_CONTEXT, ...env } = process.env
  return { ...env, ...changes }
}

/** Loads the package again, as test runners do that reset their modules. */
function anotherCopy(load = (require) => require('zumo-jwt')) {
  const before = { ...require.cache }
  const forget = () => {
    for (const file of Object.keys(require.cache)) delete require.cache[file]
  }
  forget()
  try {
    return load(require)
  } finally {
    forget()
    Object.assign(require.cache, before)
  }
}

module.exports = {
  MASTER_KEY,
  SIGNING_KEY,
  ISSUER,
  SITE,
  NOW,
  HEADER,
  anotherCopy,
  argumentError,
  assertHoldsNone,
  assertRejected,
  base64url,
  childEnvironment,
  claims,
  derive,
  entryPoints,
  signRaw,
  signText,
  verifyNow,
}
