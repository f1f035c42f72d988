'use strict'

const assert = require('node:assert/strict')
const { before, describe, test } = require('node:test')
const { runInNewContext } = require('node:vm')
const { decode, sign, verify, zumoJwt, ZumoJwtError, ZumoKey } = require('zumo-jwt')
const { HEADER, ISSUER, MASTER_KEY, NOW, SIGNING_KEY, SITE } = require('../helpers.js')
const { argumentError, assertRejected, claims, entryPoints, signRaw, verifyNow } = require('../helpers.js')
const microsoft = require('../vectors/microsoft.json').appService

const SECONDS = NOW / 1000

const assertAccepted = (token, options) => assert.equal(verifyNow(token, options).userId, 'Custom:42')

/** One claim changed, in a token that is valid otherwise. */
const withClaim = (name, value) => signRaw(HEADER, claims({ [name]: value }))
const withHeader = (changes) => signRaw({ ...HEADER, ...changes }, claims())

describe('verify', () => {
  let entries
  before(async () => {
    entries = await entryPoints()
  })

  test('accepts what zumoJwt and sign make, through every entry point', () => {
    for (const entry of entries) {
      for (const version of [undefined, 1, 2]) {
        const exp = SECONDS + 1
        const options = version === undefined ? undefined : { version }
        const own = { uid: 'Custom:42', aud: 'your-aud', exp, extra: [1, null] }
        const token = entry.sign(own, MASTER_KEY, options)
        const { userId, claims, header } = entry.verify(token, MASTER_KEY, {
          audience: 'your-aud',
          now: new Date(NOW),
        })
        assert.equal(userId, 'Custom:42')
        assert.deepEqual(claims, {
          exp,
          iss: ISSUER,
          ver: version ?? 2,
          aud: 'your-aud',
          uid: 'Custom:42',
          extra: [1, null],
        })
        assert.deepEqual(header, { alg: 'HS256', typ: 'JWT', kid: version === 1 ? 0 : '0' })
      }
      const minted = entry.zumoJwt(NOW + 1, 'é', '中"\\\u0001😀', MASTER_KEY)
      assert.deepEqual(entry.verify(minted, MASTER_KEY, { now: new Date(NOW) }), {
        userId: '中"\\\u0001😀',
        claims: { exp: (NOW + 1) / 1000, iss: ISSUER, ver: 1, aud: 'é', uid: '中"\\\u0001😀' },
        header: { alg: 'HS256', typ: 'JWT', kid: 0 },
      })
    }
  })

  test('returns plain objects with the members in the order of the token', () => {
    const result = verifyNow(sign({ exp: SECONDS + 1, aud: 'a', uid: 'u', zebra: 1, apple: 2 }, MASTER_KEY))
    assert.deepEqual(Object.keys(result), ['userId', 'claims', 'header'])
    assert.deepEqual(Object.keys(result.claims), ['exp', 'iss', 'ver', 'aud', 'uid', 'zebra', 'apple'])
    assert.equal(Object.getPrototypeOf(result.claims), Object.prototype)
    assert.equal(Object.getPrototypeOf(result.header), Object.prototype)
  })

  test('returns the header as it is in the token', () => {
    for (const header of [
      '{"alg":"HS256","typ":"JWT","kid":0}',
      '{"alg":"HS256","typ":"JWT","kid":"0"}',
      '{"alg":"HS256","typ":"JWT"}',
      '{"typ":"JWT","alg":"HS256"}',
      '{"alg":"HS256"}',
      '{"alg":"HS256","typ":"JWT","kid":"1"}',
      '{"kid":"é","typ":"application/jwt","alg":"HS256","x":[1,{}]}',
    ]) {
      const token = signRaw(header, claims())
      assert.equal(JSON.stringify(verifyNow(token).header), header)
      assert.equal(JSON.stringify(decode(token).header), header)
    }
  })

  test('uses the current time by default', () => {
    assert.equal(verify(zumoJwt(Date.now() + 60_000, 'a', 'u', MASTER_KEY), MASTER_KEY).userId, 'u')
    assert.throws(() => verify(zumoJwt(Date.now(), 'a', 'u', MASTER_KEY), MASTER_KEY), {
      code: 'ERR_ZUMO_JWT_EXPIRED',
    })
  })

  test('accepts a token of any of several keys, and of no other', () => {
    const token = signRaw(HEADER, claims())
    const other = 'another key'
    for (const keys of [
      [MASTER_KEY],
      [other, MASTER_KEY],
      [ZumoKey.fromMasterKey(other), Buffer.from(MASTER_KEY)],
    ]) {
      assert.equal(verify(token, keys, { now: new Date(NOW) }).userId, 'Custom:42')
    }
    assert.throws(() => verify(token, [other, 'a third'], { now: new Date(NOW) }), {
      code: 'ERR_ZUMO_JWT_SIGNATURE',
    })
  })
})

