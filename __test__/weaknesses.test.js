'use strict'

// The published weaknesses of JWT libraries, each with a token that a library with this weakness accepts.

const assert = require('node:assert/strict')
const { spawnSync } = require('node:child_process')
const { generateKeyPairSync, sign: rsaSign } = require('node:crypto')
const { describe, test } = require('node:test')
const fc = require('fast-check')
const { decode, verify, zumoJwt, ZumoJwtError } = require('zumo-jwt')
const {
  HEADER,
  MASTER_KEY,
  NOW,
  assertHoldsNone,
  assertRejected,
  base64url,
  claims,
} = require('./helpers.js')
const { derive, signRaw, signText, verifyNow } = require('./helpers.js')

const unsigned = (header, body = claims()) =>
  `${base64url(JSON.stringify(header))}.${base64url(JSON.stringify(body))}`

describe('a token with another algorithm is rejected', () => {
  test('none in any spelling, without a signature and with a right one', () => {
    for (const alg of ['none', 'None', 'NONE', 'nOnE', 'none ', '']) {
      assertRejected(`${unsigned({ alg, typ: 'JWT' })}.`, 'MALFORMED')
      assertRejected(unsigned({ alg, typ: 'JWT' }), 'MALFORMED')
      assertRejected(signRaw({ ...HEADER, alg }, claims()), 'HEADER')
    }
  })

  test('RS256, and HS256 with a public key as the secret', () => {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const pem = publicKey.export({ type: 'spki', format: 'pem' })
    assertRejected(signRaw(HEADER, claims(), pem), 'SIGNATURE')
    const input = unsigned({ alg: 'RS256', typ: 'JWT' })
    assertRejected(
      `${input}.${rsaSign('sha256', Buffer.from(input), privateKey).toString('base64url')}`,
      'MALFORMED',
    )
    assertRejected(signRaw({ ...HEADER, alg: 'RS256' }, claims()), 'HEADER')
  })

  test('HS384 and HS512 with the right key', () => {
    for (const bits of [384, 512]) {
      const input = unsigned({ ...HEADER, alg: `HS${bits}` })
      assertRejected(signText(input, undefined, `sha${bits}`), 'MALFORMED')
    }
  })

  test('HS256 with an empty key, or with the master key instead of the derived key', () => {
    for (const key of ['', '\0', Buffer.alloc(32), MASTER_KEY, derive(MASTER_KEY).toString('hex')]) {
      assertRejected(signRaw(HEADER, claims(), key), 'SIGNATURE')
    }
  })
})

describe('a key that the token itself names or contains is not used', () => {
  const own = Buffer.from('the key of an attacker')

  test('jwk', () => {
    assertRejected(
      signRaw({ ...HEADER, jwk: { kty: 'oct', k: own.toString('base64url') } }, claims(), own),
      'SIGNATURE',
    )
  })

  test('jku, x5u and x5c', () => {
    for (const name of ['jku', 'x5u', 'x5c']) {
      assertRejected(
        signRaw({ ...HEADER, [name]: 'http://127.0.0.1:1/keys.json' }, claims(), own),
        'SIGNATURE',
      )
    }
  })

  test('kid with a path, SQL, a command or a name of a prototype', () => {
    for (const kid of ['../../../dev/null', "' UNION SELECT 'key", '| whoami', '__proto__', 'constructor']) {
      assertRejected(signRaw({ ...HEADER, kid }, claims(), ''), 'SIGNATURE')
    }
  })
})

describe('a token with critical header parameters is rejected', () => {
  test('crit with unknown and known names, and an empty one', () => {
    for (const crit of [['unknown'], ['b64'], ['exp'], []])
      assertRejected(signRaw({ ...HEADER, crit }, claims()), 'HEADER')
  })

  test('b64 false, with the claims encoded and not encoded', () => {
    const header = { ...HEADER, b64: false, crit: ['b64'] }
    assertRejected(signRaw(header, claims()), 'HEADER')
    const input = `${base64url(JSON.stringify(header))}.${JSON.stringify(claims())}`
    assertRejected(signText(input), 'MALFORMED')
  })
})

