'use strict'

const assert = require('node:assert/strict')
const { describe, test } = require('node:test')
const { inspect } = require('node:util')
const { sign, verify, ZumoKey } = require('zumo-jwt')
const { HEADER, MASTER_KEY, NOW, SIGNING_KEY, SITE } = require('../helpers.js')
const { argumentError, claims, derive, signRaw } = require('../helpers.js')

const key = ZumoKey.fromMasterKey(MASTER_KEY)
const ours = { exp: NOW / 1000, aud: 'your-aud', uid: 'Custom:42' }
const now = new Date(NOW - 1)

describe('ZumoKey', () => {
  test('derives the key as the service does, and exports a copy of it', () => {
    assert.deepEqual(key.export(), derive(MASTER_KEY))
    key.export().fill(0)
    assert.deepEqual(key.export(), derive(MASTER_KEY))
    assert.ok(Buffer.isBuffer(key.export()))
  })

  test('is, with { node6: true }, the key that the blog uses by mistake on Node.js 6 and newer', () => {
    const node6 = ZumoKey.fromMasterKey(MASTER_KEY, { node6: true })
    const bytes = Buffer.from(derive(MASTER_KEY).toString('latin1'))
    assert.deepEqual(node6.export(), bytes)
    const token = signRaw({ ...HEADER, kid: 0 }, claims({ exp: ours.exp, ver: 1 }), bytes)
    assert.equal(verify(token, [MASTER_KEY, node6], { now }).userId, 'Custom:42')
    assert.equal(node6.zumoJwt(NOW, 'your-aud', 'Custom:42'), token)
    assert.throws(() => verify(token, MASTER_KEY, { now }), { code: 'ERR_ZUMO_JWT_SIGNATURE' })
    assert.deepEqual(ZumoKey.fromMasterKey(MASTER_KEY, { node6: false }).export(), derive(MASTER_KEY))
  })

  test('takes a signing key as 64 hexadecimal digits in either case, or as bytes of any length', () => {
    const hex = Buffer.from(SIGNING_KEY, 'hex')
    assert.deepEqual(ZumoKey.fromSigningKey(SIGNING_KEY).export(), hex)
    assert.deepEqual(ZumoKey.fromSigningKey(SIGNING_KEY.toUpperCase()).export(), hex)
    for (const length of [1, 31, 32, 33, 64, 65, 100]) {
      const bytes = Buffer.from(Array.from({ length }, (_, at) => at + 1))
      const own = ZumoKey.fromSigningKey(bytes)
      assert.deepEqual(own.export(), bytes)
      const site = { sub: 'sid:42', ver: '3', iss: SITE, aud: SITE, exp: ours.exp }
      const token = own.sign(site)
      assert.equal(token, signRaw({ typ: 'JWT', alg: 'HS256' }, site, bytes))
      assert.equal(own.verify(token, { audience: SITE, issuer: SITE, now }).userId, 'sid:42')
    }
  })

  test('does not show its bytes', () => {
    const shown = [
      inspect(key, { showHidden: true, depth: 9 }),
      JSON.stringify({ ...key }),
      String(key),
      inspect(structuredClone(key)),
    ].join()
    const forms = ['hex', 'base64', 'base64url', 'latin1'].map((form) => derive(MASTER_KEY).toString(form))
    for (const form of [MASTER_KEY, ...forms]) assert.ok(!shown.includes(form))
    assert.equal(inspect(key), 'ZumoKey {}')
    assert.deepEqual(Reflect.ownKeys(key), [])
  })

  test('is created by its two static methods only', () => {
    for (const args of [[], [MASTER_KEY]]) {
      assert.throws(() => new ZumoKey(...args), {
        name: 'TypeError',
        code: 'ERR_ILLEGAL_CONSTRUCTOR',
        message: 'Use ZumoKey.fromMasterKey() or ZumoKey.fromSigningKey().',
      })
    }
    const check = argumentError('key', 'ERR_INVALID_ARG_TYPE')
    assert.throws(() => sign(ours, Object.create(ZumoKey.prototype)), check)
    assert.throws(() => ZumoKey.prototype.export.call({}), TypeError)
  })

  test('has a symbol by which other versions of the package know it too', () => {
    const symbol = Symbol.for('zumo-jwt.ZumoKey')
    assert.ok(key[symbol])
    const message = /^The "key" argument .* It is a ZumoKey of another copy of zumo-jwt\.$/
    assert.throws(() => sign(ours, { [symbol]: true }), { code: 'ERR_INVALID_ARG_TYPE', message })
  })

  test('for App Service neither makes nor verifies tokens of Mobile Services, even with the same bytes', () => {
    const site = ZumoKey.fromSigningKey(key.export())
    const check = argumentError('key', 'ERR_INVALID_ARG_VALUE', [], 'the key of a Mobile Service.')
    assert.throws(() => site.zumoJwt(0, 'a', 'u'), check)
    const options = { audience: 'your-aud', issuer: SITE, now }
    assert.throws(() => site.verify(sign(ours, key), options), { code: 'ERR_ZUMO_JWT_CLAIM', claim: 'sub' })
  })
})
