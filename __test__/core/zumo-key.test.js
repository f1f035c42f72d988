'use strict'

const assert = require('node:assert/strict')
const { describe, test } = require('node:test')
const { inspect } = require('node:util')
const { Worker } = require('node:worker_threads')
const { sign, ZumoKey } = require('zumo-jwt')
const { MASTER_KEY, NOW, SIGNING_KEY, SITE, derive, argumentError } = require('../helpers.js')

const key = ZumoKey.fromMasterKey(MASTER_KEY)
const ours = { exp: NOW / 1000, aud: 'your-aud', uid: 'Custom:42' }
const SECRETS = [MASTER_KEY, SIGNING_KEY, 'secret']

describe('ZumoKey', () => {
  test('derives the key as the service does, and exports a copy of it', () => {
    assert.deepEqual(key.export(), derive(MASTER_KEY))
    key.export().fill(0)
    assert.deepEqual(key.export(), derive(MASTER_KEY))
    assert.ok(Buffer.isBuffer(key.export()))
  })

  test('accepts a signing key as hexadecimal digits in either case, or as bytes', () => {
    const bytes = Buffer.from(SIGNING_KEY, 'hex')
    for (const own of [SIGNING_KEY, SIGNING_KEY.toUpperCase(), bytes, new Uint8Array(bytes)]) {
      assert.deepEqual(ZumoKey.fromSigningKey(own).export(), bytes)
    }
  })

  test('does not accept a signing key of another length or with other characters', () => {
    const texts = [
      '',
      'secret',
      SIGNING_KEY.slice(1),
      SIGNING_KEY.slice(2),
      `${SIGNING_KEY}0`,
      `${SIGNING_KEY}00`,
      SIGNING_KEY.replace('6', 'g'),
      ` ${SIGNING_KEY.slice(1)}`,
      `0x${SIGNING_KEY.slice(2)}`,
      'é'.repeat(32),
    ]
    for (const own of [
      ...texts,
      new Uint8Array(),
      new Uint8Array(31),
      new Uint8Array(33),
      new Uint8Array(64),
    ]) {
      assert.throws(
        () => ZumoKey.fromSigningKey(own),
        argumentError('signingKey', 'ERR_INVALID_ARG_VALUE', SECRETS),
      )
    }
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
