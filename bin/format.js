'use strict'

const { decode } = require('../index.js')

// What the command line has to know of the format itself. Everything else it asks verify() and decode().

const ISSUER = 'urn:microsoft:windows-azure:zumo'
const TIME_CLAIMS = ['exp', 'nbf', 'iat']

/** The length of a signature in base64url, by algorithm. */
const SIGNATURE_LENGTHS = new Map(Object.entries({ HS256: 43, HS384: 64, HS512: 86, RS256: 342 }))

/** Whether a time is too large for a number of seconds: sign() refuses it. */
function isMilliseconds(time) {
  return typeof time === 'number' && time >= 1e11
}

/** Base64 as base64url without padding. */
function toBase64url(token) {
  return token.replaceAll('=', '').replaceAll('+', '-').replaceAll('/', '_')
}

function tryDecode(text) {
  try {
    return decode(text)
  } catch {
    return undefined
  }
}

/** Header and claims, if they can be read: also with no signature, and in base64 of another alphabet. */
function readContents(token) {
  const [head, body] = toBase64url(token).split('.', 2)
  return tryDecode(`${head}.${body}.AA`)
}

/** Why a text that decode() refuses is not a token. */
function whyMalformed(text) {
  if (text === undefined) return 'There is no token in this text.'
  if (text.length > 64 * 1024) return 'It is not a token: it is longer than 64 KiB.'
  const parts = text.split('.')
  if (parts.length !== 3) {
    return `It is not a whole token: a token has 3 parts between dots, and this has ${parts.length}.`
  }
  for (const [at, name] of ['header', 'claims', 'signature'].entries()) {
    const bytes = Buffer.from(parts[at], 'base64url')
    if (bytes.length > 0 && bytes.toString('base64url') === parts[at]) continue
    const mistake = parts[at] === '' ? 'empty' : 'not base64url'
    return `It is not a token, or was cut or changed: the part for the ${name} is ${mistake}.`
  }
  return 'It is not a token, or was cut or changed: its header and claims are not two JSON objects, each name once.'
}

module.exports = {
  ISSUER,
  SIGNATURE_LENGTHS,
  TIME_CLAIMS,
  isMilliseconds,
  readContents,
  toBase64url,
  tryDecode,
  whyMalformed,
}
