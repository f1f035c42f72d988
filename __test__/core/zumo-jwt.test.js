'use strict'

const assert = require('node:assert/strict')
const { before, describe, test } = require('node:test')
const fc = require('fast-check')
const { zumoJwt } = require('zumo-jwt')
const { ISSUER, MASTER_KEY, argumentError, derive, entryPoints, signRaw } = require('../helpers.js')
const { vectors, wrongOnModernNode } = require('../vectors/zumo-jwt-v1.json')

/** The blog's function with its key read as bytes, on node:crypto and JSON.stringify(). */
function reference(expiryMs, aud, userId, masterKey) {
  const claims = { exp: expiryMs / 1000, iss: ISSUER, ver: 1, aud, uid: userId }
  return signRaw({ alg: 'HS256', typ: 'JWT', kid: 0 }, claims, derive(masterKey))
}

describe('the golden tokens', () => {
  let entries
  before(async () => {
    entries = await entryPoints()
  })

  test('are made byte for byte through every entry point, with every type of expiry and key', () => {
    assert.equal(vectors.length, 64)
    assert.equal(entries.length, 4)
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

  test("differ from what the blog's function makes on Node.js 6 and later", () => {
    const [{ expiryMs, aud, userId, masterKey }] = vectors
    const token = zumoJwt(expiryMs, aud, userId, masterKey)
    const wrong = wrongOnModernNode.token
    assert.equal(wrong.slice(0, wrong.lastIndexOf('.')), token.slice(0, token.lastIndexOf('.')))
    assert.notEqual(wrong, token)
  })
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

describe('the arguments of zumoJwt', () => {
  const SECRETS = [MASTER_KEY, 'secret']
  const mint = ({ expiry = 0, aud = 'secret-aud', userId = 'secret-user', masterKey = MASTER_KEY }) =>
    zumoJwt(expiry, aud, userId, masterKey)
  const assertInvalid = (args, name, code) =>
    assert.throws(() => mint(args), argumentError(name, code, SECRETS))

  test('the arguments that these tests change are accepted', () => {
    assert.equal(mint({}).split('.').length, 3)
  })

  test('an expiry in the range of Date is accepted, and none beyond', () => {
    for (const expiry of [8.64e15 + 2, -8.64e15 - 2, Number.MAX_VALUE, -Infinity]) {
      assertInvalid({ expiry }, 'expiry', 'ERR_OUT_OF_RANGE')
    }
    assert.equal(mint({ expiry: 8.64e15 }), mint({ expiry: new Date(8.64e15) }))
    assert.equal(mint({ expiry: -8.64e15 }), mint({ expiry: new Date(-8.64e15) }))
  })

  test('an expiry whose valueOf() throws or returns no number', () => {
    const own = new Error('my own')
    const hostile = () => {
      throw own
    }
    assert.throws(() => mint({ expiry: { valueOf: hostile } }), own)
    assertInvalid({ expiry: { valueOf: () => 'secret' } }, 'expiry', 'ERR_INVALID_ARG_TYPE')
    assertInvalid({ expiry: { valueOf: () => ({ secret: 1 }) } }, 'expiry', 'ERR_INVALID_ARG_TYPE')
  })

  test('an Instant of Temporal', { skip: globalThis.Temporal === undefined }, () => {
    assertInvalid({ expiry: globalThis.Temporal?.Now.instant() }, 'expiry', 'ERR_INVALID_ARG_TYPE')
  })

  test('text with lone surrogates is not accepted, with the replacement character it is', () => {
    for (const lone of [
      '\ud800',
      '\udfff',
      'secret\ud83d',
      '\ude00secret',
      '\ufffd\ud800',
      `${'😀'.repeat(600)}\ud800`,
    ]) {
      assertInvalid({ aud: lone }, 'aud', 'ERR_INVALID_ARG_VALUE')
      assertInvalid({ userId: lone }, 'userId', 'ERR_INVALID_ARG_VALUE')
    }
    assert.equal(mint({ userId: '\ufffd' }), reference(0, 'secret-aud', '\ufffd', MASTER_KEY))
  })

  test('a master key can be any bytes', () => {
    const bytes = Buffer.from('secretŁ')
    assert.equal(mint({ masterKey: bytes }), reference(0, 'secret-aud', 'secret-user', bytes))
    assertInvalid({ masterKey: '\u0080' }, 'masterKey', 'ERR_INVALID_ARG_VALUE')
  })

  test('a master key can be part of a larger buffer, and in shared memory', () => {
    const pool = Buffer.from(`before${MASTER_KEY}after`)
    const expected = mint({})
    assert.equal(mint({ masterKey: pool.subarray(6, 38) }), expected)
    const shared = new Uint8Array(new SharedArrayBuffer(32))
    shared.set(Buffer.from(MASTER_KEY))
    assert.equal(mint({ masterKey: shared }), expected)
  })

  test('the first missing argument is named, and said to be undefined', () => {
    for (const [args, name, expected] of [
      [[], 'expiry', 'a Date, a number of milliseconds, or an object whose valueOf() gives one'],
      [[0], 'aud', 'a string'],
      [[0, 'a'], 'userId', 'a string'],
      [[0, 'a', 'u'], 'masterKey', 'a string or a Uint8Array'],
    ]) {
      const message = `The "${name}" argument must be ${expected}. It is undefined.`
      assert.throws(() => zumoJwt(...args), { message })
    }
  })
})
