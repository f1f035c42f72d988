'use strict'

const assert = require('node:assert/strict')
const { test } = require('node:test')
const fc = require('fast-check')
const { zumoJwt } = require('zumo-jwt')
const { ISSUER, MASTER_KEY, argumentError, derive, entryPoints, signRaw } = require('../helpers.js')
const { vectors, wrongOnModernNode } = require('../vectors/zumo-jwt-v1.json')

/** The blog's function with its key read as bytes, on node:crypto and JSON.stringify(). */
function reference(expiryMs, aud, userId, masterKey) {
  const claims = { exp: expiryMs / 1000, iss: ISSUER, ver: 1, aud, uid: userId }
  return signRaw({ alg: 'HS256', typ: 'JWT', kid: 0 }, claims, derive(masterKey))
}

test('the golden tokens are made byte for byte through every entry point, with every type of expiry and key', async () => {
  const entries = await entryPoints()
  assert.deepEqual([vectors.length, entries.length], [64, 4])
  for (const { expiryMs, aud, userId, masterKey, token, note } of vectors) {
    for (const entry of entries) {
      for (const expiry of [expiryMs, new Date(expiryMs), { valueOf: () => expiryMs }]) {
        for (const key of [masterKey, Buffer.from(masterKey), new Uint8Array(Buffer.from(masterKey))]) {
          assert.equal(entry.zumoJwt(expiry, aud, userId, key), token, `${note}, ${entry.name}`)
        }
      }
    }
  }
})

test("the golden tokens differ from what the blog's function makes on Node.js 6 and later", () => {
  const [{ expiryMs, aud, userId, masterKey }] = vectors
  const token = zumoJwt(expiryMs, aud, userId, masterKey)
  const wrong = wrongOnModernNode.token
  assert.equal(wrong.slice(0, wrong.lastIndexOf('.')), token.slice(0, token.lastIndexOf('.')))
  assert.notEqual(wrong, token)
})

test('random arguments give the token of an independent implementation', () => {
  const text = fc.string({ unit: 'binary', maxLength: 40 })
  const time = fc.oneof(
    fc.integer({ min: -8.64e15, max: 8.64e15 }),
    fc.double({ min: -8.64e15, max: 8.64e15, noNaN: true }),
    fc.double({ min: -1, max: 1, noNaN: true }),
  )
  const key = fc.oneof(
    fc.string({ unit: 'binary-ascii', minLength: 1, maxLength: 80 }),
    fc.uint8Array({ minLength: 1, maxLength: 80 }),
  )
  const userId = fc.string({ unit: 'binary', minLength: 1, maxLength: 40 })
  fc.assert(
    fc.property(time, text, userId, key, (expiry, aud, user, masterKey) => {
      assert.equal(zumoJwt(expiry, aud, user, masterKey), reference(expiry, aud, user, masterKey))
    }),
    { numRuns: 20_000 },
  )
})

test('long text gives the token of an independent implementation, with lengths around the size of a buffer', () => {
  for (let length = 4070; length < 4120; length++) {
    for (const character of ['x', 'é', '中', '😀', '"', '\u0001']) {
      const user = 'a'.repeat(length % 5) + character.repeat(length / Buffer.byteLength(character))
      const key = user.replace(/[^ -~]/g, 'k')
      assert.equal(zumoJwt(0, user, 'u', key), reference(0, user, 'u', key))
      assert.equal(zumoJwt(0, 'a', user, key), reference(0, 'a', user, key))
    }
  }
  const long = '😀'.repeat(6000)
  assert.equal(zumoJwt(1, long, long, MASTER_KEY), reference(1, long, long, MASTER_KEY))
})

test('an expiry in the range of Date is accepted, and none beyond', () => {
  const check = argumentError('expiry', 'ERR_OUT_OF_RANGE')
  for (const expiry of [8.64e15 + 2, -8.64e15 - 2, Number.MAX_VALUE, -Infinity]) {
    assert.throws(() => zumoJwt(expiry, 'a', 'u', MASTER_KEY), check)
  }
  for (const expiry of [8.64e15, -8.64e15]) {
    assert.equal(zumoJwt(expiry, 'a', 'u', MASTER_KEY), reference(expiry, 'a', 'u', MASTER_KEY))
  }
})

test('what valueOf() of an expiry throws reaches the caller', () => {
  const own = new Error('my own')
  const throws = () => {
    throw own
  }
  assert.throws(() => zumoJwt({ valueOf: throws }, 'a', 'u', MASTER_KEY), own)
})

test('the replacement character is a character as any other', () => {
  assert.equal(zumoJwt(0, 'a', '\ufffd', MASTER_KEY), reference(0, 'a', '\ufffd', MASTER_KEY))
})

test('a master key can be any bytes, part of a larger buffer, and in shared memory', () => {
  const bytes = Buffer.from('beforeŁafter')
  const shared = new Uint8Array(new SharedArrayBuffer(bytes.length))
  shared.set(bytes)
  for (const masterKey of [bytes, bytes.subarray(6, 8), shared]) {
    assert.equal(zumoJwt(0, 'a', 'u', masterKey), reference(0, 'a', 'u', masterKey))
  }
})
