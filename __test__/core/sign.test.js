'use strict'

const assert = require('node:assert/strict')
const { describe, test } = require('node:test')
const { runInNewContext } = require('node:vm')
const fc = require('fast-check')
const { decode, sign, verify, zumoJwt, ZumoJwtError, ZumoKey } = require('zumo-jwt')
const {
  HEADER,
  ISSUER,
  MASTER_KEY,
  NOW,
  SIGNING_KEY,
  SITE,
  claims,
  signRaw,
  argumentError,
} = require('../helpers.js')

const SECONDS = NOW / 1000
const ours = { exp: SECONDS, aud: 'your-aud', uid: 'Custom:42' }
const site = { exp: SECONDS, sub: 'sid:42', iss: SITE, aud: SITE }
const appService = ZumoKey.fromSigningKey(SIGNING_KEY)
const text = (token) => Buffer.from(token.split('.')[1], 'base64url').toString()

describe('the tokens of sign', () => {
  test('equal those of an independent implementation, for every version and service', () => {
    assert.equal(sign(ours, MASTER_KEY), signRaw(HEADER, claims({ exp: SECONDS })))
    assert.equal(sign(ours, MASTER_KEY, { version: 2 }), sign(ours, MASTER_KEY))
    assert.equal(
      sign(ours, MASTER_KEY, { version: 1 }),
      signRaw({ ...HEADER, kid: 0 }, claims({ exp: SECONDS, ver: 1 })),
    )
    const expected = { sub: 'sid:42', ver: '3', iss: SITE, aud: SITE, exp: SECONDS }
    assert.equal(
      sign(site, appService),
      signRaw({ typ: 'JWT', alg: 'HS256' }, expected, Buffer.from(SIGNING_KEY, 'hex')),
    )
  })

  test('of version 1 equal those of zumoJwt', () => {
    const exp = new Date(NOW + 7)
    assert.equal(
      sign({ ...ours, exp }, MASTER_KEY, { version: 1 }),
      zumoJwt(exp, 'your-aud', 'Custom:42', MASTER_KEY),
    )
  })

  test('have the registered claims in their order, then the others in the order given', () => {
    const token = sign({ z: 1, uid: 'u', id: 'i', aud: 'a', 7: 'seven', exp: 1, nbf: 0 }, MASTER_KEY)
    assert.equal(
      text(token),
      `{"exp":1,"iss":"${ISSUER}","ver":2,"aud":"a","uid":"u","7":"seven","z":1,"id":"i","nbf":0}`,
    )
  })

  test('can be signed again from their verified claims', () => {
    const token = sign({ ...ours, exp: SECONDS + 1 }, MASTER_KEY)
    assert.equal(sign(verify(token, MASTER_KEY, { now: new Date(NOW) }).claims, MASTER_KEY), token)
    const other = sign({ ...site, exp: SECONDS + 1 }, appService)
    assert.equal(
      sign(appService.verify(other, { audience: SITE, issuer: SITE, now: new Date(NOW) }).claims, appService),
      other,
    )
  })

  test('can be valid only at another time than now', () => {
    for (const [times, now] of [
      [{ exp: 1 }, 0],
      [{ exp: 9_000_000_001, nbf: 9_000_000_000, iat: 9_000_000_000 }, 9_000_000_000_000],
    ]) {
      const token = sign({ ...ours, ...times }, MASTER_KEY)
      assert.throws(() => verify(token, MASTER_KEY), ZumoJwtError)
      assert.equal(verify(token, MASTER_KEY, { now: new Date(now) }).userId, 'Custom:42')
    }
  })

  test('can have several audiences', () => {
    const token = sign({ ...ours, exp: SECONDS + 1, aud: ['a', 'b'] }, MASTER_KEY)
    assert.equal(verify(token, MASTER_KEY, { audience: 'b', now: new Date(NOW) }).userId, 'Custom:42')
  })
})

