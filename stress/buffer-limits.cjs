'use strict'

// Texts of every length around the limits of the addon's buffers, in every argument, against node:crypto.
const assert = require('node:assert/strict')
const { createHash, createHmac } = require('node:crypto')
const { decode, sign, verify, ZumoKey, zumoJwt } = require('zumo-jwt')

const ISSUER = 'urn:microsoft:windows-azure:zumo'
const KEY = 'key'
const MAX_LENGTH = 64 * 1024

const digest = (masterKey) => createHash('sha256').update(`${masterKey}JWTSig`).digest()

function tokenOf(kid, claims, masterKey = KEY) {
  const parts = [{ alg: 'HS256', typ: 'JWT', kid }, claims]
  const input = parts.map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
  return `${input}.${createHmac('sha256', digest(masterKey)).update(input).digest('base64url')}`
}

let comparisons = 0

/** Asserts that a call returns the value, or that it refuses what needs a token that is too long. */
function compare(call, expected, token) {
  comparisons++
  if (token.length > MAX_LENGTH) assert.throws(call, /64 KiB|malformed|not a token/)
  else assert.deepEqual(call(), expected)
}

function compareAll(text) {
  const exp = 9e9
  const v1 = (aud, uid) => tokenOf(0, { exp: 0, iss: ISSUER, ver: 1, aud, uid })
  for (const [aud, uid] of [
    [text, 'u'],
    ['a', text],
  ]) {
    compare(() => zumoJwt(0, aud, uid, KEY), v1(aud, uid), v1(aud, uid))
  }
  const signed = tokenOf('0', { exp, iss: ISSUER, ver: 2, aud: 'a', uid: 'u', text })
  compare(() => sign({ exp, aud: 'a', uid: 'u', text }, KEY), signed, signed)
  compare(() => verify(signed, KEY).claims.text, text, signed)
  compare(() => decode(signed).claims.text, text, signed)
  const expected = tokenOf('0', { exp, iss: text, ver: 2, aud: 'a', uid: 'u' })
  compare(() => verify(expected, KEY, { issuer: text }).claims.iss, text, expected)
  const audience = tokenOf('0', { exp, iss: ISSUER, ver: 2, aud: text, uid: 'u' })
  for (const option of [text, ['another', text]]) {
    compare(() => verify(audience, KEY, { audience: option }).claims.aud, text, audience)
  }
  if (/[^ -~]/.test(text)) return
  const short = tokenOf(0, { exp: 0, iss: ISSUER, ver: 1, aud: 'a', uid: 'u' }, text)
  compare(() => zumoJwt(0, 'a', 'u', text), short, short)
  compare(() => verify(short, text, { clockTolerance: 9e9 }).userId, 'u', short)
  compare(() => ZumoKey.fromMasterKey(text).export(), digest(text), short)
}

/** Asserts that a token of this length is read, or refused if it is too long. */
function compareToken(length) {
  const empty = tokenOf('0', { exp: 9e9, iss: ISSUER, ver: 2, aud: 'a', uid: 'u', text: '' }).length
  const text = 'x'.repeat(Math.floor(((length - empty) * 3) / 4))
  for (const more of ['', 'x', 'xx']) {
    const token = tokenOf('0', { exp: 9e9, iss: ISSUER, ver: 2, aud: 'a', uid: 'u', text: text + more })
    compare(() => verify(token, KEY).claims.text, text + more, token)
  }
}

for (const [first, last] of [
  [4085, 4105],
  [65_530, 65_545],
]) {
  for (let length = first; length <= last; length++) {
    for (const character of ['x', 'é', '中', '😀']) {
      const bytes = Buffer.byteLength(character)
      compareAll('a'.repeat(length % bytes) + character.repeat(length / bytes))
    }
    compareToken(length)
  }
}
console.log(comparisons)
