'use strict'

const assert = require('node:assert/strict')
const { describe, test } = require('node:test')
const { runInNewContext } = require('node:vm')
const fc = require('fast-check')
const { decode, sign, verify, zumoJwt, ZumoKey } = require('zumo-jwt')
const { HEADER, ISSUER, MASTER_KEY, NOW, SIGNING_KEY, SITE } = require('../helpers.js')
const { argumentError, claims, signRaw } = require('../helpers.js')

const SECONDS = NOW / 1000
const ours = { exp: SECONDS, aud: 'your-aud', uid: 'Custom:42' }
const site = { exp: SECONDS, sub: 'sid:42', iss: SITE, aud: SITE }
const appService = ZumoKey.fromSigningKey(SIGNING_KEY)
const text = (token) => Buffer.from(token.split('.')[1], 'base64url').toString()

describe('the tokens of sign', () => {
  test('equal those of an independent implementation, for every version and service', () => {
    const expected = signRaw(HEADER, claims({ exp: SECONDS }))
    for (const options of [undefined, {}, { version: 2 }]) {
      assert.equal(sign(ours, MASTER_KEY, options), expected)
    }
    const first = signRaw({ ...HEADER, kid: 0 }, claims({ exp: SECONDS + 0.007, ver: 1 }))
    const exp = new Date(NOW + 7)
    assert.equal(sign({ ...ours, exp }, MASTER_KEY, { version: 1 }), first)
    assert.equal(zumoJwt(exp, 'your-aud', 'Custom:42', MASTER_KEY), first)
    const ofSite = { sub: 'sid:42', ver: '3', iss: SITE, aud: SITE, exp: SECONDS }
    const bytes = Buffer.from(SIGNING_KEY, 'hex')
    assert.equal(sign(site, appService), signRaw({ typ: 'JWT', alg: 'HS256' }, ofSite, bytes))
  })

  test('have the registered claims in their order, then the others in the order given', () => {
    const token = sign({ z: 1, uid: 'u', id: 'i', aud: 'a', 7: 'seven', exp: 1, nbf: 0 }, MASTER_KEY)
    const expected = `{"exp":1,"iss":"${ISSUER}","ver":2,"aud":"a","uid":"u","7":"seven","z":1,"id":"i","nbf":0}`
    assert.equal(text(token), expected)
  })

  test('can be signed again from their verified claims', () => {
    const now = new Date(NOW - 1)
    const token = sign(ours, MASTER_KEY)
    assert.equal(sign(verify(token, MASTER_KEY, { now }).claims, MASTER_KEY), token)
    const other = sign(site, appService)
    const verified = appService.verify(other, { audience: SITE, issuer: SITE, now })
    assert.equal(sign(verified.claims, appService), other)
  })

  test('can be for any time and any audience', () => {
    for (const changes of [
      { exp: -1 },
      { exp: 1e11 - 1 },
      { nbf: 9e10 },
      { iat: 9e10 },
      { aud: '' },
      { aud: ['a', 'b'] },
    ]) {
      const token = sign({ ...ours, ...changes }, MASTER_KEY)
      assert.equal(token, signRaw(HEADER, claims({ exp: SECONDS, ...changes })))
    }
  })
})

describe('the claims of sign', () => {
  test('are written as JSON.stringify writes them', () => {
    const more = {
      date: new Date(0),
      custom: { toJSON: () => ({ custom: true }) },
      gone: undefined,
      fn() {},
      none: [undefined, Number.NaN],
      deeper: { exp: new Date(NOW) },
      '': -0,
      'ключ"\u2028': '\u007f/<',
    }
    const expected = JSON.stringify({ ...claims({ exp: SECONDS }), ...more })
    assert.equal(text(sign({ ...ours, ...more }, MASTER_KEY)), expected)
    const head = JSON.stringify(claims({ exp: SECONDS })).slice(0, -1)
    const names = fc.string({ unit: 'binary', maxLength: 8 })
    const values = fc.jsonValue({ stringUnit: 'binary' })
    fc.assert(
      fc.property(fc.dictionary(names, values), (members) => {
        for (const name of [...Object.keys(claims()), 'nbf', 'iat', '__proto__']) delete members[name]
        const others = JSON.stringify(members).slice(1, -1)
        const token = sign({ ...ours, ...members }, MASTER_KEY)
        assert.equal(text(token), `${head}${others && ','}${others}}`)
      }),
      { numRuns: 2000 },
    )
  })

  test('are those of toJSON() where the object has it, called once as JSON.stringify calls it', () => {
    const toJSON = (name) => {
      assert.equal(name, '')
      return { ...ours, toJSON: () => ({ ...ours, uid: 'not this' }) }
    }
    assert.equal(sign({ toJSON, exp: 'not this' }, MASTER_KEY), sign(ours, MASTER_KEY))
    const named = { ...ours, toJSON: 'a claim' }
    assert.equal(decode(sign({ toJSON: () => named }, MASTER_KEY)).claims.toJSON, 'a claim')
    for (const exp of [SECONDS, new Date(NOW), { valueOf: () => NOW }]) {
      const itself = { ...ours, exp }
      Object.defineProperty(itself, 'toJSON', { value: () => itself })
      for (const own of [{ password: 'secret', toJSON: () => ({ ...ours, exp }) }, itself]) {
        assert.equal(sign(own, MASTER_KEY), sign(ours, MASTER_KEY))
      }
    }
  })

  test('can have a Date or an object with valueOf() as exp, nbf and iat: whole seconds, with milliseconds in version 1', () => {
    const inRealm = runInNewContext(`new Date(${NOW + 999})`)
    for (const date of [new Date(NOW + 999), { valueOf: () => NOW + 999 }, inRealm])
      for (const name of ['exp', 'nbf', 'iat']) {
        const signed = (own, key, options) =>
          decode(sign({ ...own, [name]: date }, key, options)).claims[name]
        assert.equal(signed(ours, MASTER_KEY), SECONDS)
        assert.equal(signed(site, appService), SECONDS)
        assert.equal(signed(ours, MASTER_KEY, { version: 1 }), SECONDS + 0.999)
      }
    assert.equal(decode(sign({ ...ours, exp: new Date(-1) }, MASTER_KEY)).claims.exp, -1)
    assert.equal(sign({ ...ours, exp: new Number(SECONDS) }, MASTER_KEY), sign(ours, MASTER_KEY))
    const inherited = Object.assign(Object.create({ nbf: new Date(NOW) }), ours)
    assert.equal(sign(inherited, MASTER_KEY), sign(ours, MASTER_KEY))
  })

  test('stay unchanged', () => {
    const own = Object.freeze({ ...ours, exp: new Date(NOW) })
    sign(own, MASTER_KEY)
    assert.deepEqual(own, { ...ours, exp: new Date(NOW) })
  })

  test('that throw in JSON.stringify or a toJSON() throw the same in sign', () => {
    const circular = { ...ours }
    circular.own = circular
    const thrownBy = (call) => {
      try {
        call()
      } catch (error) {
        return error
      }
      assert.fail('nothing was thrown')
    }
    for (const value of [circular, { ...ours, big: 1n }, { ...ours, exp: 1n }]) {
      const { name, message } = thrownBy(() => JSON.stringify(value))
      assert.throws(() => sign(value, MASTER_KEY), { name, message })
    }
    for (const own of [new Error('my own'), Symbol('my own'), undefined]) {
      const toJSON = () => {
        throw own
      }
      for (const value of [{ toJSON }, { ...ours, more: { toJSON } }]) {
        assert.equal(
          thrownBy(() => sign(value, MASTER_KEY)),
          own,
        )
      }
    }
  })
})