describe('verify checks the form of a token', () => {
  test('accepts 64 KiB and rejects one byte more', () => {
    // Base64url of the claims has not every length; white space in the header makes up for that.
    const sized = (length) => {
      for (const space of ['', ' ', '  ']) {
        const pad = 'x'.repeat(Math.ceil((length * 3) / 4) - 300)
        for (let more = 0; more < 300; more++) {
          const token = signRaw(JSON.stringify(HEADER) + space, claims({ pad: pad + 'x'.repeat(more) }))
          if (token.length === length) return token
        }
      }
    }
    const [longest, tooLong] = [sized(65_536), sized(65_537)]
    assert.deepEqual([longest.length, tooLong.length], [65_536, 65_537])
    assertAccepted(longest)
    assertRejected(tooLong, 'MALFORMED')
  })

  test('rejects anything but three parts that are not empty', () => {
    const token = signRaw(HEADER, claims())
    const [header, body, signature] = token.split('.')
    for (const text of [
      '',
      '.',
      '..',
      '...',
      'randomgoop',
      header,
      `${header}.${body}`,
      `${header}.${body}.`,
      `.${body}.${signature}`,
      `${header}..${signature}`,
      `${token}.`,
      `.${token}`,
      `${token}.${signature}`,
      `${header}.${header}.${body}.${signature}`,
    ]) {
      assertRejected(text, 'MALFORMED')
    }
  })

  test('rejects random text with the message of the blog post', () => {
    assert.throws(() => verifyNow('randomgoop'), {
      code: 'ERR_ZUMO_JWT_MALFORMED',
      message: "The authentication token's signature was malformed or signed by a different key.",
    })
  })

  test('rejects a signature that is not 32 bytes long', () => {
    const [header, body, signature] = signRaw(HEADER, claims()).split('.')
    const bytes = Buffer.from(signature, 'base64url')
    for (const wrong of [
      bytes.subarray(0, 31),
      bytes.subarray(0, 1),
      bytes.subarray(0, 16),
      Buffer.concat([bytes, bytes]),
    ]) {
      assertRejected(`${header}.${body}.${wrong.toString('base64url')}`, 'MALFORMED')
    }
  })

  test('checks the signature before the content', () => {
    const other = Buffer.alloc(32)
    for (const [header, body] of [
      ['{', claims()],
      [HEADER, 'no JSON'],
      [{ alg: 'none' }, claims()],
      [HEADER, { exp: 0 }],
    ]) {
      assertRejected(signRaw(header, body, other), 'SIGNATURE')
    }
  })

  test('rejects a header and claims that are not one JSON object', () => {
    for (const text of [
      ' ',
      '[]',
      'null',
      '1',
      '"text"',
      '{',
      '{}{}',
      '{} x',
      '{"a":1,}',
      "{'a':1}",
      '{"a":01}',
      '{"a":+1}',
      '{"a":.5}',
      '{"a":NaN}',
      '\ufeff{}',
      '{"a":"\n"}',
      '{"a":"\\x"}',
      '{a:1}',
      '// \n{}',
    ]) {
      assertRejected(signRaw(HEADER, text), 'MALFORMED')
      assertRejected(signRaw(text, claims()), 'MALFORMED')
    }
  })

  test('accepts white space around and inside the JSON', () => {
    assertAccepted(
      signRaw(` \t\r\n${JSON.stringify(HEADER, null, 2)}\n`, `\n${JSON.stringify(claims(), null, 2)} `),
    )
  })

  test('accepts 128 levels of nesting and rejects 129', () => {
    const nested = (depth) =>
      signRaw(
        HEADER,
        `${JSON.stringify(claims()).slice(0, -1)},"deep":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`,
      )
    assertAccepted(nested(128))
    assertRejected(nested(129), 'MALFORMED')
    assertRejected(nested(20_000), 'MALFORMED')
  })

  test('decode checks the form alone, not the signature or the rules', () => {
    const token = signRaw({ alg: 'none' }, { anything: [1] }, Buffer.alloc(1))
    assert.deepEqual(decode(token), {
      header: { alg: 'none' },
      claims: { anything: [1] },
      signature: token.split('.')[2],
    })
    for (const text of [
      '',
      'randomgoop',
      'e30.e30',
      'e30.e30.',
      'e30.W10.AAAA',
      `${token}=`,
      signRaw(HEADER, '{"a":1,"a":1}'),
    ]) {
      assert.throws(
        () => decode(text),
        (error) => error instanceof ZumoJwtError && error.code === 'ERR_ZUMO_JWT_MALFORMED',
      )
    }
  })
})

