'use strict'

const assert = require('node:assert/strict')
const { before, describe, test } = require('node:test')
const { runInNewContext } = require('node:vm')
const { decode, sign, verify, zumoJwt, ZumoJwtError, ZumoKey } = require('zumo-jwt')
const { HEADER, ISSUER, MASTER_KEY, NOW, SIGNING_KEY, SITE } = require('./helpers.js')
const { claims, entryPoints, forge, mistake } = require('./helpers.js')
const microsoft = require('./vectors/microsoft.json').appService

const SECONDS = NOW / 1000
const check = (token, options) => verify(token, MASTER_KEY, { now: new Date(NOW), ...options })

/** Asserts that a rightly signed token is refused, with its code and claim. */
function refused(token, code, claim, options) {
  assert.throws(
    () => check(token, options),
    (error) => {
      assert.ok(error instanceof ZumoJwtError, error)
      assert.equal(error.code, `ERR_ZUMO_JWT_${code}`)
      assert.equal(error.claim, claim)
      assert.equal(error.status, 401)
      assert.equal(error.name, 'ZumoJwtError')
      return true
    },
  )
}

const accepted = (token, options) => assert.equal(check(token, options).userId, 'Custom:42')

/** One claim changed, in a token that is right in all else. */
const withClaim = (name, value) => forge(HEADER, claims({ [name]: value }))
const withHeader = (changes) => forge({ ...HEADER, ...changes }, claims())

