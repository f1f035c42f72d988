import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import { verify } from 'zumo-jwt'

export const ISSUER = 'urn:microsoft:windows-azure:zumo'

export const seconds = () => Math.floor(Date.now() / 1000)

// ASCII as often as the rest, as JSON escapes characters there.
const character = fc.oneof(
  fc.string({ unit: 'binary-ascii', minLength: 1, maxLength: 1 }),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
)
export const text = (minLength, maxLength) => fc.string({ unit: character, minLength, maxLength })

export const masterKeys = fc.oneof(
  fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 80 }),
  fc.uint8Array({ minLength: 1, maxLength: 80 }),
)

/** Expiries after the end of this run, in seconds. */
export const expiries = fc.integer({ min: 3600, max: 1e9 }).map((ahead) => seconds() + ahead)

const SIGNATURE = 'ERR_ZUMO_JWT_SIGNATURE'
const MALFORMED = 'ERR_ZUMO_JWT_MALFORMED'
const EXPIRED = 'ERR_ZUMO_JWT_EXPIRED'
const NOT_ACTIVE = 'ERR_ZUMO_JWT_NOT_ACTIVE'
const SIGNATURE_OR_MALFORMED = /^ERR_ZUMO_JWT_(SIGNATURE|MALFORMED)$/

/** Kinds of invalid tokens: the name, the code, and how to make one where `key.sign(claims)` makes a valid one. */
export const INVALID = [
  ['signed with another key', SIGNATURE, ({ claims, otherKey }) => otherKey.sign(claims)],
  [
    "signed as the blog's code does from Node 6 on",
    SIGNATURE,
    ({ key, claims }) => {
      const signed = key.sign(claims).replace(/\.[^.]*$/, '')
      const misread = key.export().toString('latin1')
      return `${signed}.${createHmac('sha256', misread).update(signed).digest('base64url')}`
    },
  ],
  ['expired', EXPIRED, ({ key, claims }, index) => key.sign({ ...claims, exp: seconds() - 1 - index })],
  [
    'not active',
    NOT_ACTIVE,
    ({ key, claims }, index) => key.sign({ ...claims, nbf: seconds() + 400 + index }),
  ],
  [
    'claims with the signature of others',
    SIGNATURE,
    ({ key, claims }) => {
      const [header, payload] = key.sign(claims).split('.')
      const [, , signature] = key.sign({ ...claims, exp: claims.exp + 1 }).split('.')
      return `${header}.${payload}.${signature}`
    },
  ],
  [
    'unsigned, alg none',
    MALFORMED,
    ({ key, claims }) => {
      const [, payload] = key.sign(claims).split('.')
      return `${Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url')}.${payload}.`
    },
  ],
  ['cut short', SIGNATURE_OR_MALFORMED, ({ key, claims }, index) => key.sign(claims).slice(0, -1 - index)],
  ['random goop', MALFORMED, (_, index) => 'randomgoop'.repeat(index + 1)],
]

/** For each character of a token, the token with that character changed. */
export function tampered(token) {
  return Array.from(token, (character, at) => {
    return token.slice(0, at) + (character === 'A' ? 'B' : 'A') + token.slice(at + 1)
  })
}

/** The server rejects a token. Any other error means that the server failed. */
export class Rejection extends Error {}

export async function bothReject(theirs, token, key, options, code = SIGNATURE_OR_MALFORMED) {
  await assert.rejects(theirs, Rejection)
  assert.throws(() => verify(token, key, options), { name: 'ZumoJwtError', code })
}