describe('the claims of sign', () => {
  test('are written as JSON.stringify writes them', () => {
    class Custom {
      toJSON() {
        return { custom: true }
      }
    }
    const more = {
      date: new Date(0),
      custom: new Custom(),
      gone: undefined,
      fn() {},
      none: [undefined, Number.NaN],
      '': -0,
      'ключ"\u2028': '\u007f/<',
    }
    assert.equal(
      text(sign({ ...ours, more }, MASTER_KEY)),
      JSON.stringify({ ...claims({ exp: SECONDS }), more }),
    )
    fc.assert(
      fc.property(
        fc.dictionary(fc.string({ unit: 'binary', maxLength: 8 }), fc.jsonValue({ stringUnit: 'binary' })),
        (members) => {
          for (const name of ['exp', 'iss', 'ver', 'aud', 'uid', 'nbf', 'iat', '__proto__'])
            delete members[name]
          const head = JSON.stringify(claims({ exp: SECONDS })).slice(0, -1)
          const tail = JSON.stringify(members).slice(1)
          assert.equal(
            text(sign({ ...ours, ...members }, MASTER_KEY)),
            tail === '}' ? `${head}}` : `${head},${tail}`,
          )
        },
      ),
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
  })

  test('of other names keep Dates as JSON.stringify writes them', () => {
    const more = { auth_time: new Date(NOW), undefined: new Date(NOW), deeper: { exp: new Date(NOW) } }
    const expected = JSON.stringify({ ...claims({ exp: SECONDS }), ...more })
    assert.equal(text(sign({ ...ours, ...more }, MASTER_KEY)), expected)
  })

  test('can have a Date or an object with valueOf() as exp, nbf and iat: whole seconds, with milliseconds in version 1', () => {
    for (const date of [
      new Date(NOW + 999),
      { valueOf: () => NOW + 999 },
      runInNewContext(`new Date(${NOW + 999})`),
    ])
      for (const name of ['exp', 'nbf', 'iat']) {
        assert.equal(JSON.parse(text(sign({ ...ours, [name]: date }, MASTER_KEY)))[name], SECONDS)
        assert.equal(JSON.parse(text(sign({ ...site, [name]: date }, appService)))[name], SECONDS)
        assert.equal(
          JSON.parse(text(sign({ ...ours, [name]: date }, MASTER_KEY, { version: 1 })))[name],
          SECONDS + 0.999,
        )
      }
    const before = new Date(-1)
    assert.equal(JSON.parse(text(sign({ ...ours, exp: before }, MASTER_KEY))).exp, -1)
  })

  test('give the same token with a Date as with a number where toJSON() makes them', () => {
    class Account {
      password = 'secret'
      constructor(exp) {
        this.exp = exp
      }
      toJSON() {
        return { ...ours, exp: this.exp }
      }
    }
    const tokens = [SECONDS, new Date(NOW), { valueOf: () => NOW }].map((exp) =>
      sign(new Account(exp), MASTER_KEY),
    )
    assert.deepEqual(tokens, Array(3).fill(sign(ours, MASTER_KEY)))
    class OwnAgain extends Account {
      toJSON() {
        return this
      }
    }
    assert.equal(
      sign(Object.assign(new OwnAgain(new Date(NOW)), { aud: 'a', uid: 'u' }), MASTER_KEY),
      sign(Object.assign(new OwnAgain(SECONDS), { aud: 'a', uid: 'u' }), MASTER_KEY),
    )
  })

  test('can have a Number object as exp', () => {
    assert.equal(sign({ ...ours, exp: new Number(SECONDS) }, MASTER_KEY), sign(ours, MASTER_KEY))
  })

  test('keep the text that JSON.stringify writes for a number', () => {
    const big = { toJSON: () => JSON.rawJSON?.('9007199254740993') ?? 0 }
    const own = { ...ours, big }
    assert.equal(text(sign(own, MASTER_KEY)).split('"big":')[1], JSON.stringify({ big }).split(':')[1])
  })

  test('stay unchanged', () => {
    const own = Object.freeze({ ...ours, exp: new Date(NOW) })
    sign(own, MASTER_KEY)
    assert.deepEqual(own, { ...ours, exp: new Date(NOW) })
  })
})

function thrownBy(call) {
  try {
    call()
  } catch (error) {
    return error
  }
  assert.fail('nothing was thrown')
}

describe('sign does not accept what verify would reject', () => {
  const SECRETS = [MASTER_KEY, 'secret']
  /** Asserts that a change makes claims invalid, with an error that names the claim. */
  const assertInvalid = (changes, name, key = MASTER_KEY, own = ours) =>
    assert.throws(
      () => sign({ ...own, ...changes }, key),
      argumentError(name, 'ERR_INVALID_ARG_VALUE', SECRETS),
    )

  test('an exp that is not a time', () => {
    for (const exp of [
      undefined,
      null,
      Number.NaN,
      Infinity,
      'secret',
      String(SECONDS),
      new Date(Number.NaN),
      {},
    ])
      assertInvalid({ exp }, 'claims.exp')
  })

  test('a time in milliseconds', () => {
    for (const name of ['exp', 'nbf', 'iat']) {
      for (const ms of [NOW, 1e11, 1e300]) {
        assert.throws(
          () => sign({ ...ours, [name]: ms }, MASTER_KEY),
          argumentError(`claims.${name}`, 'ERR_OUT_OF_RANGE', SECRETS),
        )
      }
      assert.ok(sign({ ...ours, [name]: 1e11 - 1 }, MASTER_KEY))
    }
    assert.throws(
      () => sign({ ...ours, exp: NOW }, MASTER_KEY),
      /must be a number of seconds, not milliseconds/,
    )
  })

  test('claims for a token of more than 64 KiB', () => {
    const size = (length) => ({ ...ours, more: 'x'.repeat(length) })
    const fits = 48_900
    assert.equal(
      verify(sign({ ...size(fits), exp: SECONDS + 1 }, MASTER_KEY), MASTER_KEY, { now: new Date(NOW) })
        .userId,
      'Custom:42',
    )
    assert.throws(
      () => sign(size(fits + 200), MASTER_KEY),
      argumentError('claims', 'ERR_INVALID_ARG_VALUE', SECRETS),
    )
    assert.throws(
      () => sign(size(1e6), MASTER_KEY),
      argumentError('claims', 'ERR_INVALID_ARG_VALUE', SECRETS),
    )
  })

  test('an nbf or iat that is not a time', () => {
    for (const name of ['nbf', 'iat']) {
      for (const value of [null, Number.NaN, 'secret', new Date(Number.NaN)])
        assertInvalid({ [name]: value }, `claims.${name}`)
    }
  })

  test('an aud that is not one or more strings', () => {
    for (const aud of [undefined, null, 42, {}, [], ['secret', 42]]) assertInvalid({ aud }, 'claims.aud')
  })

  test('a uid, or with an App Service key a sub, that is not a non-empty string', () => {
    for (const value of [undefined, null, '', 42, ['secret']]) {
      assertInvalid({ uid: value }, 'claims.uid')
      assertInvalid({ sub: value }, 'claims.sub', appService, site)
    }
  })

  test('an iss or ver that differs from what sign adds', () => {
    for (const iss of ['secret', null, 42]) assertInvalid({ iss }, 'claims.iss')
    for (const ver of [1, 3, '2', null]) assertInvalid({ ver }, 'claims.ver')
    for (const ver of [1, 3, '2', null]) assertInvalid({ ver }, 'claims.ver', appService, site)
    for (const iss of [undefined, null, 42]) assertInvalid({ iss }, 'claims.iss', appService, site)
  })

  test('but any time and any audience is accepted', () => {
    for (const changes of [{ exp: 1 }, { nbf: 2 * SECONDS }, { iat: 2 * SECONDS }, { aud: '' }]) {
      const token = sign({ ...ours, ...changes }, MASTER_KEY)
      assert.equal(token, signRaw(HEADER, claims({ exp: SECONDS, ...changes })))
    }
  })

  test('a claim named __proto__', () => {
    assertInvalid(JSON.parse('{"__proto__":"secret"}'), 'claims.__proto__')
    assertInvalid(JSON.parse('{"__proto__":{"secret":1}}'), 'claims.__proto__')
  })

  test('lone surrogates and more than 128 levels', () => {
    assertInvalid({ more: 'secret\ud800' }, 'claims')
    assertInvalid({ 'secret\udc00': 1 }, 'claims')
    const nested = (depth) => (depth === 0 ? {} : [nested(depth - 1)])
    assert.ok(sign({ ...ours, more: nested(126) }, MASTER_KEY))
    assertInvalid({ more: nested(127) }, 'claims')
  })

  test('an object that JSON.stringify does not write as an object', () => {
    for (const value of [new Date(), { toJSON: () => 'secret' }, { toJSON: () => [ours] }, { toJSON() {} }]) {
      assert.throws(() => sign(value, MASTER_KEY), argumentError('claims', 'ERR_INVALID_ARG_VALUE', SECRETS))
    }
  })

  test('what JSON.stringify or a toJSON() throws reaches the caller unchanged', () => {
    const circular = { ...ours }
    circular.own = circular
    const endless = { toJSON: () => ({ endless }) }
    for (const value of [circular, { ...ours, big: 1n }, { ...ours, exp: 1n }, { ...ours, endless }]) {
      const { name, message } = thrownBy(() => JSON.stringify(value))
      assert.throws(() => sign(value, MASTER_KEY), { name, message })
    }
    for (const own of [new Error('my own'), Symbol('my own'), undefined]) {
      const toJSON = () => {
        throw own
      }
      assert.equal(
        thrownBy(() => sign({ ...ours, more: { toJSON } }, MASTER_KEY)),
        own,
      )
    }
  })

  test('unknown versions, and a version with an App Service key', () => {
    for (const version of [0, 3, 1.5]) {
      assert.throws(
        () => sign(ours, MASTER_KEY, { version }),
        argumentError('options.version', 'ERR_INVALID_ARG_VALUE'),
      )
    }
    for (const version of [1, 2, 3]) {
      assert.throws(
        () => sign(site, appService, { version }),
        argumentError('options.version', 'ERR_INVALID_ARG_VALUE'),
      )
    }
    assert.throws(
      () => sign(ours, MASTER_KEY, { expiresIn: 1 }),
      argumentError('options.expiresIn', 'ERR_INVALID_ARG_VALUE'),
    )
  })
})
