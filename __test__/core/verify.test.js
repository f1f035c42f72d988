'use strict'

const assert = require('node:assert/strict')
const { before, describe, test } = require('node:test')
const { runInNewContext } = require('node:vm')
const { decode, sign, verify, zumoJwt, ZumoJwtError, ZumoKey } = require('zumo-jwt')
const { HEADER, ISSUER, MASTER_KEY, NOW, SIGNING_KEY, SITE } = require('../helpers.js')
const { argumentError, claims, entryPoints, signRaw, signText, verifyNow } = require('../helpers.js')

const SECONDS = NOW / 1000
const now = new Date(NOW)

const withClaim = (name, value) => signRaw(HEADER, claims({ [name]: value }))

describe('verify', () => {
  let entries
  before(async () => {
    entries = await entryPoints()
  })

  test('accepts what zumoJwt and sign make, through every entry point', () => {
    for (const entry of entries) {
      for (const [version, ver, kid] of [
        [undefined, 2, '0'],
        [1, 1, 0],
        [2, 2, '0'],
      ]) {
        const own = { zebra: [1, null], uid: 'Custom:42', aud: 'your-aud', exp: SECONDS + 1 }
        const token = entry.sign(own, MASTER_KEY, version && { version })
        const result = entry.verify(token, MASTER_KEY, { audience: 'your-aud', now })
        const expected = {
          userId: 'Custom:42',
          claims: { ...claims({ exp: SECONDS + 1, ver }), zebra: [1, null] },
          header: { alg: 'HS256', typ: 'JWT', kid },
        }
        // With the members in the order of the token, in plain objects.
        assert.deepEqual(result, expected)
        assert.equal(JSON.stringify(result), JSON.stringify(expected))
      }
      const minted = entry.zumoJwt(NOW + 1, 'é', '中"\\\u0001😀', MASTER_KEY)
      assert.deepEqual(entry.verify(minted, MASTER_KEY, { now }), {
        userId: '中"\\\u0001😀',
        claims: { exp: (NOW + 1) / 1000, iss: ISSUER, ver: 1, aud: 'é', uid: '中"\\\u0001😀' },
        header: { alg: 'HS256', typ: 'JWT', kid: 0 },
      })
    }
  })

  test('returns the header as it is in the token, as decode does', () => {
    for (const header of [
      '{"alg":"HS256","typ":"JWT","kid":0}',
      '{"alg":"HS256","typ":"JWT","kid":"0"}',
      '{"alg":"HS256","typ":"JWT"}',
      '{"typ":"JWT","alg":"HS256"}',
      '{"kid":"é","typ":"application/jwt","alg":"HS256","jwk":{},"x":[1,{}]}',
    ]) {
      const token = signRaw(header, claims())
      assert.equal(JSON.stringify(verifyNow(token).header), header)
      assert.equal(JSON.stringify(decode(token).header), header)
    }
  })

  test('uses the current time by default', () => {
    assert.equal(verify(zumoJwt(Date.now() + 60_000, 'a', 'u', MASTER_KEY), MASTER_KEY).userId, 'u')
    const expired = { code: 'ERR_ZUMO_JWT_EXPIRED' }
    assert.throws(() => verify(zumoJwt(Date.now(), 'a', 'u', MASTER_KEY), MASTER_KEY), expired)
  })

  test('accepts a token of any of several keys, and of no other', () => {
    const token = signRaw(HEADER, claims())
    const other = 'another key'
    for (const keys of [[MASTER_KEY], [ZumoKey.fromMasterKey(other), Buffer.from(MASTER_KEY)]]) {
      assert.equal(verify(token, keys, { now }).userId, 'Custom:42')
    }
    assert.throws(() => verify(token, [other, 'a third'], { now }), { code: 'ERR_ZUMO_JWT_SIGNATURE' })
  })

  test('accepts a token of 64 KiB, the longest that is made', () => {
    const user = 'é'.repeat(24_493)
    const token = zumoJwt(NOW + 1, 'your-aud', user, MASTER_KEY)
    assert.equal(token.length, 64 * 1024)
    assert.equal(verifyNow(token).userId, user)
    assert.throws(
      () => zumoJwt(NOW + 1, 'your-aud', `${user}u`, MASTER_KEY),
      argumentError('userId', 'ERR_INVALID_ARG_VALUE', [], 'short enough for a token of at most 64 KiB.'),
    )
  })

  test('takes the options of an object without a prototype, and of another realm', () => {
    const token = signRaw(HEADER, claims())
    for (const options of [{ __proto__: null }, runInNewContext('({})')]) {
      Object.assign(options, { audience: 'other', now })
      assert.throws(() => verify(token, MASTER_KEY, options), { code: 'ERR_ZUMO_JWT_AUDIENCE' })
      options.audience = 'your-aud'
      assert.equal(verify(token, MASTER_KEY, options).userId, 'Custom:42')
    }
  })

  test('has no other options', () => {
    for (const name of ['audiance', 'algorithms', 'clockTimestamp', '__proto__', 'constructor', 'toString']) {
      assert.throws(
        () => verify('', MASTER_KEY, JSON.parse(`{"${name}":"secret"}`)),
        argumentError(`options.${name}`, 'ERR_INVALID_ARG_VALUE', ['secret']),
      )
    }
  })
})

