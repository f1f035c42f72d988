// Everyone who mints or verifies, doing the same work: the claims of the blog's example, HMAC-SHA-256 with the
// derived key; for verifying also algorithm, expiry, audience and issuer.
import assert from 'node:assert/strict'
import { createHmac, createSecretKey } from 'node:crypto'
import { createRequire } from 'node:module'
import fastJwt from 'fast-jwt'
import * as jose from 'jose'
import jsonwebtoken from 'jsonwebtoken'
import jwtSimple from 'jwt-simple'
import { decode, sign, verify, ZumoKey, zumoJwt } from 'zumo-jwt'
import blogJwt from '../conformance/blog-function.cjs'
import { fields } from './race.mjs'

const nodeRs = createRequire(new URL('../.cache/bench/', import.meta.url))('@node-rs/jsonwebtoken')

const MASTER_KEY = 'AbCdEfGhIjKlMnOpQrStUvWxYz012345'
const AUD = 'your-aud'
const USER_ID = 'unique string for this user'
const ISSUER = 'urn:microsoft:windows-azure:zumo'
const EXPIRY = (Math.floor(Date.now() / 1000) + 3600) * 1000
const HEADER = { alg: 'HS256', typ: 'JWT', kid: 0 }

export const example = [EXPIRY, AUD, USER_ID, MASTER_KEY]

const key = ZumoKey.fromMasterKey(MASTER_KEY)
const secret = key.export()
const keyObject = createSecretKey(secret)

const claims = (expiry, uid) => ({ exp: expiry / 1000, iss: ISSUER, ver: 1, aud: AUD, uid })

const encodedHeader = Buffer.from(JSON.stringify(HEADER)).toString('base64url')

/** As fast as node:crypto goes: key and header made once. */
function tuned(expiry, userId) {
  const body = JSON.stringify(claims(expiry, userId))
  const input = `${encodedHeader}.${Buffer.from(body).toString('base64url')}`
  return `${input}.${createHmac('sha256', keyObject).update(input).digest('base64url')}`
}

const fastSign = fastJwt.createSigner({ key: secret, algorithm: 'HS256', noTimestamp: true, header: HEADER })
const joseSign = (body) => new jose.SignJWT(body).setProtectedHeader(HEADER).sign(keyObject)
const jsonwebtokenOptions = { algorithm: 'HS256', noTimestamp: true, header: HEADER }

const minters = {
  zumoJwt: (expiry, user) => zumoJwt(expiry, AUD, user, MASTER_KEY),
  'ZumoKey#zumoJwt': (expiry, user) => key.zumoJwt(expiry, AUD, user),
  sign: (expiry, user) => sign({ exp: expiry / 1000, aud: AUD, uid: user }, key, { version: 1 }),
  "the blog's function, fixed": (expiry, user) => blogJwt(expiry, AUD, user, MASTER_KEY),
  'node:crypto, tuned by hand': tuned,
  'fast-jwt': (expiry, user) => fastSign(claims(expiry, user)),
  jsonwebtoken: (expiry, user) => jsonwebtoken.sign(claims(expiry, user), keyObject, jsonwebtokenOptions),
  jose: (expiry, user) => joseSign(claims(expiry, user)),
  '@node-rs/jsonwebtoken': (expiry, user) => nodeRs.signSync(claims(expiry, user), secret),
  'jwt-simple': (expiry, user) => jwtSimple.encode(claims(expiry, user), secret, 'HS256', { header: HEADER }),
}

export const minting = fields(minters, (mint) => () => mint(EXPIRY, USER_ID))

const SITE = 'https://your-site.azurewebsites.net/'
const siteKey = ZumoKey.fromSigningKey('00112233445566778899aabbccddeeff'.repeat(2))
const exp = EXPIRY / 1000
const user = { exp, aud: AUD, uid: USER_ID }
const mobile = { key, secret, keyObject, audience: AUD, issuer: ISSUER }
const site = {
  key: siteKey,
  secret: siteKey.export(),
  keyObject: createSecretKey(siteKey.export()),
  audience: SITE,
  issuer: SITE,
}
const siteClaims = {
  exp,
  nbf: exp - 7200,
  iat: exp - 7200,
  iss: SITE,
  aud: SITE,
  sub: 'sid:0123456789abcdef',
}
// Encrypted by the service, in base64.
const credentials = Buffer.alloc(240, 'credentials').toString('base64')
const profile = {
  name: 'Ada Lovelace',
  locale: 'en-GB',
  roles: ['reader', 'editor'],
  groups: [{ id: 1 }, { id: 2 }],
}

