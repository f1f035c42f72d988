'use strict'

const { after, describe, test } = require('node:test')
const assert = require('node:assert/strict')
const { spawn } = require('node:child_process')
const { createHmac } = require('node:crypto')
const { mkdtempSync, rmSync, writeFileSync } = require('node:fs')
const { tmpdir } = require('node:os')
const { join } = require('node:path')
const { performance } = require('node:perf_hooks')
const { decode, sign, verify } = require('zumo-jwt')
const packageJson = require('../package.json')
const {
  AT_SITE,
  BLOGS_TOKEN,
  GOOD,
  MASTER,
  MASTER_KEY,
  PROGRAM,
  SITE_ENV,
  claims,
  inAnHour,
  onLinux,
  run,
  runCommand,
  runInShell,
  runJson,
  siteKey,
  withClaims,
} = require('./cli-helpers.js')
const { HEADER, ISSUER, SIGNING_KEY, SITE, childEnvironment, derive, signRaw } = require('./helpers.js')
const { vectors } = require('./vectors/zumo-jwt-v1.json')

describe('sign', () => {
  test('prints the token alone, for a day and of version 2', async () => {
    const before = Date.now()
    const args = ['sign', '--aud', 'your-aud', '--user', 'Custom:42']
    const { code, stdout, stderr } = await run(args, { env: MASTER })
    assert.deepEqual({ code, stderr }, { code: 0, stderr: '' })
    assert.match(stdout, /^[\w-]+\.[\w-]+\.[\w-]+\n$/)
    const { claims, header } = verify(stdout.trim(), MASTER_KEY, { audience: 'your-aud' })
    assert.equal(header.kid, '0')
    const { exp, ...others } = claims
    assert.deepEqual(others, { iss: ISSUER, ver: 2, aud: 'your-aud', uid: 'Custom:42' })
    const lifetime = exp - Math.floor(before / 1000)
    assert.ok(lifetime >= 86_400 && lifetime < 86_460, `${lifetime} s`)
  })

  test('makes the token of the blog post byte for byte', async () => {
    const [{ aud, userId }] = vectors
    const args = ['sign', '--ver', '1', '--expires', '2012-12-30T00:00Z', '--aud', aud, '--user', userId]
    assert.equal((await run(args, { env: MASTER })).stdout, `${BLOGS_TOKEN}\n`)
  })

  test('signs the text of a claim unchanged, or rejects it', async () => {
    const withClaim = (json) =>
      run(['sign', '--aud', 'a', '--user', 'u', '--claim', `n=${json}`], { env: MASTER })
    const values = ['0.1', '1e+21', '9007199254740991', '{ "b" : [ 1, null ], "a": "x y" }', '"\\u00e9\\/"']
    for (const json of values) {
      const { stdout } = await withClaim(json)
      assert.deepEqual(decode(stdout.trim()).claims.n, JSON.parse(json), json)
    }
    const numbers = ['12345678901234567890', '[0.1234567890123456789]', '1e400', '1.0', '-0']
    for (const json of [...numbers, '{"a":1,"a":2}', '{"b":{"a":1,"\\u0061":1}}']) {
      const { code, stdout, stderr } = await withClaim(json)
      assert.deepEqual({ code, stdout }, { code: 2, stdout: '' }, json)
      assert.match(stderr, /--claim "n" would not be signed as it is written/)
    }
  })

  test('accepts claims as JSON', async () => {
    const args = 'sign --aud a --user u --claim id="x=y" --claim urn:x={"n":[1]} --json'.split(' ')
    const { stdout } = await run(args, { env: MASTER })
    const verified = verify(JSON.parse(stdout).token, MASTER_KEY)
    assert.equal(verified.claims.id, 'x=y')
    assert.deepEqual(verified.claims['urn:x'], { n: [1] })
  })

  for (const [expires, seconds] of [
    ['3600', 3600],
    ['45s', 45],
    ['90m', 5400],
    ['12h', 43_200],
    ['30d', 2_592_000],
    ['2w', 1_209_600],
    ['1y', 365.25 * 86_400],
  ]) {
    test(`accepts ${expires} as time from now`, async () => {
      const before = Date.now() / 1000
      const args = ['sign', '--aud', 'a', '--user', 'u', '--expires', expires]
      const { stdout } = await run(args, { env: MASTER })
      const { exp } = verify(stdout.trim(), MASTER_KEY).claims
      assert.ok(exp > before + seconds - 1 && exp < before + seconds + 60)
    })
  }

  test('makes App Service tokens', async () => {
    const { stdout } = await run(['sign', ...AT_SITE, '--user', 'sid:42'], { env: SITE_ENV })
    const options = { audience: SITE, issuer: SITE }
    const verified = verify(stdout.trim(), siteKey, options)
    assert.equal(verified.userId, 'sid:42')
    assert.equal(verified.claims.ver, '3')
  })

  test('pipes into verify', async () => {
    const command = 'zumo sign --aud your-aud --user Custom:42 | zumo verify - --aud your-aud'
    const { code, stdout } = await runInShell(command, { env: MASTER })
    assert.equal(code, 0)
    assert.match(stdout, /^ {2}uid {2}"Custom:42"$/m)
  })
})