describe('a token has one encoding only', () => {
  const token = signRaw(HEADER, claims())
  const [header, body, signature] = token.split('.')

  test('the token that these tests change is accepted', () =>
    assert.equal(verifyNow(token).userId, 'Custom:42'))

  test('unused bits at the end of the signature are rejected', () => {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    const last = alphabet.indexOf(signature.at(-1))
    for (const bits of [1, 2, 3]) assertRejected(`${token.slice(0, -1)}${alphabet[last ^ bits]}`, 'MALFORMED')
  })

  test('unused bits in header and claims are rejected, with a right signature', () => {
    // 'e31' and 'e30' both decode to '{}' where the last bits do not count.
    assert.equal(Buffer.from('e31', 'base64url').toString(), '{}')
    assertRejected(signText(`e31.${body}`), 'MALFORMED')
    assertRejected(signText(`${header}.e31`), 'MALFORMED')
  })

  test('padding, the standard alphabet and white space are rejected, with a right signature', () => {
    const withSlash = signRaw(HEADER, claims({ pad: '~~~???>>>' }))
    assert.match(withSlash, /[-_]/)
    assert.equal(verifyNow(withSlash).userId, 'Custom:42')
    const [head, rest] = withSlash.split('.')
    assertRejected(signText(`${head}.${rest.replaceAll('-', '+').replaceAll('_', '/')}`), 'MALFORMED')
    for (const stray of ['=', '==', ' ', '\n', '\t', '\0', '%3D', 'é', '\u0141']) {
      assertRejected(signText(`${header}${stray}.${body}`), 'MALFORMED')
      assertRejected(signText(`${header}.${body}${stray}`), 'MALFORMED')
      assertRejected(signText(`${header}.${stray}${body}`), 'MALFORMED')
      assertRejected(`${token}${stray}`, 'MALFORMED')
      assertRejected(`${stray}${token}`, 'MALFORMED')
    }
  })

  test('characters with the same low byte as the right ones are rejected', () => {
    for (const at of [0, header.length + 5, token.length - 5]) {
      const twin = String.fromCharCode(token.charCodeAt(at) + 0x100)
      assertRejected(token.slice(0, at) + twin + token.slice(at + 1), 'MALFORMED')
    }
  })

  test('empty and short signatures are rejected', () => {
    for (let length = 0; length < signature.length; length++) {
      assertRejected(`${header}.${body}.${signature.slice(0, length)}`, 'MALFORMED')
    }
  })

  test('the Bearer scheme, quotes and the JSON serialization are rejected', () => {
    for (const text of [
      `Bearer ${token}`,
      `"${token}"`,
      `${token},${token}`,
      JSON.stringify({ payload: body, protected: header, signature }),
    ]) {
      assertRejected(text, 'MALFORMED')
    }
  })

  test('invalid UTF-8 is rejected', () => {
    const text = JSON.stringify(claims({ uid: 'X' }))
    for (const bytes of ['ff', 'c080', 'eda080', 'f4908080', 'e2', '80']) {
      const broken = Buffer.from(
        Buffer.from(text).toString('hex').replace('2258227d', `2258${bytes}227d`),
        'hex',
      )
      assert.notEqual(broken.length, text.length)
      assertRejected(signRaw(HEADER, broken), 'MALFORMED')
    }
  })
})

