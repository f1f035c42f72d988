'use strict'

// The published weaknesses of JWT libraries, each with a token that would get through one that has it.

const assert = require('node:assert/strict')
const { spawnSync } = require('node:child_process')
const { createHmac, generateKeyPairSync, sign: rsaSign } = require('node:crypto')
const { describe, test } = require('node:test')
const fc = require('fast-check')
const { decode, verify, zumoJwt, ZumoJwtError } = require('zumo-jwt')
const { HEADER, MASTER_KEY, NOW, base64url, claims, derive, forge } = require('./helpers.js')

const check = (token, options) => verify(token, MASTER_KEY, { now: new Date(NOW), ...options })
const refused = (token, code, options) =>
  assert.throws(() => check(token, options), { name: 'ZumoJwtError', code: `ERR_ZUMO_JWT_${code}` })
const unsigned = (header, body = claims()) =>
  `${base64url(JSON.stringify(header))}.${base64url(JSON.stringify(body))}`

describe('algorithm', () => {
  test('none, in every spelling, with no signature and with a right one', () => {
    for (const alg of ['none', 'None', 'NONE', 'nOnE', 'none ', '']) {
      refused(`${unsigned({ alg, typ: 'JWT' })}.`, 'MALFORMED')
      refused(unsigned({ alg, typ: 'JWT' }), 'MALFORMED')
      refused(forge({ ...HEADER, alg }, claims()), 'HEADER')
    }
  })

  test('RS256 confusion: a public key as the secret, and a real RS256 signature', () => {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const pem = publicKey.export({ type: 'spki', format: 'pem' })
    refused(forge(HEADER, claims(), pem), 'SIGNATURE')
    const input = unsigned({ alg: 'RS256', typ: 'JWT' })
    refused(
      `${input}.${rsaSign('sha256', Buffer.from(input), privateKey).toString('base64url')}`,
      'MALFORMED',
    )
    refused(forge({ ...HEADER, alg: 'RS256' }, claims()), 'HEADER')
  })

  test('HS384 and HS512 with the right key', () => {
    for (const bits of [384, 512]) {
      const input = unsigned({ ...HEADER, alg: `HS${bits}` })
      refused(
        `${input}.${createHmac(`sha${bits}`, derive(MASTER_KEY)).update(input).digest('base64url')}`,
        'MALFORMED',
      )
    }
  })

  test('a blank key, and the master key itself', () => {
    for (const key of ['', '\0', Buffer.alloc(32), MASTER_KEY, derive(MASTER_KEY).toString('hex')]) {
      refused(forge(HEADER, claims(), key), 'SIGNATURE')
    }
  })
})

describe('keys that a token brings along', () => {
  const own = Buffer.from('the key of an attacker')

  test('an embedded jwk', () => {
    refused(
      forge({ ...HEADER, jwk: { kty: 'oct', k: own.toString('base64url') } }, claims(), own),
      'SIGNATURE',
    )
  })

  test('jku, x5u and x5c', () => {
    for (const name of ['jku', 'x5u', 'x5c']) {
      refused(forge({ ...HEADER, [name]: 'http://127.0.0.1:1/keys.json' }, claims(), own), 'SIGNATURE')
    }
  })

  test('kid injection', () => {
    for (const kid of ['../../../dev/null', "' UNION SELECT 'key", '| whoami', '__proto__', 'constructor']) {
      refused(forge({ ...HEADER, kid }, claims(), ''), 'SIGNATURE')
    }
  })
})

describe('critical headers', () => {
  test('crit, understood by nobody, or empty', () => {
    for (const crit of [['unknown'], ['b64'], ['exp'], []])
      refused(forge({ ...HEADER, crit }, claims()), 'HEADER')
  })

  test('b64 false, with the claims as they are and encoded', () => {
    const header = { ...HEADER, b64: false, crit: ['b64'] }
    refused(forge(header, claims()), 'HEADER')
    const input = `${base64url(JSON.stringify(header))}.${JSON.stringify(claims())}`
    refused(
      `${input}.${createHmac('sha256', derive(MASTER_KEY)).update(input).digest('base64url')}`,
      'MALFORMED',
    )
  })
})