describe('verify', () => {
  test('prints the claims of a valid token, and its times in words', async () => {
    const token = sign(claims({ nbf: inAnHour() - 7200, exp: inAnHour() + 8460 }), MASTER_KEY)
    const { code, stdout, stderr } = await run(['verify', token, '--aud', 'your-aud'], { env: MASTER })
    assert.deepEqual({ code, stderr }, { code: 0, stderr: '' })
    assert.match(
      stdout,
      /^The token is valid\.\n {2}exp {2}\d{10} {2}\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ, expires in 3 h 20 min$/m,
    )
    assert.match(stdout, /^ {2}nbf .*, 1 h 0 min ago$/m)
    assert.match(stdout, /^ {2}aud {2}"your-aud"$/m)
  })

  test('reads the token from standard input, whether asked to or not', async () => {
    for (const args of [['verify', '-'], ['verify']]) {
      const { code, stdout } = await runJson(args, { env: MASTER, input: `${GOOD}\r\n` })
      assert.equal(code, 0)
      assert.deepEqual(stdout, verify(GOOD, MASTER_KEY))
    }
  })

  test('says that standard input is empty', async () => {
    for (const command of ['verify', 'decode', 'diagnose']) {
      const { code, stderr } = await run([command], { env: MASTER, input: '\n' })
      assert.equal(code, 2)
      assert.match(stderr, /There is no token: standard input is empty\./)
    }
  })

  test('verifies at another time', async () => {
    const { code, stdout } = await run(['verify', BLOGS_TOKEN, '--now', '2012-12-01'], { env: MASTER })
    assert.equal(code, 0)
    assert.match(stdout, /2012-12-30T00:00:00Z, expires in 29 days/)
  })

  test('says on standard error why a token is refused', async () => {
    const refused = await run(['verify', BLOGS_TOKEN], { env: MASTER })
    const stderr = `The authentication token has expired. (ERR_ZUMO_JWT_EXPIRED)
To see every cause and its fix, run zumo-jwt diagnose with the same arguments.
`
    assert.deepEqual(refused, { code: 1, stdout: '', stderr })
    const args = ['verify', GOOD, '--aud', 'other']
    const { stderr: forMachines, ...others } = await runJson(args, { env: MASTER })
    assert.deepEqual(others, { code: 1, stdout: '' })
    const { code, claim } = JSON.parse(forMachines)
    assert.deepEqual({ code, claim }, { code: 'ERR_ZUMO_JWT_AUDIENCE', claim: 'aud' })
  })

  test('warns of a time in milliseconds', async () => {
    const { code, stdout } = await run(['verify', withClaims({ exp: Date.now() })], { env: MASTER })
    assert.equal(code, 0)
    assert.match(stdout, /^ {2}exp {2}\d{13} {2}in milliseconds\? A token counts seconds\.$/m)
  })

  for (const [tolerance, expected] of Object.entries({ 300: 0, 60.5: 1 })) {
    test(`and diagnose accept a token for so many seconds longer: ${tolerance}`, async () => {
      const token = sign(claims({ exp: Math.floor(Date.now() / 1000) - 120 }), MASTER_KEY)
      for (const command of ['verify', 'diagnose']) {
        const args = [command, token, '--clock-tolerance', tolerance]
        assert.equal((await run(args, { env: MASTER })).code, expected)
      }
    })
  }

  test('accepts an empty string as audience', async () => {
    const { code, stderr } = await run(['verify', GOOD, '--aud', ''], { env: MASTER })
    assert.equal(code, 1)
    assert.match(stderr, /ERR_ZUMO_JWT_AUDIENCE/)
  })

  test('rejects App Service tokens of another site', async () => {
    const token = siteKey.sign({ exp: inAnHour(), aud: SITE, iss: SITE, sub: 'sid:42' })
    assert.equal((await run(['verify', token, ...AT_SITE], { env: SITE_ENV })).code, 0)
    const elsewhere = ['verify', token, '--app-service', '--issuer', 'https://other.azurewebsites.net/']
    assert.equal((await run(elsewhere, { env: SITE_ENV })).code, 1)
  })
})