describe('JSON has one meaning only', () => {
  test('a name given twice is rejected, also escaped, nested or in the header', () => {
    const text = JSON.stringify(claims()).slice(0, -1)
    for (const more of [
      '"uid":"Custom:1"',
      '"\\u0075id":"Custom:1"',
      '"exp":1',
      '"x":1,"x":1',
      '"x":{"y":1,"y":2}',
      '"x":[{"y":1,"\\u0079":2}]',
    ]) {
      assertRejected(signRaw(HEADER, `${text},${more}}`), 'MALFORMED')
    }
    assertRejected(signRaw('{"alg":"HS256","alg":"none"}', claims()), 'MALFORMED')
    const many = Array.from({ length: 100 }, (_, at) => `"n${at}":${at}`).join()
    assert.equal(verifyNow(signRaw(HEADER, `${text},${many}}`)).claims.n99, 99)
    assertRejected(signRaw(HEADER, `${text},${many},"n50":0}`), 'MALFORMED')
  })

  test('lone surrogates are rejected', () => {
    for (const lone of ['\\ud800', '\\udc00', '\\ud800\\ud800', 'x\\udfffx']) {
      assertRejected(signRaw(HEADER, JSON.stringify(claims({ uid: '@' })).replace('@', lone)), 'MALFORMED')
      assertRejected(signRaw(HEADER, JSON.stringify(claims({ '@': 1 })).replace('@', lone)), 'MALFORMED')
    }
    const pair = signRaw(HEADER, JSON.stringify(claims({ uid: '@' })).replace('@', '\\ud83d\\ude00'))
    assert.equal(verifyNow(pair).userId, '😀')
  })

  test('__proto__ and constructor are names like any others', () => {
    const text = JSON.stringify(claims()).slice(0, -1)
    const token = signRaw(
      HEADER,
      `${text},"__proto__":{"admin":true},"constructor":{"prototype":{"admin":true}}}`,
    )
    const { claims: own } = verifyNow(token)
    assert.equal(own.admin, undefined)
    assert.equal({}.admin, undefined)
    assert.equal(Object.getPrototypeOf(own), Object.prototype)
    assert.deepEqual(Object.getOwnPropertyDescriptor(own, '__proto__').value, { admin: true })
    assert.deepEqual(own.constructor, { prototype: { admin: true } })
  })

  test('claims cannot come from __proto__', () => {
    const inherited = `${JSON.stringify(claims({ uid: undefined, exp: undefined })).slice(0, -1)},"__proto__":{"uid":"Custom:1","exp":9e15}}`
    assertRejected(signRaw(HEADER, inherited), 'CLAIM', 'exp')
  })

  test('numbers that are not finite are rejected', () => {
    const text = JSON.stringify(claims()).slice(0, -1)
    for (const number of ['1e999', '-1e999', '123456789e400'])
      assertRejected(signRaw(HEADER, `${text},"x":[${number}]}`), 'MALFORMED')
    assert.equal(verifyNow(signRaw(HEADER, `${text},"x":1e-999}`)).claims.x, 0)
    // Claims of the form that most tokens have, but for digits beyond every double.
    for (const exp of ['9'.repeat(400), '1e999']) {
      assertRejected(
        signRaw(HEADER, JSON.stringify(claims({ exp: 9e9 })).replace('9000000000', exp)),
        'MALFORMED',
      )
    }
  })
})

describe('a token that takes long to read is rejected soon', () => {
  const soon = (run) => {
    const start = process.hrtime.bigint()
    run()
    const ms = Number(process.hrtime.bigint() - start) / 1e6
    assert.ok(ms < 1000, `took ${ms} ms`)
  }

  test('megabytes of text, and thousands of dots', () => {
    for (const text of [
      '.'.repeat(1e7),
      'a'.repeat(1e7),
      `${'a.'.repeat(5e6)}`,
      '\0'.repeat(1e7),
      '.'.repeat(65_536),
      'a.'.repeat(32_768),
    ]) {
      soon(() => assertRejected(text, 'MALFORMED'))
      soon(() => assert.throws(() => decode(text), { code: 'ERR_ZUMO_JWT_MALFORMED' }))
    }
  })

  test('a long token is malformed wherever its text is cut', () => {
    for (const character of ['😀', '€', 'é', '\ud83d', 'a.']) {
      for (const length of [4090, 4096, 65_530, 65_536, 70_000]) {
        for (let before = 0; before < 8; before++)
          assertRejected('a'.repeat(before) + character.repeat(length / character.length), 'MALFORMED')
      }
    }
  })

  const cannotLimit = spawnSync('prlimit', ['--version']).status !== 0
  test('text that memory is too short for does not end the process', { skip: cannotLimit }, () => {
    const script = `
      const { decode, zumoJwt } = require('zumo-jwt')
      const bytes = Buffer.alloc(2e8, '.')
      const text = bytes.toString('latin1')
      const [, size] = /VmSize:\\s+(\\d+)/.exec(require('node:fs').readFileSync('/proc/self/status', 'utf8'))
      const limit = '--as=' + (size * 1024 + bytes.length / 2)
      require('node:child_process').execFileSync('prlimit', [limit, '--pid', process.pid])
      try { decode(text) } catch ({ code }) { console.log(code) }
      try { zumoJwt(0, 'aud', text, 'key') } catch ({ message }) { console.log(message) }`
    const options = { cwd: __dirname, encoding: 'utf8' }
    const { status, stdout } = spawnSync(process.execPath, ['-e', script], options)
    assert.deepEqual([status, stdout], [0, 'ERR_ZUMO_JWT_MALFORMED\nzumo-jwt failed unexpectedly\n'])
  })

  test('thousands of names, and thousands of levels', () => {
    const names = `{${Array.from({ length: 5000 }, (_, at) => `"${at.toString(36)}":1`).join()}}`
    const levels = `{"a":${'['.repeat(20_000)}`
    for (const text of [names, levels, '{"a":'.repeat(9000)])
      soon(() => assert.throws(() => verifyNow(signRaw(HEADER, text)), ZumoJwtError))
  })
})