/** Asserts what a user sees of a token that is rejected. */
function assertError(token, code, claim, text, call = (it) => verifyNow(it)) {
  const message = `The authentication token${text}`
  assert.throws(
    () => call(token),
    (error) => {
      assert.ok(error instanceof ZumoJwtError, error)
      const expected = { code: `ERR_ZUMO_JWT_${code}`, status: 401, ...(claim && { claim }) }
      assert.deepEqual(
        { ...error, name: error.name, message: error.message },
        { ...expected, name: 'ZumoJwtError', message },
      )
      return true
    },
  )
}

// One line for each rule. Where its limits are is tested in rust/.
describe('verify rejects', () => {
  const SIGNATURE = "'s signature was malformed or signed by a different key."

  test('what is not the form of a token', () => {
    for (const token of [
      'randomgoop',
      signRaw(HEADER, '[]'),
      signRaw('{', claims()),
      signRaw(HEADER, '{"a":1,"a":1}'),
      signRaw(HEADER, '{"a":[{"b":1,"b":1}]}'),
      signText('e30.e31'), // '{}' twice, if the last bits of 'e31' do not count
    ]) {
      assertError(token, 'MALFORMED', undefined, SIGNATURE)
      assert.throws(() => decode(token), {
        name: 'ZumoJwtError',
        code: 'ERR_ZUMO_JWT_MALFORMED',
        message: 'The text is not a token.',
      })
    }
  })

  test('a signature of another key, before it looks at the content', () => {
    for (const [header, body] of [
      [HEADER, claims()],
      ['{', claims()],
      [HEADER, 'no JSON'],
      [{}, {}],
    ]) {
      assertError(signRaw(header, body, Buffer.alloc(32)), 'SIGNATURE', undefined, SIGNATURE)
    }
  })

  for (const [name, value, must] of [
    ['alg', 'HS384', '"HS256"'],
    ['typ', 'JWS', 'absent or "JWT"'],
    ['kid', 1, 'absent, a string or 0'],
    ['crit', [], 'absent'],
    ['enc', 'A256GCM', 'absent'],
    ['cty', 'JWT', 'absent'],
    ['b64', false, 'absent or true'],
  ]) {
    test(`the header parameter ${name}`, () => {
      const text = `'s header parameter "${name}" must be ${must}.`
      assertError(signRaw({ ...HEADER, [name]: value }, claims()), 'HEADER', undefined, text)
    })
  }

  const must = (name, be) => `'s claim "${name}" must be ${be}.`
  for (const [name, value, text, code = 'CLAIM', options] of [
    ['exp', undefined, ' requires expiration claim.'],
    ['exp', null, ' requires expiration claim.'],
    ['exp', '2030-01-01T00:00:00.000Z', must('exp', 'a number of seconds')],
    ['exp', SECONDS, ' has expired.', 'EXPIRED'],
    ['exp', SECONDS - 5, ' has expired.', 'EXPIRED', { clockTolerance: 5 }],
    ['nbf', '0', must('nbf', 'absent or a number of seconds')],
    ['nbf', SECONDS + 301, ' is not valid until after its NotBefore.', 'NOT_ACTIVE', { clockTolerance: 1e6 }],
    ['iat', '0', must('iat', 'absent or a number of seconds')],
    ['iat', SECONDS + 301, ' is not valid until after its IssuedAt.', 'NOT_ACTIVE'],
    ['aud', ['your-aud', 'b'], ' was issued for another audience.', 'AUDIENCE', { audience: ['a', 'c'] }],
    ['aud', undefined, ' was issued for another audience.', 'AUDIENCE', { audience: '' }],
    ['iss', undefined, ' was issued by another issuer.', 'ISSUER'],
    ['iss', ISSUER, ' was issued by another issuer.', 'ISSUER', { issuer: ['a', ''] }],
    ['ver', null, must('ver', 'absent, 1 or 2')],
    ['uid', 42, must('uid', 'a non-empty string')],
  ]) {
    test(`the claim ${name}: ${JSON.stringify(value)}`, () => {
      assertError(withClaim(name, value), code, name, text, (token) => verifyNow(token, options))
    })
  }
})

