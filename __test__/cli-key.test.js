'use strict'

const { after, describe, test } = require('node:test')
const assert = require('node:assert/strict')
const { createHmac } = require('node:crypto')
const { mkdtempSync, rmSync, writeFileSync } = require('node:fs')
const { tmpdir } = require('node:os')
const { join } = require('node:path')
const { performance } = require('node:perf_hooks')
const { sign } = require('zumo-jwt')
const { AT_SITE, GOOD, MASTER, MASTER_KEY, PROGRAM, SITE_ENV, claims, onLinux } = require('./cli-helpers.js')
const { run, runCommand, runInShell, runJson } = require('./cli-helpers.js')
const { SIGNING_KEY, derive } = require('./helpers.js')

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
    const asJson = await runJson(['key', '--format', 'jwk'], { env: MASTER })
    assert.deepEqual(asJson.stdout.key, JSON.parse(stdout))
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
      assert.ok(stdout.causes[0].cause.endsWith(`does not have: ${words}`))
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