describe('verify checks the header', () => {
  test('accepts HS256 as alg only', () => {
    assertAccepted(withHeader({ alg: 'HS256' }))
    for (const alg of [undefined, null, '', 'hs256', 'HS256 ', 'HS384', 256, ['HS256']])
      assertRejected(withHeader({ alg }), 'HEADER')
  })

  test('accepts an absent typ, or JWT or application/jwt in any case', () => {
    for (const typ of [undefined, 'JWT', 'jwt', 'Jwt', 'application/jwt', 'application/JWT'])
      assertAccepted(withHeader({ typ }))
    for (const typ of [null, '', 'JWS', 'at+jwt', 'jwt ', 1, ['JWT']])
      assertRejected(withHeader({ typ }), 'HEADER')
  })

  test('accepts an absent kid, a string or 0', () => {
    for (const kid of [undefined, '', '0', 'any text', 0, -0]) assertAccepted(withHeader({ kid }))
    assertAccepted(signRaw('{"alg":"HS256","kid":0.0}', claims()))
    for (const kid of [null, 1, -1, 0.5, true, ['0'], {}]) assertRejected(withHeader({ kid }), 'HEADER')
  })

  test('rejects crit, enc and cty with any value', () => {
    for (const name of ['crit', 'enc', 'cty']) {
      for (const value of [null, '', 'JWT', [], ['exp'], false])
        assertRejected(withHeader({ [name]: value }), 'HEADER')
    }
  })

  test('accepts an absent b64 or true', () => {
    for (const b64 of [undefined, true]) assertAccepted(withHeader({ b64 }))
    for (const b64 of [null, false, 'true', 1]) assertRejected(withHeader({ b64 }), 'HEADER')
  })

  test('ignores other parameters', () => {
    assertAccepted(
      withHeader({ jku: 'https://example.com', jwk: {}, x5u: 'https://example.com', x5c: [], unknown: 1 }),
    )
  })
})