/** The shapes of tokens that servers meet. Claims of the first kind are flat, of the second nested or long. */
export const shapes = {
  'as sign makes it': { ...mobile, token: key.sign(user) },
  'without kid': {
    ...mobile,
    token: jsonwebtoken.sign({ ...user, iss: ISSUER, ver: 2 }, keyObject, { noTimestamp: true }),
  },
  'one more claim': { ...mobile, token: key.sign({ ...user, id: 'a1b2' }) },
  'a user with an umlaut': { ...mobile, token: key.sign({ ...user, uid: 'Custom:Jürgen Müller' }) },
  'App Service, eight claims': { ...site, token: siteKey.sign({ ...siteClaims, idp: 'aad' }) },
  'urn:microsoft:credentials': {
    ...mobile,
    token: key.sign({ ...user, id: 'a1b2', 'urn:microsoft:credentials': credentials }),
    isNestedOrLong: true,
  },
  'nested claims': { ...mobile, token: key.sign({ ...user, profile }), isNestedOrLong: true },
}

/** Who verifies a shape. Each returns the claims, or fails. */
export function verifiers({ key, secret, keyObject, audience, issuer }) {
  const ours = { audience, issuer }
  const fastOptions = { key: secret, algorithms: ['HS256'], allowedAud: audience, allowedIss: issuer }
  const fastVerify = fastJwt.createVerifier(fastOptions)
  const fastCached = fastJwt.createVerifier({ ...fastOptions, cache: true })
  const theirs = { algorithms: ['HS256'], audience, issuer }
  const nodeRsOptions = { algorithms: [nodeRs.Algorithm.HS256], aud: [audience], iss: [issuer], leeway: 0 }
  return {
    'zumo-jwt': (token) => key.verify(token, ours).claims,
    'fast-jwt': (token) => fastVerify(token),
    'fast-jwt, from its cache': (token) => fastCached(token),
    jsonwebtoken: (token) => jsonwebtoken.verify(token, keyObject, theirs),
    jose: async (token) => (await jose.jwtVerify(token, keyObject, theirs)).payload,
    '@node-rs/jsonwebtoken': (token) => nodeRs.verifySync(token, secret, nodeRsOptions),
    'jwt-simple': (token) => {
      const claims = jwtSimple.decode(token, secret, false, 'HS256')
      if (claims.aud !== audience || claims.iss !== issuer) throw new Error('for somebody else')
      return claims
    },
  }
}

/** Asserts that every contestant does the same work, before any is timed. */
export async function assertSameWork() {
  for (const [expiry, user] of [
    [EXPIRY, USER_ID],
    [EXPIRY + 1000, 'another user'],
  ]) {
    for (const [name, mint] of Object.entries(minters)) {
      const minted = verify(await mint(expiry, user), MASTER_KEY, { audience: AUD })
      // @node-rs/jsonwebtoken cannot be kept from adding iat, and its kid would be a string.
      const { iat, ...body } = minted.claims
      const { kid, ...header } = HEADER
      assert.deepEqual(body, claims(expiry, user), name)
      assert.deepEqual(minted.header, name === '@node-rs/jsonwebtoken' ? header : HEADER, name)
    }
    for (const name of [
      'zumoJwt',
      'ZumoKey#zumoJwt',
      'sign',
      "the blog's function, fixed",
      'node:crypto, tuned by hand',
    ]) {
      assert.equal(minters[name](expiry, user), blogJwt(expiry, AUD, user, MASTER_KEY), name)
    }
  }
  for (const [shape, { token, ...own }] of Object.entries(shapes)) {
    const expected = decode(token).claims
    const sign = (changes, options) =>
      jsonwebtoken.sign({ ...expected, ...changes }, own.keyObject, { noTimestamp: true, ...options })
    const bad = {
      'another key': jsonwebtoken.sign(expected, 'another key', { noTimestamp: true }),
      'another audience': sign({ aud: 'other' }),
      'another issuer': sign({ iss: 'other' }),
      'another algorithm': sign({}, { algorithm: 'HS384' }),
      'an expired one': sign({ exp: exp - 7200 }),
      'a changed one': token.replace('.eyJ', '.eyK'),
    }
    for (const [name, check] of Object.entries(verifiers(own))) {
      assert.deepEqual({ ...(await check(token)) }, expected, `${name}, ${shape}`)
      const later = { ...expected, exp: exp + 1 }
      assert.deepEqual({ ...(await check(own.key.sign(later))) }, later, `${name}, ${shape}`)
      for (const [what, other] of Object.entries(bad)) {
        await assert.rejects(async () => check(other), `${name} accepts ${what}, ${shape}`)
      }
    }
  }
}
