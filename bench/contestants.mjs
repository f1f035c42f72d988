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

const nodeRs = createRequire(new URL('../.cache/bench/', import.meta.url))('@node-rs/jsonwebtoken')

const MASTER_KEY = 'AbCdEfGhIjKlMnOpQrStUvWxYz012345'
const AUD = 'your-aud'
const USER_ID = 'unique string for this user'
const ISSUER = 'urn:microsoft:windows-azure:zumo'
const EXPIRY = (Math.floor(Date.now() / 1000) + 3600) * 1000
const HEADER = { alg: 'HS256', typ: 'JWT', kid: 0 }

export const example = [EXPIRY, AUD, USER_ID, MASTER_KEY]
const token = zumoJwt(...example)

const key = ZumoKey.fromMasterKey(MASTER_KEY)
const secret = key.export()
const keyObject = createSecretKey(secret)

const claims = () => ({ exp: EXPIRY / 1000, iss: ISSUER, ver: 1, aud: AUD, uid: USER_ID })

const encodedHeader = Buffer.from(JSON.stringify(HEADER)).toString('base64url')

/** As fast as node:crypto goes: key and header made once. */
function tuned(expiry, aud, userId) {
  const body = JSON.stringify({ exp: expiry / 1000, iss: ISSUER, ver: 1, aud, uid: userId })
  const input = `${encodedHeader}.${Buffer.from(body).toString('base64url')}`
  return `${input}.${createHmac('sha256', keyObject).update(input).digest('base64url')}`
}

const fastSign = fastJwt.createSigner({ key: secret, algorithm: 'HS256', noTimestamp: true, header: HEADER })
const joseSign = (body) => new jose.SignJWT(body).setProtectedHeader(HEADER).sign(keyObject)
const jsonwebtokenOptions = { algorithm: 'HS256', noTimestamp: true, header: HEADER }

export const minting = {
  zumoJwt: () => zumoJwt(EXPIRY, AUD, USER_ID, MASTER_KEY),
  'ZumoKey#zumoJwt': () => key.zumoJwt(EXPIRY, AUD, USER_ID),
  sign: () => sign({ exp: EXPIRY / 1000, aud: AUD, uid: USER_ID }, key, { version: 1 }),
  "the blog's function, fixed": () => blogJwt(EXPIRY, AUD, USER_ID, MASTER_KEY),
  'node:crypto, tuned by hand': () => tuned(EXPIRY, AUD, USER_ID),
  'fast-jwt': () => fastSign(claims()),
  jsonwebtoken: () => jsonwebtoken.sign(claims(), keyObject, jsonwebtokenOptions),
  jose: () => joseSign(claims()),
  '@node-rs/jsonwebtoken': () => nodeRs.signSync(claims(), secret),
  'jwt-simple': () => jwtSimple.encode(claims(), secret, 'HS256', { header: HEADER }),
}

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
  for (const [name, mint] of Object.entries(minting)) {
    // @node-rs/jsonwebtoken cannot be kept from adding iat.
    const { iat, ...body } = verify(await mint(), MASTER_KEY, { audience: AUD }).claims
    assert.deepEqual(body, claims(), name)
  }
  for (const name of [
    'zumoJwt',
    'ZumoKey#zumoJwt',
    'sign',
    "the blog's function, fixed",
    'node:crypto, tuned by hand',
  ]) {
    assert.equal(minting[name](), token, name)
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
      for (const [what, other] of Object.entries(bad)) {
        await assert.rejects(async () => check(other), `${name} accepts ${what}, ${shape}`)
      }
    }
  }
}