const OBJECT = 'an object of JSON values without lone surrogates, at most 128 levels deep.'
const TO_JSON = 'an object whose toJSON() returns an object.'
const nested = (depth) => (depth === 0 ? {} : [nested(depth - 1)])

// One line for each rule. Where its limits are is tested in rust/.
describe('sign does not make what verify would reject', () => {
  for (const [changes, name, expected, key = MASTER_KEY] of [
    [{ exp: undefined }, 'claims.exp', 'a number of seconds or a Date.'],
    [{ exp: 'secret' }, 'claims.exp', 'a number of seconds or a Date.'],
    [{ exp: new Date(Number.NaN) }, 'claims.exp', 'a number of seconds or a Date.'],
    [{ nbf: null }, 'claims.nbf', 'absent, a number of seconds or a Date.'],
    [{ iat: 'secret' }, 'claims.iat', 'absent, a number of seconds or a Date.'],
    [{ aud: ['secret', 42] }, 'claims.aud', 'a string or a non-empty array of strings.'],
    [{ uid: 42 }, 'claims.uid', 'a non-empty string.'],
    [{ iss: 'secret' }, 'claims.iss', 'absent, as it is filled in.'],
    [{ ver: 1 }, 'claims.ver', 'absent, as it is filled in.'],
    [{ ...site, sub: '' }, 'claims.sub', 'a non-empty string.', appService],
    [{ ...site, iss: 42 }, 'claims.iss', 'a string.', appService],
    [{ ...site, ver: 3 }, 'claims.ver', 'absent, as it is filled in.', appService],
    [JSON.parse('{"__proto__":"secret"}'), 'claims.__proto__', 'absent.'],
    [{ more: 'secret\ud800' }, 'claims', OBJECT],
    [{ 'secret\udc00': 1 }, 'claims', OBJECT],
    [{ more: nested(127) }, 'claims', OBJECT],
    [{ toJSON: () => 'secret' }, 'claims', TO_JSON],
    [{ toJSON: () => [ours] }, 'claims', TO_JSON],
    [{ toJSON() {} }, 'claims', TO_JSON],
    [{ more: 'x'.repeat(49_000) }, 'claims', 'short enough for a token of at most 64 KiB.'],
    [{ exp: 'secret', more: 'x'.repeat(1e6) }, 'claims', 'short enough for a token of at most 64 KiB.'],
  ]) {
    test(`${name}: ${JSON.stringify(changes)?.slice(0, 60)}`, () => {
      const check = argumentError(
        name,
        'ERR_INVALID_ARG_VALUE',
        [MASTER_KEY, 'secret'],
        ` must be ${expected}`,
      )
      assert.throws(() => sign({ ...ours, ...changes }, key), check)
    })
  }

  test('a time in milliseconds', () => {
    for (const name of ['exp', 'nbf', 'iat']) {
      const check = argumentError(
        `claims.${name}`,
        'ERR_OUT_OF_RANGE',
        [],
        'not milliseconds: less than 1e11.',
      )
      assert.throws(() => sign({ ...ours, [name]: NOW }, MASTER_KEY), check)
    }
  })

  test('unknown versions, and a version with an App Service key', () => {
    for (const [own, key, version, expected] of [
      [ours, MASTER_KEY, 0, ' 1 or 2.'],
      [ours, MASTER_KEY, 1.5, ' 1 or 2.'],
      [site, appService, 2, ' absent where the key is an App Service key.'],
    ]) {
      const check = argumentError('options.version', 'ERR_INVALID_ARG_VALUE', [], expected)
      assert.throws(() => sign(own, key, { version }), check)
    }
  })
})
