'use strict'

const { createHash, createHmac } = require('node:crypto')
const commonjs = require('zumo-jwt')

const MASTER_KEY = 'AbCdEfGhIjKlMnOpQrStUvWxYz012345'
const SIGNING_KEY = '69dfd814c383dda4ea7aaeb26e605d419011e7ef3863d5cd2eee7a3607ec8f4d'
const ISSUER = 'urn:microsoft:windows-azure:zumo'
const SITE = 'https://site.example/'

/** 2030-01-01, in ms: the time that tokens are verified at unless a test says otherwise. */
const NOW = Date.UTC(2030, 0, 1)

/** An independent derivation of the signing key. */
const derive = (masterKey) => createHash('sha256').update(masterKey).update('JWTSig').digest()

const base64url = (part) => Buffer.from(part).toString('base64url')

/** JSON text as it is, anything else through JSON.stringify. */
const json = (value) => (typeof value === 'string' || Buffer.isBuffer(value) ? value : JSON.stringify(value))

/** A rightly signed token with any header and any claims, made by node:crypto alone. */
function forge(header, claims, key = derive(MASTER_KEY)) {
  const input = `${base64url(json(header))}.${base64url(json(claims))}`
  return `${input}.${createHmac('sha256', key).update(input).digest('base64url')}`
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

/** Every way to the same function: as a function and as a method, through CommonJS and ESM. */
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

/**
 * Asserts that a call throws a caller's mistake that names the argument and holds no secret. `must` is
 * the end of its message.
 */
function mistake(name, code, secrets = [], must = '') {
  return (error) => {
    const Class = code === 'ERR_OUT_OF_RANGE' ? RangeError : TypeError
    if (!(error instanceof Class)) throw error
    if (error.code !== code || !error.message.includes(`"${name}"`)) throw error
    if (!error.message.includes(' must be ') || !error.message.endsWith(must)) throw error
    for (const secret of secrets) {
      if (`${error.message}${error.stack}${JSON.stringify(error)}`.includes(secret))
        throw new Error('the error holds a value')
    }
    return true
  }
}

/**
 * The environment for a child process whose output is read: this one's, without what changes that output.
 * `node --test` on a terminal sets FORCE_COLOR, and everywhere NODE_TEST_CONTEXT.
 */
function childEnvironment(changes) {
  const { FORCE_COLOR, NO_COLOR, NODE_DISABLE_COLORS, NODE_OPTIONS, NODE_TEST_CONTEXT, ...env } = process.env
  return { ...env, ...changes }
}

/** The package loaded once more, as test runners load it that reset their modules. */
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
  base64url,
  childEnvironment,
  claims,
  derive,
  entryPoints,
  forge,
  mistake,
}
