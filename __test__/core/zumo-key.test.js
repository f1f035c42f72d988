'use strict'

const assert = require('node:assert/strict')
const { describe, test } = require('node:test')
const { inspect } = require('node:util')
const { Worker } = require('node:worker_threads')
const { sign, verify, ZumoKey } = require('zumo-jwt')
const { HEADER, MASTER_KEY, NOW, SIGNING_KEY, SITE } = require('../helpers.js')
const { argumentError, claims, derive, signRaw } = require('../helpers.js')

const key = ZumoKey.fromMasterKey(MASTER_KEY)
const ours = { exp: NOW / 1000, aud: 'your-aud', uid: 'Custom:42' }

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
    assert.notDeepEqual(bytes, derive(MASTER_KEY))
    const token = signRaw({ ...HEADER, kid: 0 }, claims({ ver: 1 }), bytes)
    const now = new Date(NOW)
    assert.equal(verify(token, [MASTER_KEY, node6], { now }).userId, 'Custom:42')
    assert.equal(node6.zumoJwt(NOW + 3_600_000, 'your-aud', 'Custom:42'), token)
    assert.throws(() => verify(token, MASTER_KEY, { now }), { code: 'ERR_ZUMO_JWT_SIGNATURE' })
    assert.deepEqual(ZumoKey.fromMasterKey(MASTER_KEY, { node6: false }).export(), derive(MASTER_KEY))
  })

  test('accepts a signing key as 64 hexadecimal digits in either case, or as bytes of any length but none', () => {
    const exp = NOW / 1000 + 1
    const expected = { audience: SITE, issuer: SITE }
    const now = new Date(NOW)
    const hex = Buffer.from(SIGNING_KEY, 'hex')
    for (const own of [SIGNING_KEY, SIGNING_KEY.toUpperCase(), hex, new Uint8Array(hex)]) {
      assert.deepEqual(ZumoKey.fromSigningKey(own).export(), hex)
    }
    for (const length of [1, 31, 32, 33, 64, 65, 100]) {
      const bytes = Buffer.from(Array.from({ length }, (_, at) => at + 1))
      const key = ZumoKey.fromSigningKey(bytes)
      assert.deepEqual(key.export(), bytes)
      const token = key.sign({ sub: 'sid:42', iss: SITE, aud: SITE, exp })
      const ordered = { sub: 'sid:42', ver: '3', iss: SITE, aud: SITE, exp }
      assert.equal(token, signRaw({ typ: 'JWT', alg: 'HS256' }, ordered, bytes))
      assert.equal(key.verify(token, { ...expected, now }).userId, 'sid:42')
    }
  })

  test('does not accept a signing key of other text, or of no bytes, and says how to give others', () => {
    for (const own of [
      '',
      'a passphrase',
      SIGNING_KEY.slice(2),
      `${SIGNING_KEY}0`,
      SIGNING_KEY.replace('6', 'g'),
      ` ${SIGNING_KEY.slice(1)}`,
      Buffer.from(SIGNING_KEY, 'hex').toString('base64'),
      'é'.repeat(32),
    ]) {
      assert.throws(
        () => ZumoKey.fromSigningKey(own),
        argumentError(
          'signingKey',
          'ERR_INVALID_ARG_VALUE',
          ['passphrase', SIGNING_KEY.slice(2)],
          'Buffer.from(secret) of any text.',
        ),
      )
    }
    assert.throws(
      () => ZumoKey.fromSigningKey(new Uint8Array()),
      argumentError('signingKey', 'ERR_INVALID_ARG_VALUE', [], 'non-empty.'),
    )
  })

  test('does not show its bytes', () => {
    const shown = [
      inspect(key),
      inspect(key, { showHidden: true, depth: 9 }),
      JSON.stringify(key),
      String(key),
      JSON.stringify({ ...key }),
      inspect(structuredClone(key)),
    ]
    for (const text of shown) {
      for (const form of [
        MASTER_KEY,
        ...['hex', 'base64', 'base64url'].map((own) => derive(MASTER_KEY).toString(own)),
      ]) {
        assert.ok(!text.includes(form))
      }
    }
    assert.equal(inspect(key), 'ZumoKey {}')
    assert.deepEqual(Reflect.ownKeys(key), [])
  })

  test('is created by its two static methods only', () => {
    const expected = {
      name: 'TypeError',
      code: 'ERR_ILLEGAL_CONSTRUCTOR',
      message: 'Use ZumoKey.fromMasterKey() or ZumoKey.fromSigningKey().',
    }
    assert.throws(() => new ZumoKey(), expected)
    assert.throws(
      () => new ZumoKey(MASTER_KEY),
      (error) => {
        assert.deepEqual(Object.keys(error), ['code'])
        return true
      },
    )
    assert.throws(
      () => sign(ours, Object.create(ZumoKey.prototype)),
      argumentError('key', 'ERR_INVALID_ARG_TYPE'),
    )
    assert.throws(() => ZumoKey.prototype.export.call({}), TypeError)
  })

  test('has a symbol by which other versions of the package know it too', () => {
    const symbol = Symbol.for('zumo-jwt.ZumoKey')
    assert.ok(key[symbol])
    const message = /^The "key" argument .* It is a ZumoKey of another copy of zumo-jwt\.$/
    assert.throws(() => sign(ours, { [symbol]: true }), { code: 'ERR_INVALID_ARG_TYPE', message })
  })

  test('for App Service does not make tokens with zumoJwt', () => {
    assert.throws(
      () => ZumoKey.fromSigningKey(SIGNING_KEY).zumoJwt(0, 'a', 'u'),
      argumentError('key', 'ERR_INVALID_ARG_VALUE'),
    )
  })

  test('for App Service does not verify tokens of Mobile Services, even with the same bytes', () => {
    const site = ZumoKey.fromSigningKey(key.export())
    const token = sign({ ...ours, exp: NOW / 1000 + 1 }, key)
    assert.throws(() => site.verify(token, { audience: 'your-aud', issuer: SITE, now: new Date(NOW) }), {
      code: 'ERR_ZUMO_JWT_CLAIM',
    })
  })

  test('can be created 20,000 times', () => {
    const keys = Array.from({ length: 20_000 }, (_, at) => ZumoKey.fromMasterKey(`key ${at}`))
    assert.deepEqual(keys.at(-1).export(), derive('key 19999'))
  })
})

test('worker threads mint and verify with keys of their own', async () => {
  const source = `
    const { parentPort } = require('node:worker_threads')
    const { verify, ZumoKey } = require('zumo-jwt')
    const token = ZumoKey.fromMasterKey('key').zumoJwt(${NOW}, 'a', 'Custom:worker')
    parentPort.postMessage(verify(token, 'key', { now: new Date(0) }).userId)`
  const users = Array.from({ length: 4 }, () => {
    const worker = new Worker(source, { eval: true })
    return new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject))
  })
  assert.deepEqual(await Promise.all(users), Array(4).fill('Custom:worker'))
})