test('claims with small changes are read as JSON.parse reads them, or rejected', () => {
  const text = JSON.stringify(claims({ exp: 9e9 }))
  const variants = [
    '09',
    '9.',
    '.9',
    '9e9',
    '9E9',
    '-9',
    '+9',
    '9.5',
    '9.50',
    '0',
    '0.5',
    '9 ',
    ' 9',
    '9_0',
    'Infinity',
  ]
  const texts = [
    ...variants.map((exp) => text.replace('9000000000', exp)),
    ...['2.0', '"2"', '3', '12', '02', ''].map((ver) => text.replace('"ver":2', `"ver":${ver}`)),
    ...['\\u0041', '\\"', '\\x', '"', '\n', '\u007f', 'é', '\\', '","uid":"x'].flatMap((more) => [
      text.replace('your-aud', more),
      text.replace('Custom:42', more),
    ]),
    text.replace('Custom:42', ''),
    text.replace('{', '{ '),
    `${text} `,
    `${text}}`,
    text.slice(0, -1),
  ]
  for (const own of texts) {
    let expected
    try {
      expected = JSON.parse(own)
    } catch {}
    try {
      assert.deepEqual(verify(signRaw(HEADER, own), MASTER_KEY, { now: new Date(-8e15) }).claims, expected)
    } catch (error) {
      assert.ok(error instanceof ZumoJwtError, error)
      assert.ok(error.code !== 'ERR_ZUMO_JWT_MALFORMED' || !expected || own.includes('"uid":"x'), own)
    }
  }
})

test('a token with any one character changed is rejected', () => {
  for (const token of [
    zumoJwt(NOW + 1000, 'your-aud', 'Custom:42', MASTER_KEY),
    signRaw({ typ: 'JWT', alg: 'HS256', x: '?' }, claims()),
  ]) {
    assert.equal(verifyNow(token).userId, 'Custom:42')
    for (let at = 0; at < token.length; at++) {
      for (const character of 'AQgwBz0_-9.=+/ ~\u0141') {
        if (token[at] === character) continue
        assert.throws(() => verifyNow(token.slice(0, at) + character + token.slice(at + 1)), ZumoJwtError)
      }
      assert.throws(() => verifyNow(token.slice(0, at) + token.slice(at + 1)), ZumoJwtError)
    }
  }
})

test('random text and mutated tokens never verify, and no error holds a key, a token or a claim', () => {
  const secrets = ['secret-audience', 'secret-user', 'secret-claim', 'secret-key']
  const body = claims({ aud: 'secret-audience', uid: 'secret-user', 'secret-claim': 'secret-claim' })
  const token = signRaw(HEADER, body, derive('secret-key'))
  assert.equal(
    verify(token, 'secret-key', { now: new Date(NOW), audience: 'secret-audience' }).userId,
    'secret-user',
  )
  const mutated = fc
    .tuple(fc.nat(token.length), fc.nat(10), fc.string({ unit: 'binary', maxLength: 10 }))
    .map(([at, cut, text]) => token.slice(0, at) + text + token.slice(at + cut))
    .filter((text) => text !== token)
  const goop = fc.string({ unit: 'binary', maxLength: 300 })
  // Rightly signed, so that what lies behind the signature is reached too.
  const bodies = [body, claims({ exp: NOW, aud: 'secret-audience', uid: 'secret-user' })]
  const character = fc.oneof(
    fc.constantFrom(...'"\\,:.01eE-+{} \n'),
    fc.string({ unit: 'binary', maxLength: 5 }),
  )
  const resigned = fc
    .tuple(fc.constantFrom(...bodies.map((own) => JSON.stringify(own))), fc.nat(200), fc.nat(5), character)
    .map(([text, at, cut, more]) => text.slice(0, at) + more + text.slice(at + cut))
  fc.assert(
    fc.property(fc.oneof(goop, mutated), (text) => {
      assert.throws(
        () => verify(text, 'secret-key', { now: new Date(NOW) }),
        (error) => {
          assertHoldsNone(error, secrets)
          return error instanceof ZumoJwtError
        },
      )
    }),
    { numRuns: 10_000 },
  )
  fc.assert(
    fc.property(resigned, (text) => {
      try {
        const { claims: own } = verify(signRaw(HEADER, text, derive('secret-key')), 'secret-key', {
          now: new Date(NOW),
        })
        assert.deepEqual(own, JSON.parse(text))
      } catch (error) {
        if (!(error instanceof ZumoJwtError)) throw error
        assertHoldsNone(error, secrets)
      }
    }),
    { numRuns: 30_000 },
  )
})
