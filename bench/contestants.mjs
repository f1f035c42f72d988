// Everyone who mints or verifies, doing the same work: the claims of the blog's example, HMAC-SHA-256 with the
// derived key; for verifying also algorithm, expiry, audience and issuer.
import assert from 'node:assert/strict'
import { createHash, createHmac, createSecretKey } from 'node:crypto'
import { createRequire } from 'node:module'
import fastJwt from 'fast-jwt'
import * as jose from 'jose'
import jsonwebtoken from 'jsonwebtoken'
import jwtSimple from 'jwt-simple'
import { sign, verify, ZumoKey, zumoJwt } from 'zumo-jwt'

const nodeRs = createRequire(new URL('../.cache/bench/', import.meta.url))('@node-rs/jsonwebtoken')

const MASTER_KEY = 'AbCdEfGhIjKlMnOpQrStUvWxYz012345'
const AUD = 'your-aud'
const USER_ID = 'unique string for this user'
const ISSUER = 'urn:microsoft:windows-azure:zumo'
const EXPIRY = (Math.floor(Date.now() / 1000) + 3600) * 1000
const HEADER = { alg: 'HS256', typ: 'JWT', kid: 0 }

export const example = [EXPIRY, AUD, USER_ID, MASTER_KEY]
export const token = zumoJwt(...example)

const key = ZumoKey.fromMasterKey(MASTER_KEY)
const secret = key.export()
const keyObject = createSecretKey(secret)

/** What is verified is of version 2, as not everyone reads a `kid` that is a number. */
export const signed = key.sign({ exp: EXPIRY / 1000, aud: AUD, uid: USER_ID })

const claims = () => ({ exp: EXPIRY / 1000, iss: ISSUER, ver: 1, aud: AUD, uid: USER_ID })

/** The blog's function, its key given as bytes. */
function blog(expiryDate, aud, userId, masterKey) {
  const base64 = (text) => Buffer.from(text).toString('base64')
  const urlFriendly = (text) => text.replace(/\+/g, '-').replace(/\//g, '_').replace(/=/g, '')
  const hash = createHash('sha256').update(`${masterKey}JWTSig`).digest()
  const body = { exp: expiryDate.valueOf() / 1000, iss: ISSUER, ver: 1, aud, uid: userId }
  const part = (value) => urlFriendly(base64(JSON.stringify(value)))
  const input = `${part(HEADER)}.${part(body)}`
  return `${input}.${urlFriendly(createHmac('sha256', hash).update(input).digest('base64'))}`
}

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
  "the blog's function, mended": () => blog(EXPIRY, AUD, USER_ID, MASTER_KEY),
  'node:crypto, tuned by hand': () => tuned(EXPIRY, AUD, USER_ID),
  'fast-jwt': () => fastSign(claims()),
  jsonwebtoken: () => jsonwebtoken.sign(claims(), keyObject, jsonwebtokenOptions),
  jose: () => joseSign(claims()),
  '@node-rs/jsonwebtoken': () => nodeRs.signSync(claims(), secret),
  'jwt-simple': () => jwtSimple.encode(claims(), secret, 'HS256', { header: HEADER }),
}

const ours = { audience: AUD }
const fastOptions = { key: secret, algorithms: ['HS256'], allowedAud: AUD, allowedIss: ISSUER }
const fastVerify = fastJwt.createVerifier(fastOptions)
const fastCached = fastJwt.createVerifier({ ...fastOptions, cache: true })
const theirs = { algorithms: ['HS256'], audience: AUD, issuer: ISSUER }
const nodeRsOptions = { algorithms: [nodeRs.Algorithm.HS256], aud: [AUD], iss: [ISSUER], leeway: 0 }

function simpleVerify(own) {
  const body = jwtSimple.decode(own, secret, false, 'HS256')
  if (body.aud !== AUD || body.iss !== ISSUER) throw new Error('for somebody else')
  return body
}

export const verifying = {
  verify: (own) => verify(own, MASTER_KEY, ours).claims,
  'ZumoKey#verify': (own) => key.verify(own, ours).claims,
  'fast-jwt': (own) => fastVerify(own),
  'fast-jwt, from its cache': (own) => fastCached(own),
  jsonwebtoken: (own) => jsonwebtoken.verify(own, keyObject, theirs),
  jose: async (own) => (await jose.jwtVerify(own, keyObject, theirs)).payload,
  '@node-rs/jsonwebtoken': (own) => nodeRs.verifySync(own, secret, nodeRsOptions),
  'jwt-simple': (own) => simpleVerify(own),
}

/** Nobody is timed who does not do the work. */
export async function assertSameWork() {
  for (const [name, mint] of Object.entries(minting)) {
    // @node-rs/jsonwebtoken cannot be kept from adding iat.
    const { iat, ...body } = verify(await mint(), MASTER_KEY, ours).claims
    assert.deepEqual(body, claims(), name)
  }
  for (const name of [
    'zumoJwt',
    'ZumoKey#zumoJwt',
    'sign',
    "the blog's function, mended",
    'node:crypto, tuned by hand',
  ]) {
    assert.equal(minting[name](), token, name)
  }
  const bad = {
    'another key': zumoJwt(EXPIRY, AUD, USER_ID, 'another key'),
    'another audience': zumoJwt(EXPIRY, 'other', USER_ID, MASTER_KEY),
    'another issuer': jsonwebtoken.sign({ ...claims(), iss: 'other' }, keyObject, jsonwebtokenOptions),
    'another algorithm': jsonwebtoken.sign(claims(), keyObject, { algorithm: 'HS384', noTimestamp: true }),
    'an expired one': zumoJwt(Date.now() - 60_000, AUD, USER_ID, MASTER_KEY),
    'a changed one': signed.replace('.eyJl', '.eyJm'),
  }
  for (const [name, check] of Object.entries(verifying)) {
    assert.deepEqual({ ...(await check(signed)) }, { ...claims(), ver: 2 }, name)
    for (const [what, own] of Object.entries(bad)) {
      await assert.rejects(async () => check(own), `${name} accepts ${what}`)
    }
  }
}