describe('encoding', () => {
  const token = forge(HEADER, claims())
  const [header, body, signature] = token.split('.')
  const signed = (input) =>
    `${input}.${createHmac('sha256', derive(MASTER_KEY)).update(input).digest('base64url')}`

  test('the token of these tests is right', () => assert.equal(check(token).userId, 'Custom:42'))

  test('signature bits that decoders drop', () => {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    const last = alphabet.indexOf(signature.at(-1))
    for (const bits of [1, 2, 3]) refused(`${token.slice(0, -1)}${alphabet[last ^ bits]}`, 'MALFORMED')
  })

  test('stray bits in header and claims under a right signature', () => {
    // 'e31' and 'e30' both decode to '{}' where the last bits do not count.
    assert.equal(Buffer.from('e31', 'base64url').toString(), '{}')
    refused(signed(`e31.${body}`), 'MALFORMED')
    refused(signed(`${header}.e31`), 'MALFORMED')
  })

  test('padding, the other alphabet and white space under a right signature', () => {
    const withSlash = forge(HEADER, claims({ pad: '~~~???>>>' }))
    assert.match(withSlash, /[-_]/)
    assert.equal(check(withSlash).userId, 'Custom:42')
    const [head, rest] = withSlash.split('.')
    refused(signed(`${head}.${rest.replaceAll('-', '+').replaceAll('_', '/')}`), 'MALFORMED')
    for (const stray of ['=', '==', ' ', '\n', '\t', '\0', '%3D', 'é', '\u0141']) {
      refused(signed(`${header}${stray}.${body}`), 'MALFORMED')
      refused(signed(`${header}.${body}${stray}`), 'MALFORMED')
      refused(signed(`${header}.${stray}${body}`), 'MALFORMED')
      refused(`${token}${stray}`, 'MALFORMED')
      refused(`${stray}${token}`, 'MALFORMED')
    }
  })

  test('characters that share their low byte with the right ones', () => {
    for (const at of [0, header.length + 5, token.length - 5]) {
      const twin = String.fromCharCode(token.charCodeAt(at) + 0x100)
      refused(token.slice(0, at) + twin + token.slice(at + 1), 'MALFORMED')
    }
  })

  test('empty and short signatures', () => {
    for (let length = 0; length < signature.length; length++) {
      refused(`${header}.${body}.${signature.slice(0, length)}`, 'MALFORMED')
    }
  })

  test('the Bearer scheme, quotes and the JSON serialization', () => {
    for (const text of [
      `Bearer ${token}`,
      `"${token}"`,
      `${token},${token}`,
      JSON.stringify({ payload: body, protected: header, signature }),
    ]) {
      refused(text, 'MALFORMED')
    }
  })

  test('invalid UTF-8', () => {
    const text = JSON.stringify(claims({ uid: 'X' }))
    for (const bytes of ['ff', 'c080', 'eda080', 'f4908080', 'e2', '80']) {
      const broken = Buffer.from(
        Buffer.from(text).toString('hex').replace('2258227d', `2258${bytes}227d`),
        'hex',
      )
      assert.notEqual(broken.length, text.length)
      refused(forge(HEADER, broken), 'MALFORMED')
    }
  })
})

describe('JSON', () => {
  test('a name twice, also escaped, nested or in the header', () => {
    const text = JSON.stringify(claims()).slice(0, -1)
    for (const more of [
      '"uid":"Custom:1"',
      '"\\u0075id":"Custom:1"',
      '"exp":1',
      '"x":1,"x":1',
      '"x":{"y":1,"y":2}',
      '"x":[{"y":1,"\\u0079":2}]',
    ]) {
      refused(forge(HEADER, `${text},${more}}`), 'MALFORMED')
    }
    refused(forge('{"alg":"HS256","alg":"none"}', claims()), 'MALFORMED')
    const many = Array.from({ length: 100 }, (_, at) => `"n${at}":${at}`).join()
    assert.equal(check(forge(HEADER, `${text},${many}}`)).claims.n99, 99)
    refused(forge(HEADER, `${text},${many},"n50":0}`), 'MALFORMED')
  })

  test('lone surrogates', () => {
    for (const lone of ['\\ud800', '\\udc00', '\\ud800\\ud800', 'x\\udfffx']) {
      refused(forge(HEADER, JSON.stringify(claims({ uid: '@' })).replace('@', lone)), 'MALFORMED')
      refused(forge(HEADER, JSON.stringify(claims({ '@': 1 })).replace('@', lone)), 'MALFORMED')
    }
    const pair = forge(HEADER, JSON.stringify(claims({ uid: '@' })).replace('@', '\\ud83d\\ude00'))
    assert.equal(check(pair).userId, '😀')
  })

  test('__proto__ and constructor are names like others', () => {
    const text = JSON.stringify(claims()).slice(0, -1)
    const token = forge(
      HEADER,
      `${text},"__proto__":{"admin":true},"constructor":{"prototype":{"admin":true}}}`,
    )
    const { claims: own } = check(token)
    assert.equal(own.admin, undefined)
    assert.equal({}.admin, undefined)
    assert.equal(Object.getPrototypeOf(own), Object.prototype)
    assert.deepEqual(Object.getOwnPropertyDescriptor(own, '__proto__').value, { admin: true })
    assert.deepEqual(own.constructor, { prototype: { admin: true } })
  })

  test('claims that an inherited property would supply', () => {
    const inherited = `${JSON.stringify(claims({ uid: undefined, exp: undefined })).slice(0, -1)},"__proto__":{"uid":"Custom:1","exp":9e15}}`
    refused(forge(HEADER, inherited), 'CLAIM')
  })

  test('numbers that are not finite', () => {
    const text = JSON.stringify(claims()).slice(0, -1)
    for (const number of ['1e999', '-1e999', '123456789e400'])
      refused(forge(HEADER, `${text},"x":[${number}]}`), 'MALFORMED')
    assert.equal(check(forge(HEADER, `${text},"x":1e-999}`)).claims.x, 0)
    // Claims of the form that most tokens have, but for digits beyond every double.
    for (const exp of ['9'.repeat(400), '1e999']) {
      refused(forge(HEADER, JSON.stringify(claims({ exp: 9e9 })).replace('9000000000', exp)), 'MALFORMED')
    }
  })
})

