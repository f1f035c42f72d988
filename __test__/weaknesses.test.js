'use strict'

// The published weaknesses of JWT libraries, each with a token that a library with this weakness accepts.

const assert = require('node:assert/strict')
const { spawnSync } = require('node:child_process')
const { generateKeyPairSync, sign: rsaSign } = require('node:crypto')
const { describe, test } = require('node:test')
const fc = require('fast-check')
const { decode, verify, zumoJwt, ZumoJwtError } = require('zumo-jwt')
const { HEADER, MASTER_KEY, NOW, assertHoldsNone, assertRejected, base64url } = require('./helpers.js')
const { claims, derive, signRaw, signText, verifyNow } = require('./helpers.js')

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
    assertRejected(signRaw(HEADER, claims(), publicKey.export({ type: 'spki', format: 'pem' })), 'SIGNATURE')
    const input = unsigned({ alg: 'RS256', typ: 'JWT' })
    const signature = rsaSign('sha256', Buffer.from(input), privateKey).toString('base64url')
    assertRejected(`${input}.${signature}`, 'MALFORMED')
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
  const url = 'http://127.0.0.1:1/keys.json'
  for (const [name, values, key = own] of [
    ['jwk', [{ kty: 'oct', k: own.toString('base64url') }]],
    ['jku', [url]],
    ['x5u', [url]],
    ['x5c', [[own.toString('base64')]]],
    ['kid', ['../../../dev/null', "' UNION SELECT 'key", '| whoami', '__proto__', 'constructor'], ''],
  ]) {
    test(name, () => {
      for (const value of values) {
        assertRejected(signRaw({ ...HEADER, [name]: value }, claims(), key), 'SIGNATURE')
      }
    })
  }
})

describe('a token with critical header parameters is rejected', () => {
  test('crit with unknown and known names, and an empty one', () => {
    for (const crit of [['unknown'], ['b64'], ['exp'], []]) {
      assertRejected(signRaw({ ...HEADER, crit }, claims()), 'HEADER')
    }
  })

  test('b64 false, with the claims encoded and not encoded', () => {
    const header = { ...HEADER, b64: false, crit: ['b64'] }
    assertRejected(signRaw(header, claims()), 'HEADER')
    assertRejected(signText(`${base64url(JSON.stringify(header))}.${JSON.stringify(claims())}`), 'MALFORMED')
  })
})