describe('verify checks the times', () => {
  test('accepts exp until 1 ms before it', () => {
    assertAccepted(withClaim('exp', (NOW + 1) / 1000))
    assertRejected(withClaim('exp', NOW / 1000), 'EXPIRED', 'exp')
    assertRejected(withClaim('exp', (NOW - 1) / 1000), 'EXPIRED', 'exp')
  })

  test('compares an expiry whose conversion to seconds loses precision', () => {
    const expiry = 2173882162186
    assert.notEqual(Math.trunc((expiry / 1000) * 1000), expiry)
    const token = zumoJwt(expiry, 'your-aud', 'Custom:42', MASTER_KEY)
    assertAccepted(token, { now: new Date(expiry - 1) })
    assertRejected(token, 'EXPIRED', 'exp', { now: new Date(expiry) })
  })

  test('accepts an expired token within clockTolerance, 0 by default', () => {
    const token = withClaim('exp', SECONDS - 5)
    assertRejected(token, 'EXPIRED', 'exp')
    assertRejected(token, 'EXPIRED', 'exp', { clockTolerance: 5 })
    assertAccepted(token, { clockTolerance: 5.001 })
    assertAccepted(token, { clockTolerance: 6 })
  })

  test('rejects an exp that is absent or not a number', () => {
    for (const exp of [undefined, null, '', String(SECONDS + 1), true, [SECONDS + 1], {}])
      assertRejected(withClaim('exp', exp), 'CLAIM', 'exp')
  })

  test('compares an exp that is negative, zero or far in the future', () => {
    for (const exp of [-1, 0, -0, -1e300]) assertRejected(withClaim('exp', exp), 'EXPIRED', 'exp')
    for (const exp of [2 ** 53, 2 ** 64, 1e300]) assertAccepted(withClaim('exp', exp))
    for (const exp of ['1e999', '-1e999', '1e309']) {
      assertRejected(
        signRaw(HEADER, JSON.stringify(claims({ exp: 0 })).replace('"exp":0', `"exp":${exp}`)),
        'MALFORMED',
      )
    }
  })

  test('accepts nbf and iat up to 300 s ahead, with any clockTolerance', () => {
    for (const name of ['nbf', 'iat']) {
      for (const clockTolerance of [0, 10_000]) {
        assertAccepted(withClaim(name, SECONDS + 300), { clockTolerance })
        assertRejected(withClaim(name, SECONDS + 300.001), 'NOT_ACTIVE', name, { clockTolerance })
        assertRejected(withClaim(name, SECONDS + 301), 'NOT_ACTIVE', name, { clockTolerance })
      }
      assertAccepted(withClaim(name, SECONDS - 1e9))
      for (const value of [null, '', String(SECONDS), true, []])
        assertRejected(withClaim(name, value), 'CLAIM', name)
    }
  })

  test("rejects with the messages of Microsoft's server", () => {
    for (const [name, value, message] of [
      ['exp', undefined, 'The authentication token requires expiration claim.'],
      ['exp', 0, 'The authentication token has expired.'],
      ['nbf', SECONDS + 301, 'The authentication token is not valid until after its NotBefore.'],
      ['iat', SECONDS + 301, 'The authentication token is not valid until after its IssuedAt.'],
    ]) {
      assert.throws(() => verifyNow(withClaim(name, value)), { message })
    }
  })
})