describe('what verifies', () => {
  let entries
  before(async () => {
    entries = await entryPoints()
  })

  test('is what zumoJwt and sign made, from every entry point', () => {
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

  test('comes back as plain objects with the members in the order of the token', () => {
    const result = check(sign({ exp: SECONDS + 1, aud: 'a', uid: 'u', zebra: 1, apple: 2 }, MASTER_KEY))
    assert.deepEqual(Object.keys(result), ['userId', 'claims', 'header'])
    assert.deepEqual(Object.keys(result.claims), ['exp', 'iss', 'ver', 'aud', 'uid', 'zebra', 'apple'])
    assert.equal(Object.getPrototypeOf(result.claims), Object.prototype)
    assert.equal(Object.getPrototypeOf(result.header), Object.prototype)
  })

  test('uses the clock of the process where no time is given', () => {
    assert.equal(verify(zumoJwt(Date.now() + 60_000, 'a', 'u', MASTER_KEY), MASTER_KEY).userId, 'u')
    assert.throws(() => verify(zumoJwt(Date.now(), 'a', 'u', MASTER_KEY), MASTER_KEY), {
      code: 'ERR_ZUMO_JWT_EXPIRED',
    })
  })

  test('holds for each of several keys, and for no other', () => {
    const token = forge(HEADER, claims())
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

describe('form', () => {
  test('64 KiB, and one byte more', () => {
    // White space in the header reaches the lengths that base64url of the claims steps over.
    const sized = (length) => {
      for (const space of ['', ' ', '  ']) {
        const pad = 'x'.repeat(Math.ceil((length * 3) / 4) - 300)
        for (let more = 0; more < 300; more++) {
          const token = forge(JSON.stringify(HEADER) + space, claims({ pad: pad + 'x'.repeat(more) }))
          if (token.length === length) return token
        }
      }
    }
    const [longest, tooLong] = [sized(65_536), sized(65_537)]
    assert.deepEqual([longest.length, tooLong.length], [65_536, 65_537])
    accepted(longest)
    refused(tooLong, 'MALFORMED')
  })

  test('exactly three parts, none of them empty', () => {
    const token = forge(HEADER, claims())
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
      refused(text, 'MALFORMED')
    }
  })

  test('the words of the blog for random goop', () => {
    assert.throws(() => check('randomgoop'), {
      code: 'ERR_ZUMO_JWT_MALFORMED',
      message: "The authentication token's signature was malformed or signed by a different key.",
    })
  })

  test('a signature of 32 bytes', () => {
    const [header, body, signature] = forge(HEADER, claims()).split('.')
    const bytes = Buffer.from(signature, 'base64url')
    for (const wrong of [
      bytes.subarray(0, 31),
      bytes.subarray(0, 1),
      bytes.subarray(0, 16),
      Buffer.concat([bytes, bytes]),
    ]) {
      refused(`${header}.${body}.${wrong.toString('base64url')}`, 'MALFORMED')
    }
  })

  test('the signature before anything inside', () => {
    const other = Buffer.alloc(32)
    for (const [header, body] of [
      ['{', claims()],
      [HEADER, 'no JSON'],
      [{ alg: 'none' }, claims()],
      [HEADER, { exp: 0 }],
    ]) {
      refused(forge(header, body, other), 'SIGNATURE')
    }
  })

  test('each part one JSON object', () => {
    for (const text of [
      '',
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
      if (text !== '') refused(forge(HEADER, text), 'MALFORMED')
      if (text !== '') refused(forge(text, claims()), 'MALFORMED')
    }
  })

  test('white space around and inside the JSON is no defect', () => {
    accepted(forge(` \t\r\n${JSON.stringify(HEADER, null, 2)}\n`, `\n${JSON.stringify(claims(), null, 2)} `))
  })

  test('arrays and objects at most 128 deep', () => {
    const nested = (depth) =>
      forge(
        HEADER,
        `${JSON.stringify(claims()).slice(0, -1)},"deep":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`,
      )
    accepted(nested(128))
    refused(nested(129), 'MALFORMED')
    refused(nested(20_000), 'MALFORMED')
  })

  test('decode reads what no key vouches for, and demands the form alone', () => {
    const token = forge({ alg: 'none' }, { anything: [1] }, Buffer.alloc(1))
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
      forge(HEADER, '{"a":1,"a":1}'),
    ]) {
      assert.throws(
        () => decode(text),
        (error) => error instanceof ZumoJwtError && error.code === 'ERR_ZUMO_JWT_MALFORMED',
      )
    }
  })
})

describe('header', () => {
  test('alg', () => {
    accepted(withHeader({ alg: 'HS256' }))
    for (const alg of [undefined, null, '', 'hs256', 'HS256 ', 'HS384', 256, ['HS256']])
      refused(withHeader({ alg }), 'HEADER')
  })

  test('typ', () => {
    for (const typ of [undefined, 'JWT', 'jwt', 'Jwt', 'application/jwt', 'application/JWT'])
      accepted(withHeader({ typ }))
    for (const typ of [null, '', 'JWS', 'at+jwt', 'jwt ', 1, ['JWT']]) refused(withHeader({ typ }), 'HEADER')
  })

  test('kid', () => {
    for (const kid of [undefined, '', '0', 'any text', 0, -0]) accepted(withHeader({ kid }))
    accepted(forge('{"alg":"HS256","kid":0.0}', claims()))
    for (const kid of [null, 1, -1, 0.5, true, ['0'], {}]) refused(withHeader({ kid }), 'HEADER')
  })

  test('crit, enc and cty, whatever they hold', () => {
    for (const name of ['crit', 'enc', 'cty']) {
      for (const value of [null, '', 'JWT', [], ['exp'], false])
        refused(withHeader({ [name]: value }), 'HEADER')
    }
  })

  test('b64', () => {
    for (const b64 of [undefined, true]) accepted(withHeader({ b64 }))
    for (const b64 of [null, false, 'true', 1]) refused(withHeader({ b64 }), 'HEADER')
  })

  test('other parameters are ignored', () => {
    accepted(
      withHeader({ jku: 'https://example.com', jwk: {}, x5u: 'https://example.com', x5c: [], unknown: 1 }),
    )
  })
})

describe('time', () => {
  test('exp one ms before and after now', () => {
    accepted(withClaim('exp', (NOW + 1) / 1000))
    refused(withClaim('exp', NOW / 1000), 'EXPIRED', 'exp')
    refused(withClaim('exp', (NOW - 1) / 1000), 'EXPIRED', 'exp')
  })

  test('an expiry that does not read back from seconds as the same ms', () => {
    const expiry = 2173882162186
    assert.notEqual(Math.trunc((expiry / 1000) * 1000), expiry)
    const token = zumoJwt(expiry, 'your-aud', 'Custom:42', MASTER_KEY)
    accepted(token, { now: new Date(expiry - 1) })
    refused(token, 'EXPIRED', 'exp', { now: new Date(expiry) })
  })

  test('exp after clockTolerance, which is 0 unless given', () => {
    const token = withClaim('exp', SECONDS - 5)
    refused(token, 'EXPIRED', 'exp')
    refused(token, 'EXPIRED', 'exp', { clockTolerance: 5 })
    accepted(token, { clockTolerance: 5.001 })
    accepted(token, { clockTolerance: 6 })
  })

  test('exp that is no number of seconds', () => {
    for (const exp of [undefined, null, '', String(SECONDS + 1), true, [SECONDS + 1], {}])
      refused(withClaim('exp', exp), 'CLAIM', 'exp')
    assert.throws(() => check(withClaim('exp', undefined)), {
      message: 'The authentication token requires expiration claim.',
    })
  })

  test('exp negative, zero, and beyond every calendar', () => {
    for (const exp of [-1, 0, -0, -1e300]) refused(withClaim('exp', exp), 'EXPIRED', 'exp')
    for (const exp of [2 ** 53, 2 ** 64, 1e300]) accepted(withClaim('exp', exp))
    for (const exp of ['1e999', '-1e999', '1e309']) {
      refused(
        forge(HEADER, JSON.stringify(claims({ exp: 0 })).replace('"exp":0', `"exp":${exp}`)),
        'MALFORMED',
      )
    }
  })

  test('nbf and iat 300 s and 301 s ahead, whatever clockTolerance is', () => {
    for (const name of ['nbf', 'iat']) {
      for (const clockTolerance of [0, 10_000]) {
        accepted(withClaim(name, SECONDS + 300), { clockTolerance })
        refused(withClaim(name, SECONDS + 300.001), 'NOT_ACTIVE', name, { clockTolerance })
        refused(withClaim(name, SECONDS + 301), 'NOT_ACTIVE', name, { clockTolerance })
      }
      accepted(withClaim(name, SECONDS - 1e9))
      for (const value of [null, '', String(SECONDS), true, []])
        refused(withClaim(name, value), 'CLAIM', name)
    }
  })

  test('the words of Microsoft for each', () => {
    const message = (token) => {
      try {
        check(token)
      } catch (error) {
        return error.message
      }
    }
    assert.equal(message(withClaim('exp', 0)), 'The authentication token has expired.')
    assert.equal(
      message(withClaim('nbf', SECONDS + 301)),
      'The authentication token is not valid until after its NotBefore.',
    )
    assert.equal(
      message(withClaim('iat', SECONDS + 301)),
      'The authentication token is not valid until after its IssuedAt.',
    )
  })
})

describe('claims', () => {
  test('aud, where an audience is asked for', () => {
    const asked = (aud, audience) => [withClaim('aud', aud), { audience }]
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
      accepted(...asked(aud, audience))
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
      refused(...asked(aud, audience).toSpliced(1, 0, 'AUDIENCE', 'aud'))
    }
  })

  test('aud is of no interest where none is asked for', () => {
    for (const aud of [undefined, null, 1, ['a', 1], {}]) accepted(withClaim('aud', aud))
  })

  test('iss, with and without issuers asked for', () => {
    for (const iss of [undefined, null, '', 'other', `${ISSUER}/`, ISSUER.toUpperCase(), [ISSUER]]) {
      refused(withClaim('iss', iss), 'ISSUER', 'iss')
    }
    accepted(withClaim('iss', 'other'), { issuer: 'other' })
    accepted(withClaim('iss', 'other'), { issuer: ['another', 'other'] })
    accepted(withClaim('iss', ''), { issuer: '' })
    refused(withClaim('iss', ISSUER), 'ISSUER', 'iss', { issuer: '' })
    refused(withClaim('iss', ISSUER), 'ISSUER', 'iss', { issuer: 'other' })
  })

  test('ver', () => {
    for (const ver of [1, 2, '1', '2']) accepted(withClaim('ver', ver))
    for (const ver of [undefined, null, 0, 3, '3', '', '01', 1.5, [1], true])
      refused(withClaim('ver', ver), 'CLAIM', 'ver')
  })

  test('uid', () => {
    for (const uid of [undefined, null, '', 42, ['Custom:42'], {}])
      refused(withClaim('uid', uid), 'CLAIM', 'uid')
    refused(forge(HEADER, { ...claims({ uid: undefined }), sub: 'Custom:42' }), 'CLAIM', 'uid')
  })
})

describe('App Service tokens', () => {
  const key = ZumoKey.fromSigningKey(SIGNING_KEY)
  const site = { exp: SECONDS + 60, sub: 'sid:42', iss: SITE, aud: SITE }
  const options = { audience: SITE, issuer: SITE, now: new Date(NOW) }
  const bytes = Buffer.from(SIGNING_KEY, 'hex')
  const forged = (changes) => forge({ typ: 'JWT', alg: 'HS256' }, { ...site, ver: '3', ...changes }, bytes)

  test('verify with the key of the site', () => {
    const expected = {
      userId: 'sid:42',
      claims: { sub: 'sid:42', ver: '3', iss: SITE, aud: SITE, exp: SECONDS + 60 },
      header: { typ: 'JWT', alg: 'HS256' },
    }
    assert.deepEqual(key.verify(sign(site, key), options), expected)
    const other = ZumoKey.fromSigningKey(Buffer.alloc(32))
    const token = forged({ ver: undefined, uid: 'Custom:42' })
    assert.equal(verify(token, [other, key], options).userId, 'sid:42')
  })

  test('are nothing without an issuer and an audience to tell sites apart', () => {
    const token = sign(site, key)
    assert.throws(
      () => key.verify(token, { now: new Date(NOW), audience: SITE }),
      mistake('options.issuer', 'ERR_INVALID_ARG_VALUE', [token]),
    )
    assert.throws(
      () => key.verify(token, { now: new Date(NOW), issuer: SITE }),
      mistake('options.audience', 'ERR_INVALID_ARG_VALUE', [token]),
    )
    assert.throws(
      () => verify(token, [key, key], { now: new Date(NOW), issuer: SITE }),
      mistake('options.audience', 'ERR_INVALID_ARG_VALUE', [token]),
    )
  })

  test('do not share a call with the keys of a Mobile Service', () => {
    for (const keys of [
      [MASTER_KEY, key],
      [key, MASTER_KEY],
      [key, ZumoKey.fromMasterKey(MASTER_KEY)],
    ]) {
      assert.throws(() => verify('', keys, options), mistake('key', 'ERR_INVALID_ARG_VALUE'))
    }
  })

  test('are refused for another site, user or key', () => {
    const refusals = [
      [forged({ aud: 'https://other.example/' }), 'AUDIENCE'],
      [forged({ iss: 'https://other.example/' }), 'ISSUER'],
      [forged({ sub: undefined, uid: 'Custom:42' }), 'CLAIM'],
      [forged({ sub: '' }), 'CLAIM'],
      [forge(HEADER, site), 'SIGNATURE'],
    ]
    for (const [token, code] of refusals) {
      assert.throws(() => key.verify(token, options), { code: `ERR_ZUMO_JWT_${code}` })
    }
  })

  test("Microsoft's own test token has the right signature, and is refused for its missing exp", () => {
    const key = ZumoKey.fromSigningKey(microsoft.signingKeyHex)
    const { audience, issuer, token } = microsoft
    assert.throws(() => key.verify(token, { audience, issuer }), { code: 'ERR_ZUMO_JWT_CLAIM', claim: 'exp' })
    const other = ZumoKey.fromSigningKey(SIGNING_KEY.replace('6', '7'))
    assert.throws(() => other.verify(token, { audience, issuer }), { code: 'ERR_ZUMO_JWT_SIGNATURE' })
  })
})

describe('arguments', () => {
  const token = forge(HEADER, claims())

  test('a token in anything but a string is malformed, like all else that comes from outside', () => {
    for (const it of [
      [token],
      [token, token],
      Buffer.from(token),
      new String(token),
      { toString: () => token },
    ]) {
      assert.throws(() => check(it), { name: 'ZumoJwtError', code: 'ERR_ZUMO_JWT_MALFORMED' })
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

  test('options that are misspelt, or those of other libraries, are refused, also where they are not enumerable', () => {
    for (const name of ['audiance', 'algorithms', 'clockTimestamp', '__proto__', 'constructor', 'toString']) {
      for (const enumerable of [true, false]) {
        const options = Object.defineProperty({}, name, { value: 'secret', enumerable })
        assert.throws(
          () => verify(token, MASTER_KEY, options),
          mistake(`options.${name}`, 'ERR_INVALID_ARG_VALUE', ['secret']),
        )
      }
    }
  })
})