describe('a token has one encoding only', () => {
  const token = signRaw(HEADER, claims({ pad: '~~~???>>>' }))
  const [header, body, signature] = token.split('.')

  test('the token that these tests change is accepted', () => {
    assert.match(body, /[-_]/)
    assert.equal(verifyNow(token).userId, 'Custom:42')
  })

  test('anything but three parts that are not empty is rejected', () => {
    const parts = [header, body, signature]
    for (const text of [
      ...['', '.', '..', '...', header, `${header}.${body}`, `${header}.${body}.`, `.${body}.${signature}`],
      ...[`${header}..${signature}`, `${token}.`, `.${token}`, `${token}.${signature}`],
      ...[[header, ...parts].join('.'), `Bearer ${token}`, `"${token}"`, `${token},${token}`],
      [...parts, body, signature].join('.'),
      JSON.stringify({ payload: body, protected: header, signature }),
      `{"${header}.${body}.":"","protected":"${header}","payload":"${body}","signature":"${signature}"}`,
    ]) {
      assertRejected(text, 'MALFORMED')
    }
  })

  test('padding, the standard alphabet and white space are rejected, with a right signature', () => {
    assertRejected(signText(`${header}.${body.replaceAll('-', '+').replaceAll('_', '/')}`), 'MALFORMED')
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

  test('signatures of another length are rejected', () => {
    const bytes = Buffer.from(signature, 'base64url')
    for (let length = 0; length < signature.length; length++) {
      assertRejected(`${header}.${body}.${signature.slice(0, length)}`, 'MALFORMED')
    }
    for (const wrong of [bytes.subarray(0, 31), Buffer.alloc(33, bytes), Buffer.concat([bytes, bytes])]) {
      assertRejected(`${header}.${body}.${wrong.toString('base64url')}`, 'MALFORMED')
    }
  })

  test('invalid UTF-8 is rejected', () => {
    const [before, after] = JSON.stringify(claims({ uid: '@' })).split('@')
    for (const bytes of ['ff', 'c080', 'eda080', 'f4908080', 'e2', '80']) {
      const broken = [Buffer.from(before), Buffer.from(bytes, 'hex'), Buffer.from(after)]
      assertRejected(signRaw(HEADER, Buffer.concat(broken)), 'MALFORMED')
    }
  })
})

test('an issuer or an audience that is only like the expected one is rejected', () => {
  const expected = 'https://sité.example/zumo'
  const ofExpected = signRaw(HEADER, claims({ iss: expected, aud: expected }))
  for (const one of [expected, ['other', expected]]) {
    assert.equal(verifyNow(ofExpected, { issuer: one, audience: one }).userId, 'Custom:42')
    for (const value of [
      ...['https://sité.example', 'sité.example/zumo', 'sité', '', '.*', expected.normalize('NFD')],
      ...[`https://other.example/${expected}`, `${expected}.other.example`, 'https://SITÉ.example/zumo'],
      ...[`${expected}/`, ` ${expected}`, `${expected}\n`, `${expected}\0`, encodeURI(expected)],
      ...[[[expected]], { [expected]: 1 }],
    ]) {
      assertRejected(signRaw(HEADER, claims({ iss: value })), 'ISSUER', 'iss', { issuer: one })
      for (const aud of [value, [value], [value, 'another']]) {
        assertRejected(signRaw(HEADER, claims({ aud })), 'AUDIENCE', 'aud', { audience: one })
      }
    }
    assertRejected(signRaw(HEADER, claims({ iss: [expected] })), 'ISSUER', 'iss', { issuer: one })
    assertRejected(signRaw(HEADER, claims({ aud: [expected, 1] })), 'AUDIENCE', 'aud', { audience: one })
  }
})

describe('JSON has one meaning only', () => {
  const text = JSON.stringify(claims()).slice(0, -1)
  const withMore = (more) => signRaw(HEADER, `${text},${more}}`)

  test('a name given twice is rejected, also escaped, nested or in the header', () => {
    for (const more of [
      '"uid":"Custom:1"',
      '"\\u0075id":"Custom:1"',
      '"x":1,"x":1',
      '"x":[{"y":1,"\\u0079":2}]',
    ]) {
      assertRejected(withMore(more), 'MALFORMED')
    }
    assertRejected(signRaw('{"alg":"HS256","alg":"none"}', claims()), 'MALFORMED')
  })

  test('__proto__ and constructor are names like any others', () => {
    const token = withMore('"__proto__":{"admin":true},"constructor":{"prototype":{"admin":true}}')
    const { claims: own } = verifyNow(token)
    assert.deepEqual([own.admin, {}.admin], [undefined, undefined])
    assert.equal(Object.getPrototypeOf(own), Object.prototype)
    assert.deepEqual(Object.getOwnPropertyDescriptor(own, '__proto__').value, { admin: true })
    assert.deepEqual(own.constructor, { prototype: { admin: true } })
  })

  test('claims cannot come from __proto__', () => {
    const own = JSON.stringify(claims({ uid: undefined, exp: undefined })).slice(0, -1)
    assertRejected(signRaw(HEADER, `${own},"__proto__":{"uid":"Custom:1","exp":9e15}}`), 'CLAIM', 'exp')
    assertRejected(signRaw('{"__proto__":{"alg":"HS256"}}', claims()), 'HEADER')
  })
})

describe('a token that takes long to read is rejected soon', () => {
  const soon = (run) => {
    const start = performance.now()
    run()
    const ms = performance.now() - start
    assert.ok(ms < 1000, `took ${ms} ms`)
  }

  test('megabytes of text, and thousands of dots', () => {
    for (const [piece, length] of [
      ['.', 1e7],
      ['a', 1e7],
      ['a.', 5e6],
      ['\0', 1e7],
      ['.', 65_536],
      ['a.', 32_768],
    ]) {
      const text = piece.repeat(length)
      soon(() => assertRejected(text, 'MALFORMED'))
      soon(() => assert.throws(() => decode(text), { code: 'ERR_ZUMO_JWT_MALFORMED' }))
    }
  })

  test('a long token is malformed wherever its text is cut', () => {
    for (const character of ['😀', '€', 'é', '\ud83d', 'a.']) {
      for (const length of [4090, 4096, 65_530, 65_536, 70_000]) {
        for (let before = 0; before < 8; before++) {
          assertRejected('a'.repeat(before) + character.repeat(length / character.length), 'MALFORMED')
        }
      }
    }
  })

  const cannotLimit = spawnSync('prlimit', ['--version']).status !== 0
  test('text that memory is too short for does not end the process', { skip: cannotLimit }, () => {
    const script = `
      const { decode, verify, zumoJwt } = require('zumo-jwt')
      const bytes = Buffer.alloc(2e8, '.')
      const text = bytes.toString('latin1')
      const [, size] = /VmSize:\\s+(\\d+)/.exec(require('node:fs').readFileSync('/proc/self/status', 'utf8'))
      const limit = '--as=' + (size * 1024 + bytes.length / 2)
      require('node:child_process').execFileSync('prlimit', [limit, '--pid', process.pid])
      const show = (run) => { try { run() } catch ({ message }) { console.log(message) } }
      show(() => decode(text))
      show(() => verify('', 'key', { audience: [text], issuer: text }))
      show(() => zumoJwt(0, text, 'user', 'key'))
      show(() => zumoJwt(0, 'aud', text, 'key'))
      show(() => zumoJwt(0, 'aud', 'user', text))`
    const options = { cwd: __dirname, encoding: 'utf8' }
    const { status, stdout } = spawnSync(process.execPath, ['-e', script], options)
    const causes = stdout.match(/not a token|malformed|"aud"|"userId"|zumo-jwt failed unexpectedly/g)
    const expected = ['not a token', 'malformed', '"aud"', '"userId"', 'zumo-jwt failed unexpectedly']
    assert.deepEqual([status, causes], [0, expected])
  })

  test('thousands of names, and thousands of levels', () => {
    const names = Array.from({ length: 5000 }, (_, at) => `"${at.toString(36)}":1`)
    for (const text of [`{${names}}`, `{"a":${'['.repeat(20_000)}`, '{"a":'.repeat(9000)]) {
      soon(() => assert.throws(() => verifyNow(signRaw(HEADER, text)), ZumoJwtError))
    }
  })
})

test('the error for a wrong signature does not hold the right one', () => {
  const token = signRaw(HEADER, claims())
  const [header, body, signature] = token.split('.')
  const hex = Buffer.from(signature, 'base64url').toString('hex')
  for (const wrong of ['A'.repeat(43), signRaw(HEADER, claims(), 'another').split('.')[2]]) {
    const isSafe = (error) => {
      assert.equal(error.code, 'ERR_ZUMO_JWT_SIGNATURE')
      assertHoldsNone(error, [signature, hex])
      return true
    }
    assert.throws(() => verifyNow(`${header}.${body}.${wrong}`), isSafe)
  }
})

test('a token with any one character changed is rejected', () => {
  for (const token of [
    zumoJwt(NOW + 1000, 'your-aud', 'Custom:42', MASTER_KEY),
    signRaw({ typ: 'JWT', alg: 'HS256', x: '?' }, claims()),
  ]) {
    assert.equal(verifyNow(token).userId, 'Custom:42')
    for (let at = 0; at < token.length; at++) {
      for (const character of ['', ...'AQgwBz0_-9.=+/ ~\u0141']) {
        if (token[at] === character) continue
        assert.throws(() => verifyNow(token.slice(0, at) + character + token.slice(at + 1)), ZumoJwtError)
      }
    }
  }
})

test('random text and mutated tokens never verify, and no error holds a key, a token or a claim', () => {
  const secrets = ['secret-audience', 'secret-user', 'secret-claim', 'secret-key']
  const body = claims({ aud: 'secret-audience', uid: 'secret-user', 'secret-claim': 'secret-claim' })
  const sign = (claims) => signRaw(HEADER, claims, derive('secret-key'))
  const token = sign(body)
  const now = new Date(NOW)
  assert.equal(verify(token, 'secret-key', { now, audience: 'secret-audience' }).userId, 'secret-user')

  /** The claims of a token, or nothing where it is rejected. */
  const claimsOf = (text) => {
    try {
      return verify(text, 'secret-key', { now }).claims
    } catch (error) {
      if (!(error instanceof ZumoJwtError)) throw error
      assertHoldsNone(error, secrets)
    }
  }
  const binary = (maxLength) => fc.string({ unit: 'binary', maxLength })
  const changed = (text, more) =>
    fc
      .tuple(fc.nat(text.length), fc.nat(10), more)
      .map(([at, cut, it]) => text.slice(0, at) + it + text.slice(at + cut))
  const mutated = changed(token, binary(10)).filter((text) => text !== token)
  const rejected = (text) => assert.equal(claimsOf(text), undefined)
  fc.assert(fc.property(fc.oneof(binary(300), mutated), rejected), { numRuns: 10_000 })

  // Rightly signed, so that what lies behind the signature is reached too.
  const bodies = [body, claims({ exp: NOW, aud: 'secret-audience', uid: 'secret-user' })].map((own) =>
    JSON.stringify(own),
  )
  const more = fc.oneof(fc.constantFrom(...'"\\,:.01eE-+{} \n'), binary(5))
  const readAlike = (text) => {
    const own = claimsOf(sign(text))
    if (own !== undefined) assert.deepEqual(own, JSON.parse(text))
  }
  const resigned = fc.oneof(...bodies.map((text) => changed(text, more)))
  fc.assert(fc.property(resigned, readAlike), { numRuns: 30_000 })
})