describe('floods', () => {
  const soon = (run) => {
    const start = process.hrtime.bigint()
    run()
    const ms = Number(process.hrtime.bigint() - start) / 1e6
    assert.ok(ms < 1000, `took ${ms} ms`)
  }

  test('huge tokens, and floods of dots', () => {
    for (const text of [
      '.'.repeat(1e7),
      'a'.repeat(1e7),
      `${'a.'.repeat(5e6)}`,
      '\0'.repeat(1e7),
      '.'.repeat(65_536),
      'a.'.repeat(32_768),
    ]) {
      soon(() => refused(text, 'MALFORMED'))
      soon(() => assert.throws(() => decode(text), { code: 'ERR_ZUMO_JWT_MALFORMED' }))
    }
  })

  const cannotLimit = spawnSync('prlimit', ['--version']).status !== 0
  test('a token that memory is too short for does not end the process', { skip: cannotLimit }, () => {
    const script = `
      const { decode } = require('zumo-jwt')
      const bytes = Buffer.alloc(2e8, '.')
      const token = bytes.toString('latin1')
      const [, size] = /VmSize:\\s+(\\d+)/.exec(require('node:fs').readFileSync('/proc/self/status', 'utf8'))
      const limit = '--as=' + (size * 1024 + bytes.length / 2)
      require('node:child_process').execFileSync('prlimit', [limit, '--pid', process.pid])
      try { decode(token) } catch ({ message }) { console.log(message) }`
    const options = { cwd: __dirname, encoding: 'utf8' }
    const { status, stdout } = spawnSync(process.execPath, ['-e', script], options)
    assert.deepEqual([status, stdout], [0, 'zumo-jwt failed unexpectedly\n'])
  })

  test('thousands of names, and of levels', () => {
    const names = `{${Array.from({ length: 5000 }, (_, at) => `"${at.toString(36)}":1`).join()}}`
    const levels = `{"a":${'['.repeat(20_000)}`
    for (const text of [names, levels, '{"a":'.repeat(9000)])
      soon(() => assert.throws(() => check(forge(HEADER, text)), ZumoJwtError))
  })
})

test('claims that nearly have the form of most tokens are read like any others', () => {
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
      assert.deepEqual(verify(forge(HEADER, own), MASTER_KEY, { now: new Date(-8e15) }).claims, expected)
    } catch (error) {
      assert.ok(error instanceof ZumoJwtError, error)
      assert.ok(error.code !== 'ERR_ZUMO_JWT_MALFORMED' || !expected || own.includes('"uid":"x'), own)
    }
  }
})

test('every single-character change of a token is refused', () => {
  for (const token of [
    zumoJwt(NOW + 1000, 'your-aud', 'Custom:42', MASTER_KEY),
    forge({ typ: 'JWT', alg: 'HS256', x: '?' }, claims()),
  ]) {
    assert.equal(check(token).userId, 'Custom:42')
    for (let at = 0; at < token.length; at++) {
      for (const character of 'AQgwBz0_-9.=+/ ~\u0141') {
        if (token[at] === character) continue
        assert.throws(() => check(token.slice(0, at) + character + token.slice(at + 1)), ZumoJwtError)
      }
      assert.throws(() => check(token.slice(0, at) + token.slice(at + 1)), ZumoJwtError)
    }
  }
})

test('random text and mutated tokens never verify, and no error holds a value', () => {
  const secrets = ['secret-audience', 'secret-user', 'secret-claim', 'secret-key']
  const body = claims({ aud: 'secret-audience', uid: 'secret-user', 'secret-claim': 'secret-claim' })
  const token = forge(HEADER, body, derive('secret-key'))
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
  const holdsNothing = (error) => {
    const text = `${error.message}${error.stack}${JSON.stringify(error)}`
    for (const secret of secrets) assert.ok(!text.includes(secret), 'the error holds a value')
  }
  fc.assert(
    fc.property(fc.oneof(goop, mutated), (text) => {
      assert.throws(
        () => verify(text, 'secret-key', { now: new Date(NOW) }),
        (error) => {
          holdsNothing(error)
          return error instanceof ZumoJwtError
        },
      )
    }),
    { numRuns: 10_000 },
  )
  fc.assert(
    fc.property(resigned, (text) => {
      try {
        const { claims: own } = verify(forge(HEADER, text, derive('secret-key')), 'secret-key', {
          now: new Date(NOW),
        })
        assert.deepEqual(own, JSON.parse(text))
      } catch (error) {
        if (!(error instanceof ZumoJwtError)) throw error
        holdsNothing(error)
      }
    }),
    { numRuns: 30_000 },
  )
})