describe('decode', () => {
  test('reads a token without a key and warns that nothing was verified', async () => {
    const token = withClaims({ exp: inAnHour() - 3600 - 172_800 }, 'anything')
    const { code, stdout, stderr } = await run(['decode', token])
    assert.equal(code, 0)
    assert.match(stdout, /^Header\n {2}alg {2}"HS256"\n[\s\S]*^Claims\n {2}exp .*, expired 2 days ago$/m)
    assert.equal(stderr, 'Nothing was verified: anyone can have written this.\n')
  })

  test('prints JSON for machines', async () => {
    const { stdout } = await runJson(['decode'], { input: GOOD })
    assert.deepEqual(Object.keys(stdout), ['header', 'claims', 'signature'])
    assert.equal(stdout.claims.uid, 'Custom:42')
  })

  for (const text of ['abc', 'randomgoop', 'a.b', `${GOOD}.x`]) {
    test(`says what is wrong with the form of ${text.slice(0, 20)}`, async () => {
      const { code, stdout, stderr } = await run(['decode'], { input: text })
      assert.deepEqual({ code, stdout }, { code: 1, stdout: '' })
      assert.match(
        stderr,
        /^It is not a whole token: a token has 3 parts between dots, and this has \d\. \(ERR_ZUMO_JWT_MALFORMED\)\n$/,
      )
      const asJson = await runJson(['decode'], { input: text })
      const { code: jsonCode, message } = JSON.parse(asJson.stderr)
      assert.equal(`${message} (${jsonCode})\n`, stderr)
    })
  }

  /** Every character that changes the direction of text. */
  const BIDI = '\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069'

  /** What is shown as nothing, or as a space. */
  const NOT_SEEN = '\ufe0f\u034f\u115f\u3164\u00ad\u2060\u00a0\u2003\u3000\u2800\u{e0100}'

  test('prints no character of a token that is not seen', async () => {
    const name = `\x1b]0;\x9b31m\x7f${BIDI}\u{e0041}"${NOT_SEEN}`
    const token = signRaw(HEADER, { '\x1b[2J': name, short: 1 }, 'anything')
    for (const args of [
      ['decode', token],
      ['decode', token, '--json'],
    ]) {
      const { stdout } = await run(args)
      assert.doesNotMatch(
        stdout,
        /(?![\n ])[\p{Cc}\p{Cf}\p{Bidi_C}\p{Z}\p{Default_Ignorable_Code_Point}\u2800]/u,
      )
      const escaped = BIDI.replace(/./g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
      assert.ok(
        stdout.includes(`\\u001b]0;\\u009b31m\\u007f${escaped}\\udb40\\udc41\\"\\ufe0f\\u034f`),
        stdout,
      )
    }
  })

  test('prints a few times the size of a token, however long its names are', async () => {
    const names = Array.from({ length: 4000 }, (_, at) => [`n${at}`, 1])
    const token = withClaims({ ['x'.repeat(10_000)]: 1, ...Object.fromEntries(names) }, 'anything')
    const { code, stdout } = await run(['decode'], { input: token })
    assert.equal(code, 0)
    assert.ok(stdout.length < 3 * token.length, `${stdout.length} of ${token.length}`)
  })

  test('prints times beyond the range of dates', async () => {
    const { code, stdout } = await run(['decode', withClaims({ exp: -1e300, nbf: 'soon' }, 'anything')])
    assert.equal(code, 0)
    assert.match(stdout, /^ {2}exp {2}-1e\+300 {2}no calendar date, expired .* years ago$/m)
  })
})

describe('key', () => {
  const bytes = derive(MASTER_KEY)

  test('prints the derived key alone, and on standard error what it is for', async () => {
    for (const [args, shown] of [
      [[], bytes.toString('hex')],
      [['--format', 'hex'], bytes.toString('hex')],
      [['--format', 'base64'], bytes.toString('base64')],
    ]) {
      const { code, stdout, stderr } = await run(['key', ...args], { env: MASTER })
      assert.deepEqual({ code, stdout }, { code: 0, stdout: `${shown}\n` })
      assert.match(stderr, /sign in as any user/)
      assert.ok(!stderr.includes(shown))
    }
  })

  test('prints a JSON Web Key that verifies tokens', async () => {
    const { stdout } = await run(['key', '--format', 'jwk'], { env: MASTER })
    const { importJWK, jwtVerify } = await import('jose')
    const { payload } = await jwtVerify(GOOD, await importJWK(JSON.parse(stdout)))
    assert.equal(payload.uid, 'Custom:42')
    assert.deepEqual(
      (await runJson(['key', '--format', 'jwk'], { env: MASTER })).stdout.key,
      JSON.parse(stdout),
    )
  })

  test("prints an App Service site's key in another form", async () => {
    const { stdout } = await runJson(['key', '--format', 'base64', '--app-service'], { env: SITE_ENV })
    assert.deepEqual(stdout, { format: 'base64', key: Buffer.from(SIGNING_KEY, 'hex').toString('base64') })
  })
})

describe('the key', () => {
  const folder = mkdtempSync(join(tmpdir(), 'cli-test-'))
  after(() => rmSync(folder, { recursive: true }))
  const file = (name, contents) => {
    writeFileSync(join(folder, name), contents)
    return join(folder, name)
  }

  test('is read from a file without its last newline, in preference to the environment', async () => {
    const env = { ZUMO_MASTER_KEY: 'anotherkey' }
    for (const end of ['', '\n', '\r\n']) {
      const args = ['verify', GOOD, '--key-file', file('key', `${MASTER_KEY}${end}`)]
      assert.equal((await run(args, { env })).code, 0)
    }
    assert.equal((await run(['verify', GOOD, '--key-file', file('key', `${MASTER_KEY}\n\n`)])).code, 1)
  })

  test('can be any bytes in a file, but only ASCII text in the environment', async () => {
    const bytes = Buffer.from([0xc5, 0x00, 0xff])
    assert.equal((await run(['verify', sign(claims(), bytes), '--key-file', file('bytes', bytes)])).code, 0)
    const { code, stderr } = await run(['verify', GOOD], { env: { ZUMO_MASTER_KEY: 'pässwörd' } })
    assert.equal(code, 2)
    assert.match(stderr, /must be ASCII/)
    assert.doesNotMatch(stderr, /pässwörd/)
  })

  test('of App Service can come from a file too', async () => {
    const args = ['sign', ...AT_SITE, '--user', 'u', '--key-file', file('site', `${SIGNING_KEY}\n`)]
    assert.equal((await run(args)).code, 0)
  })

  test('of App Service can have any length and encoding', async () => {
    for (const length of [1, 31, 33, 64, 65, 100]) {
      const bytes = Buffer.from('k\u00fc'.repeat(50)).subarray(0, length)
      for (const [encoding, key] of [
        ['hex', bytes.toString('hex').toUpperCase()],
        ['base64', bytes.toString('base64')],
        ['base64', bytes.toString('base64').replace(/=+$/, '')],
        ['text', bytes],
      ]) {
        const options = [...AT_SITE, '--encoding', encoding, '--key-file', file('any', key)]
        const { stdout: token } = await run(['sign', ...options, '--user', 'u'])
        const [header, payload, signature] = token.trim().split('.')
        const hmac = createHmac('sha256', bytes).update(`${header}.${payload}`).digest('base64url')
        assert.equal(signature, hmac, `${length} bytes, ${encoding}`)
        for (const command of ['verify', 'diagnose'])
          assert.equal((await run([command, token.trim(), ...options])).code, 0)
        const [, , , ...ofKey] = options
        assert.equal((await run(['key', '--app-service', ...ofKey])).stdout.trim(), bytes.toString('hex'))
      }
    }
  })

  for (const [encoding, key] of [
    ['hex', '69-DF-D8'],
    ['hex', 'abc'],
    ['hex', '69 df'],
    ['hex', 'zz'],
    ['base64', '69-DF-D8'],
    ['base64', 'QUJD\nQUJD'],
    ['base64', 'QUJDR'],
    ['base64', 'QR=='],
    ['base64', '='],
    ['text', '\n'],
  ]) {
    test(`of App Service is an error where Buffer.from() leaves out some of it: ${encoding} ${JSON.stringify(key)}`, async () => {
      const args = ['key', '--app-service', '--encoding', encoding, '--key-file', file('wrong', key)]
      const { code, stdout, stderr } = await run(args)
      assert.deepEqual({ code, stdout }, { code: 2, stdout: '' })
      assert.match(
        stderr,
        /^zumo-jwt: The key must be (hexadecimal digits, in pairs|base64|text, and not empty)\./,
      )
      assert.ok(key === '=' || !stderr.includes(key.trim() || '\0'))
    })
  }

  test('in a file of Windows has a byte order mark, or is UTF-16: diagnose says so', async () => {
    const text = `\ufeff${MASTER_KEY}\r\n`
    for (const [key, words] of [
      [text, 'a byte order mark.'],
      [Buffer.from(text, 'utf16le'), 'a byte order mark, zero bytes (UTF-16), a carriage return, a newline.'],
    ]) {
      const { stdout } = await runJson(['diagnose', GOOD, '--key-file', file('windows', key)])
      assert.ok(stdout.causes[0].cause.endsWith(`has not: ${words}`))
    }
  })

  test('with many characters around it is read in linear time', async () => {
    for (const character of [' ', '"']) {
      const start = performance.now()
      const key = file('long', `${character.repeat(200_000)}x`)
      assert.equal((await run(['diagnose', GOOD, '--key-file', key])).code, 1)
      assert.ok(performance.now() - start < 5000)
    }
  })

  for (const args of [
    ['--key', MASTER_KEY, 'sign', '--aud', 'a', '--user', 'u'],
    ['sign', '--aud', 'a', '--user', 'u', '--key', MASTER_KEY],
    ['sign', `--key=${MASTER_KEY}`, '--nonsense'],
    ['sign', '--master-key', MASTER_KEY],
    ['sign', '--signing-key', MASTER_KEY],
    ['sign', '-k', MASTER_KEY],
    ['sign', '--masterkey', MASTER_KEY],
    ['sign', `--app-service-key=${MASTER_KEY}`],
    ['sign', MASTER_KEY, '--aud', 'a', '--user', 'u'],
    ['key', MASTER_KEY],
    ['verify', MASTER_KEY, GOOD],
    ['verify', GOOD, '--aud', 'a', MASTER_KEY],
  ]) {
    test(`is refused as argument, with the reason: ${args.join(' ').replaceAll(GOOD, 'TOKEN')}`, async () => {
      // No command, not even `key`, shows what it refuses.
      const { code, stdout, stderr } = await runCommand(process.execPath, [PROGRAM, ...args], { env: MASTER })
      assert.deepEqual({ code, stdout }, { code: 2, stdout: '' })
      assert.match(
        stderr,
        /never taken from an argument, which .* show: set the variable, or give --key-file/,
      )
    })
  }

  for (const [what, command] of [
    ['/dev/zero as --key-file', `zumo verify ${GOOD} --key-file /dev/zero`],
    ['/dev/zero', 'zumo decode - </dev/zero'],
    ['700 MB', 'head -c 700000000 /dev/zero | zumo verify -'],
  ]) {
    test(`is read up to 1 MiB, as is the token: ${what}`, onLinux, async ({ signal }) => {
      const { code, stderr } = await runInShell(command, { env: MASTER, signal })
      assert.equal(code, 2)
      assert.match(stderr, /^zumo-jwt: (Standard input|The file of --key-file) is longer than 1 MiB\.\n/)
    })
  }

  test('can come from a pipe', onLinux, async ({ signal }) => {
    const command = `printf %s "$KEY" | zumo verify ${GOOD} --key-file /dev/stdin`
    assert.equal((await runInShell(command, { env: { KEY: MASTER_KEY }, signal })).code, 0)
  })

  test('that is missing in a pipe is an error that says where it can come from', async () => {
    const { code, stderr } = await run(['verify', GOOD], { env: { ZUMO_MASTER_KEY: '' } })
    assert.equal(code, 2)
    assert.match(stderr, /ZUMO_MASTER_KEY.*--key-file/)
  })
})

describe('the command line', () => {
  test('prints its version', async () => {
    for (const option of ['--version', '-v', '-V']) {
      assert.deepEqual(await run([option]), { code: 0, stdout: `${packageJson.version}\n`, stderr: '' })
    }
  })

  test('can be executed', { skip: process.platform === 'win32' && 'Windows has no #!' }, async () => {
    assert.equal((await runCommand(PROGRAM, ['--version'])).stdout, `${packageJson.version}\n`)
  })

  test('prints help that names every option, in general and for each command', async () => {
    for (const help of ['--help', '-h', 'help']) {
      const { code, stdout } = await run([help])
      assert.equal(code, 0)
      for (const command of ['sign', 'verify', 'decode', 'diagnose', 'key', 'help'])
        assert.match(stdout, RegExp(`^  ${command} `, 'm'))
    }
    const site = ['key-file', 'app-service', 'encoding']
    const expected = ['aud', 'issuer', 'clock-tolerance', 'now']
    for (const [command, options] of Object.entries({
      sign: ['aud', 'user', 'expires', 'ver', 'claim', 'issuer', ...site],
      verify: [...expected, ...site],
      decode: [],
      diagnose: ['ver', ...expected, ...site],
      key: ['format', ...site],
    })) {
      const { code, stdout, stderr } = await run([command, '--help'])
      assert.deepEqual({ code, stderr }, { code: 0, stderr: '' })
      assert.match(stdout, RegExp(`^Usage: zumo-jwt ${command} `, 'm'))
      for (const option of [...options, 'json']) assert.match(stdout, RegExp(`^  --${option} `, 'm'))
      assert.ok(stdout.split('\n').every((line) => line.length <= 100))
      for (const help of [
        [command, '-h'],
        ['help', command],
      ])
        assert.equal((await run(help)).stdout, stdout)
    }
  })

  test('shows the help, and exits 2, where there is no command', async () => {
    const { stdout } = await run(['--help'])
    assert.deepEqual(await run([]), { code: 2, stdout: '', stderr: stdout })
  })

  test('shows - before TOKEN in its help, and why', async () => {
    for (const command of ['verify', 'decode', 'diagnose']) {
      const { stdout } = await run([command, '--help'])
      assert.match(stdout, RegExp(`^Usage: zumo-jwt ${command} \\[-\\|TOKEN\\]`, 'm'))
      assert.match(stdout, /^ {2}- .*\n {2}TOKEN .*process list and the history of the shell/m)
    }
  })

  for (const [args, message] of [
    [['verfy'], 'There is no command verfy. Did you mean verify?'],
    [['sgin', '--aud', 'a'], 'There is no command sgin. Did you mean sign?'],
    [['diag'], 'There is no command diag. Did you mean diagnose?'],
    [['help', 'kye'], 'There is no command kye. Did you mean key?'],
    [['mint'], 'There is no command mint. Choose from sign, verify, decode, diagnose, key, help.'],
    [[''], 'There is no command of this name. Choose from sign, verify, decode, diagnose, key, help.'],
    [
      [`a${GOOD}`],
      'There is no command of this name. Choose from sign, verify, decode, diagnose, key, help.',
    ],
    [['--aud', 'a', 'sign'], 'The command must come before the options.'],
    [['sign', '--adu', 'a'], 'There is no option --adu. Did you mean --aud?'],
    [['sign', '--audience=a'], 'There is no option --audience. Did you mean --aud?'],
    [['sign', '--expire', '1d'], 'There is no option --expire. Did you mean --expires?'],
    [['verify', '--isuser', 'x'], 'There is no option --isuser. Did you mean --issuer?'],
    [['decode', '-x'], 'There is no option -x. Choose from --json, --help.'],
    [['decode', '--\x1b[31m'], 'There is no option of this name. Choose from --json, --help.'],
    [['sign', '--aud', 'a', '--aud', 'b'], '--aud is given twice.'],
    [['sign', '--uid', 'u'], 'There is no option --uid. Did you mean --user?'],
    [['key', '--encoding', 'hex'], '--encoding needs --app-service.'],
    [['key', '--app-service', '--encoding', 'utf8'], '--encoding must be one of hex, base64, text.'],
    [
      ['sign', '--aud', 'a', '--user', 'u', '--expires', '1795889392'],
      '--expires must be 3600, 90m, 12h, 1d, 2w, 1y or 2026-12-31T00:00Z: a number counts seconds from now, and has at most nine digits.',
    ],
    [['verify', GOOD, '--clock-tolerance', '5m'], '--clock-tolerance must be a number of seconds, as 300.'],
    [['sign', '--user', 'a', '--user=b'], '--user is given twice.'],
    [['sign', '--aud'], '--aud needs a value. A value that starts with - is given as --aud=-VALUE.'],
    [
      ['sign', '--aud', '--user', 'u'],
      '--aud needs a value. A value that starts with - is given as --aud=-VALUE.',
    ],
    [['sign', '--json=yes'], '--json takes no value.'],
    [['sign', '--aud', 'a', '--user', 'u', '--claim', 'exp=1'], 'The claim "exp" is given twice.'],
  ]) {
    test(`refuses ${JSON.stringify(args.join(' ').replaceAll(GOOD, 'TOKEN'))}, and says what is expected`, async () => {
      const { code, stdout, stderr } = await run(args, { env: MASTER })
      assert.deepEqual({ code, stdout }, { code: 2, stdout: '' })
      const [first, second] = stderr.split('\n')
      assert.equal(first, `zumo-jwt: ${message}`)
      assert.match(second, /^See: zumo-jwt (\w+ )?--help$/)
    })
  }

  for (const [args, env, expected] of [
    [['verfy'], {}, 'ERR_USAGE'],
    [['sign', '--adu', 'a'], MASTER, 'ERR_USAGE'],
    [['sign', '--aud'], MASTER, 'ERR_USAGE'],
    [['sign', '--aud', 'a', '--user', 'u', '--claim', 'iss="me"'], MASTER, 'ERR_INVALID_ARG_VALUE'],
    [['verify', GOOD], {}, 'ERR_USAGE'],
    [['verify', GOOD, '--key-file', '/nowhere'], {}, 'ERR_USAGE'],
    [['key', '--app-service'], { WEBSITE_AUTH_SIGNING_KEY: 'no-hex' }, 'ERR_USAGE'],
  ]) {
    test(`prints the error of ${args.join(' ').replaceAll(GOOD, 'TOKEN')} as JSON with --json`, async () => {
      const { code, stdout, stderr } = await runJson(args, { env })
      assert.deepEqual({ code, stdout }, { code: 2, stdout: '' })
      const error = JSON.parse(stderr)
      assert.deepEqual(Object.keys(error), ['code', 'message'])
      assert.equal(error.code, expected)
    })
  }

  for (const [mistake, args] of [
    ['a name that every object has', ['constructor']],
    ["another command's option", ['decode', GOOD, '--aud', 'a']],
    ['an option without its value', ['sign', '--aud']],
    ['no audience', ['sign', '--user', 'u']],
    ['no user', ['sign', '--aud', 'a']],
    ['a time in no known form', ['sign', '--aud', 'a', '--user', 'u', '--expires', 'tomorrow']],
    ['a time without a zone', ['verify', GOOD, '--now', '2026-12-31T00:00']],
    ['a day that is in no calendar', ['verify', GOOD, '--now', '2026-02-31']],
    ['a time beyond all dates', ['sign', '--aud', 'a', '--user', 'u', '--expires', '999999999999d']],
    ['a version that there is not', ['sign', '--aud', 'a', '--user', 'u', '--ver', '3']],
    ['a version for App Service', ['sign', ...AT_SITE, '--user', 'u', '--ver', '2']],
    ['a claim that is not JSON', ['sign', '--aud', 'a', '--user', 'u', '--claim', 'id=x']],
    ['a claim without a name', ['sign', '--aud', 'a', '--user', 'u', '--claim', '="x"']],
    ['a claim given twice', ['sign', '--aud', 'a', '--user', 'u', '--claim', 'uid="x"']],
    ['a claim that no token may have', ['sign', '--aud', 'a', '--user', 'u', '--claim', '__proto__={}']],
    ['another issuer than that of the service', ['sign', '--aud', 'a', '--user', 'u', '--claim', 'iss="me"']],
    ['App Service without an issuer', ['verify', GOOD, '--app-service']],
    ['an issuer without App Service', ['sign', '--aud', 'a', '--user', 'u', '--issuer', SITE]],
    ['App Service with an empty issuer', ['verify', GOOD, '--app-service', '--issuer', SITE, '--issuer', '']],
    ['a format that there is not', ['key', '--format', 'pem']],
    ['a key file that there is not', ['key', '--key-file', join(__dirname, 'no-such-file')]],
  ]) {
    test(`exits 2 with a hint to the help for ${mistake}`, async () => {
      const { code, stdout, stderr } = await run(args, { env: { ...MASTER, ...SITE_ENV } })
      assert.deepEqual({ code, stdout }, { code: 2, stdout: '' })
      assert.match(stderr, /^zumo-jwt: .+\nSee: zumo-jwt (sign |verify |decode |key )?--help\n$/)
    })
  }

  test('exits 2 for an invalid signing key', async () => {
    const { code, stderr } = await run(['key', '--app-service'], {
      env: { WEBSITE_AUTH_SIGNING_KEY: 'no-hex' },
    })
    assert.equal(code, 2)
    assert.match(stderr, /64 hexadecimal digits/)
    assert.doesNotMatch(stderr, /no-hex/)
  })

  test('exits 2 where no binary loads', async () => {
    const none = { NODE_OPTIONS: '--no-addons' }
    const { code, stdout, stderr } = await run(['verify', GOOD], { env: { ...MASTER, ...none } })
    assert.deepEqual({ code, stdout }, { code: 2, stdout: '' })
    assert.match(stderr, /^zumo-jwt is a native addon, .+ --no-addons\.\n$/)
  })

  test('exits 0 when the reader of its output has stopped', async () => {
    const child = spawn(process.execPath, [PROGRAM, 'sign', '--help'], {
      env: childEnvironment(),
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    child.stdout.destroy()
    let stderr = ''
    child.stderr.on('data', (chunk) => {
      stderr += chunk
    })
    const code = await new Promise((resolve) => child.on('close', resolve))
    assert.deepEqual({ code, stderr }, { code: 0, stderr: '' })
  })

  test('says so when its output cannot be written', onLinux, async () => {
    const command = 'zumo --help >/dev/full'
    const { code, stderr } = await runInShell(command)
    assert.deepEqual(
      { code, stderr },
      { code: 2, stderr: 'zumo-jwt: The output cannot be written (ENOSPC).\n' },
    )
  })
})
