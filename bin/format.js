'use strict'

const { decode } = require('../index.js')

// What the command line has to know of the format itself. Everything else it asks verify() and decode().

const ISSUER = 'urn:microsoft:windows-azure:zumo'
const TIME_CLAIMS = ['exp', 'nbf', 'iat']

/** The length of a signature in base64url, by the hash of its HMAC, or by its algorithm. */
const SIGNATURE_LENGTHS = new Map(Object.entries({ sha256: 43, sha384: 64, sha512: 86, RS256: 342 }))

/** The hash of an HMAC algorithm, in any spelling: `HS256`, `HmacSHA256`, .NET's `http://…#hmac-sha256`. */
function hashOf(alg) {
  const [, bits] = /^(?:https?:\S*#)?(?:hs|(?:hmac[-_ ]?)?sha|hmac)[-_ ]?(256|384|512)\s*$/i.exec(alg) ?? []
  return bits && `sha${bits}`
}

/** A signature of which the hex digits were written, also in base64 or with dashes; else undefined. */
function hexSignature(signature) {
  // The longest is that of HS512, in base64.
  if (signature.length > 200) return undefined
  const texts = [signature, Buffer.from(signature, 'base64url').toString('latin1')]
  const digits = texts.find((text) => /^(?:[\da-f]{2}-?){32,}$/i.test(text))
  return digits && Buffer.from(digits.replaceAll('-', ''), 'hex').toString('base64url')
}

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
  hashOf,
  hexSignature,
  isMilliseconds,
  readContents,
  toBase64url,
  tryDecode,
  whyMalformed,
}