describe('verify checks the other claims', () => {
  test('requires aud to contain an expected audience', () => {
    for (const [aud, audience] of [
      ['your-aud', 'your-aud'],
      ['your-aud', ['other', 'your-aud']],
      [['other', 'your-aud'], 'your-aud'],
      [
        ['a', 'b'],
        ['c', 'b'],
      ],
      ['', ''],
      ['é', 'é'],
      ['😀', '😀'],
    ]) {
      assertAccepted(withClaim('aud', aud), { audience })
    }
    for (const [aud, audience] of [
      [undefined, 'your-aud'],
      [null, 'your-aud'],
      ['your-audience', 'your-aud'],
      ['your', 'your-aud'],
      ['your-aud', ''],
      ['', 'your-aud'],
      ['Your-Aud', 'your-aud'],
      [['your-aud', 1], 'your-aud'],
      [[['your-aud']], 'your-aud'],
      [[], 'your-aud'],
      [{ 'your-aud': 1 }, 'your-aud'],
      ['your-aud,other', 'your-aud'],
      ['e\u0301', '\u00e9'],
      [0, '0'],
      ['your-aud\0', 'your-aud'],
    ]) {
      assertRejected(withClaim('aud', aud), 'AUDIENCE', 'aud', { audience })
    }
  })

  test('accepts any aud where no audience is expected', () => {
    for (const aud of [undefined, null, 1, ['a', 1], {}]) assertAccepted(withClaim('aud', aud))
  })

  test('requires iss to be an expected issuer, by default that of Mobile Services', () => {
    for (const iss of [undefined, null, '', 'other', `${ISSUER}/`, ISSUER.toUpperCase(), [ISSUER]]) {
      assertRejected(withClaim('iss', iss), 'ISSUER', 'iss')
    }
    assertAccepted(withClaim('iss', 'other'), { issuer: 'other' })
    assertAccepted(withClaim('iss', 'other'), { issuer: ['another', 'other'] })
    assertAccepted(withClaim('iss', ''), { issuer: '' })
    assertRejected(withClaim('iss', ISSUER), 'ISSUER', 'iss', { issuer: '' })
    assertRejected(withClaim('iss', ISSUER), 'ISSUER', 'iss', { issuer: 'other' })
  })

  test('accepts no ver, and 1 and 2 as number or string', () => {
    for (const ver of [undefined, 1, 2, '1', '2']) assertAccepted(withClaim('ver', ver))
    for (const ver of [null, 0, 3, '3', '', '01', 1.5, [1], true])
      assertRejected(withClaim('ver', ver), 'CLAIM', 'ver')
  })

  test('requires uid to be a non-empty string', () => {
    for (const uid of [undefined, null, '', 42, ['Custom:42'], {}])
      assertRejected(withClaim('uid', uid), 'CLAIM', 'uid')
    assertRejected(signRaw(HEADER, { ...claims({ uid: undefined }), sub: 'Custom:42' }), 'CLAIM', 'uid')
  })
})

describe('verify with an App Service key', () => {
  const key = ZumoKey.fromSigningKey(SIGNING_KEY)
  const site = { exp: SECONDS + 60, sub: 'sid:42', iss: SITE, aud: SITE }
  const options = { audience: SITE, issuer: SITE, now: new Date(NOW) }
  const bytes = Buffer.from(SIGNING_KEY, 'hex')
  const siteToken = (changes) =>
    signRaw({ typ: 'JWT', alg: 'HS256' }, { ...site, ver: '3', ...changes }, bytes)

  test('accepts tokens of the site', () => {
    const expected = {
      userId: 'sid:42',
      claims: { sub: 'sid:42', ver: '3', iss: SITE, aud: SITE, exp: SECONDS + 60 },
      header: { typ: 'JWT', alg: 'HS256' },
    }
    assert.deepEqual(key.verify(sign(site, key), options), expected)
    const other = ZumoKey.fromSigningKey(Buffer.alloc(32))
    const token = siteToken({ ver: undefined, uid: 'Custom:42' })
    assert.equal(verify(token, [other, key], options).userId, 'sid:42')
  })

  test('requires the options issuer and audience', () => {
    const token = sign(site, key)
    assert.throws(
      () => key.verify(token, { now: new Date(NOW), audience: SITE }),
      argumentError('options.issuer', 'ERR_INVALID_ARG_VALUE', [token]),
    )
    assert.throws(
      () => key.verify(token, { now: new Date(NOW), issuer: SITE }),
      argumentError('options.audience', 'ERR_INVALID_ARG_VALUE', [token]),
    )
    assert.throws(
      () => verify(token, [key, key], { now: new Date(NOW), issuer: SITE }),
      argumentError('options.audience', 'ERR_INVALID_ARG_VALUE', [token]),
    )
  })

  test('does not accept keys of Mobile Services in the same call', () => {
    for (const keys of [
      [MASTER_KEY, key],
      [key, MASTER_KEY],
      [key, ZumoKey.fromMasterKey(MASTER_KEY)],
    ]) {
      assert.throws(() => verify('', keys, options), argumentError('key', 'ERR_INVALID_ARG_VALUE'))
    }
  })

  test('rejects a token for another site, without a user, or with another signature', () => {
    const refusals = [
      [siteToken({ aud: 'https://other.example/' }), 'AUDIENCE'],
      [siteToken({ iss: 'https://other.example/' }), 'ISSUER'],
      [siteToken({ sub: undefined, uid: 'Custom:42' }), 'CLAIM'],
      [siteToken({ sub: '' }), 'CLAIM'],
      [signRaw(HEADER, site), 'SIGNATURE'],
    ]
    for (const [token, code] of refusals) {
      assert.throws(() => key.verify(token, options), { code: `ERR_ZUMO_JWT_${code}` })
    }
  })

  test("rejects Microsoft's own test token, whose signature is right, for its missing exp", () => {
    const key = ZumoKey.fromSigningKey(microsoft.signingKeyHex)
    const { audience, issuer, token } = microsoft
    assert.throws(() => key.verify(token, { audience, issuer }), { code: 'ERR_ZUMO_JWT_CLAIM', claim: 'exp' })
    const other = ZumoKey.fromSigningKey(SIGNING_KEY.replace('6', '7'))
    assert.throws(() => other.verify(token, { audience, issuer }), { code: 'ERR_ZUMO_JWT_SIGNATURE' })
  })
})