test('verify accepts what is allowed', () => {
  for (const [name, value, options] of [
    ['exp', SECONDS + 0.001, { clockTolerance: 0 }],
    ['exp', SECONDS - 5, { clockTolerance: 5.001 }],
    ['nbf', SECONDS + 300],
    ['aud', ['a', 'é'], { audience: ['é', 'c'] }],
    ['aud', '', { audience: '' }],
    ['aud', undefined],
    ['iss', 'a', { issuer: 'a' }],
    ['iss', '', { issuer: ['a', ''] }],
    ['ver', undefined],
    ['ver', '1'],
  ]) {
    assert.equal(verifyNow(withClaim(name, value), options).userId, 'Custom:42')
  }
})

describe('verify with an App Service key', () => {
  const key = ZumoKey.fromSigningKey(SIGNING_KEY)
  const site = { exp: SECONDS + 60, sub: 'sid:42', iss: SITE, aud: SITE }
  const options = { audience: SITE, issuer: SITE, now }
  const siteToken = (changes) => signRaw({ typ: 'JWT', alg: 'HS256' }, { ...site, ...changes }, key.export())

  test('accepts tokens of the site', () => {
    assert.deepEqual(key.verify(sign(site, key), options), {
      userId: 'sid:42',
      claims: { ...site, ver: '3' },
      header: { typ: 'JWT', alg: 'HS256' },
    })
    const other = ZumoKey.fromSigningKey(Buffer.alloc(32))
    assert.equal(verify(siteToken({ uid: 'Custom:42' }), [other, key], options).userId, 'sid:42')
  })

  test('rejects a token for another site, and one without a user', () => {
    const other = 'https://other.example/'
    for (const [changes, code, claim] of [
      [{ aud: other }, 'AUDIENCE', 'aud'],
      [{ iss: other }, 'ISSUER', 'iss'],
      [{ sub: undefined, uid: 'Custom:42' }, 'CLAIM', 'sub'],
    ]) {
      assert.throws(() => key.verify(siteToken(changes), options), { code: `ERR_ZUMO_JWT_${code}`, claim })
    }
  })

  test('requires an issuer, an audience, and keys of one service', () => {
    for (const [keys, given, name] of [
      [key, { audience: SITE }, 'options.issuer'],
      [[key, key], { issuer: SITE }, 'options.audience'],
      [[MASTER_KEY, key], options, 'key'],
      [[key, ZumoKey.fromMasterKey(MASTER_KEY)], options, 'key'],
    ]) {
      assert.throws(() => verify('', keys, given), argumentError(name, 'ERR_INVALID_ARG_VALUE'))
    }
  })
})

test('decode checks the form alone, not the signature or the rules', () => {
  const token = signRaw({ alg: 'none' }, { anything: [1] }, Buffer.alloc(1))
  const [, , signature] = token.split('.')
  assert.deepEqual(decode(token), { header: { alg: 'none' }, claims: { anything: [1] }, signature })
})

test('a ZumoJwtError has a name that can be written, as that of a built-in error', () => {
  const error = new ZumoJwtError('ERR_ZUMO_JWT_MALFORMED', '', null)
  error.name = 'another'
  assert.equal(String(error), 'another')
})