describe('the arguments of verify', () => {
  const token = signRaw(HEADER, claims())

  test('a token in anything but a string is malformed, like all else that comes from outside', () => {
    for (const it of [
      [token],
      [token, token],
      Buffer.from(token),
      new String(token),
      { toString: () => token },
    ]) {
      assert.throws(() => verifyNow(it), { name: 'ZumoJwtError', code: 'ERR_ZUMO_JWT_MALFORMED' })
      assert.throws(() => decode(it), { name: 'ZumoJwtError', code: 'ERR_ZUMO_JWT_MALFORMED' })
    }
  })

  test('options count in an object without a prototype, and in one of another realm', () => {
    const foreign = runInNewContext('({ audience: "other" })')
    for (const options of [{ __proto__: null, audience: 'other' }, foreign]) {
      options.now = new Date(NOW)
      assert.throws(() => verify(token, MASTER_KEY, options), { code: 'ERR_ZUMO_JWT_AUDIENCE' })
      options.audience = 'your-aud'
      assert.equal(verify(token, MASTER_KEY, options).userId, 'Custom:42')
    }
  })

  test('unknown options are errors', () => {
    for (const name of ['audiance', 'algorithms', 'clockTimestamp', '__proto__', 'constructor', 'toString']) {
      assert.throws(
        () => verify(token, MASTER_KEY, JSON.parse(`{"${name}":"secret"}`)),
        argumentError(`options.${name}`, 'ERR_INVALID_ARG_VALUE', ['secret']),
      )
    }
  })
})

test('a ZumoJwtError has a name that can be written, as that of a built-in error', () => {
  const error = new ZumoJwtError('ERR_ZUMO_JWT_MALFORMED', '', null)
  assert.equal(error.name, 'ZumoJwtError')
  error.name = 'another'
  assert.equal(String(error), 'another')
})

test('a ZumoJwtError has a claim only where it is about one', () => {
  for (const [token, keys] of [
    ['randomgoop', ['code', 'status']],
    [withClaim('exp', 0), ['code', 'status', 'claim']],
  ]) {
    assert.throws(
      () => verifyNow(token),
      (error) => {
        assert.deepEqual(Object.keys(error), keys)
        return true
      },
    )
  }
})
