'use strict'

const { describe, test } = require('node:test')
const assert = require('node:assert/strict')
const { spawn } = require('node:child_process')
const packageJson = require('../package.json')
const { AT_SITE, GOOD, MASTER, PROGRAM, SITE_ENV, onLinux, run, runCommand } = require('./cli-helpers.js')
const { runInShell, runJson } = require('./cli-helpers.js')
const { SITE, childEnvironment } = require('./helpers.js')

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

  const SIGN = 'sign --aud a --user u'
  const SIGN_AT_SITE = `sign ${AT_SITE.join(' ')} --user u`
  const COMMANDS = 'Choose from sign, verify, decode, diagnose, key, help.'
  const TIMES = '3600, 90m, 12h, 1d, 2w, 1y or 2026-12-31T00:00Z'
  const TIME_RULE = `must be ${TIMES}: a number counts seconds from now, and has at most nine digits.`
  const NEEDS_VALUE = '--aud needs a value. A value that starts with - is given as --aud=-VALUE.'
  const CLAIM_RULE = `--claim must be NAME=JSON; a string needs its double quotes: 'id="x"'.`

  for (const [command, message, { env = { ...MASTER, ...SITE_ENV }, expected = 'ERR_USAGE' } = {}] of [
    ['help kye', `There is no command kye. ${COMMANDS}`],
    ['mint', `There is no command mint. ${COMMANDS}`],
    ['constructor', `There is no command constructor. ${COMMANDS}`],
    ['', `There is no command of this name. ${COMMANDS}`],
    [`a${GOOD}`, `There is no command of this name. ${COMMANDS}`],
    ['--aud a sign', 'The command must come before the options.'],
    [`decode ${GOOD} --aud a`, 'There is no option --aud. Choose from --json, --help.'],
    ['decode -x', 'There is no option -x. Choose from --json, --help.'],
    ['decode --\x1b[31m', 'There is no option of this name. Choose from --json, --help.'],
    ['sign --json=yes', '--json takes no value.'],
    ['sign --aud', NEEDS_VALUE],
    ['sign --aud --user u', NEEDS_VALUE],
    ['sign --aud a --aud b', '--aud is given twice.'],
    ['sign --user a --user=b', '--user is given twice.'],
    ['sign --user u', '--aud is missing.'],
    ['sign --aud a', '--user is missing.'],
    [`${SIGN} --expires 1795889392`, `--expires ${TIME_RULE}`],
    [`${SIGN} --expires tomorrow`, `--expires ${TIME_RULE}`],
    [`${SIGN} --expires 999999999999d`, `--expires ${TIME_RULE}`],
    [`verify ${GOOD} --now 2026-12-31T00:00`, `--now ${TIME_RULE}`],
    [`verify ${GOOD} --now 2026-02-31`, `--now ${TIME_RULE}`],
    [`verify ${GOOD} --clock-tolerance 5m`, '--clock-tolerance must be a number of seconds, as 300.'],
    [`${SIGN} --ver 3`, '--ver must be one of 1, 2.'],
    [`${SIGN_AT_SITE} --ver 2`, '--ver is for Mobile Services only.'],
    ['diagnose x --app-service --issuer i --ver 2', '--ver is for Mobile Services only.'],
    [`${SIGN} --claim id=x`, CLAIM_RULE],
    [`${SIGN} --claim ="x"`, CLAIM_RULE],
    [`${SIGN} --claim uid="x"`, 'The claim "uid" is given twice.'],
    [`${SIGN} --claim exp=1`, 'The claim "exp" is given twice.'],
    [
      `${SIGN} --claim __proto__={}`,
      'The "claims.__proto__" property must be absent.',
      { expected: 'ERR_INVALID_ARG_VALUE' },
    ],
    [
      `${SIGN} --claim iss="me"`,
      'The "claims.iss" property must be absent, as it is filled in.',
      { expected: 'ERR_INVALID_ARG_VALUE' },
    ],
    ['sign --app-service --user u', '--app-service needs --issuer.'],
    [`${SIGN} --issuer ${SITE}`, '--issuer needs --app-service.'],
    [`verify ${GOOD} --app-service`, '--app-service needs --issuer.'],
    [`verify ${GOOD} ${AT_SITE.join(' ')} --issuer=`, '--app-service needs --issuer.'],
    ['key --format pem', '--format must be one of hex, base64, jwk.'],
    ['key --encoding hex', '--encoding needs --app-service.'],
    ['key --app-service --encoding utf8', '--encoding must be one of hex, base64, text.'],
    ['key --key-file /no-such-file', 'The file of --key-file cannot be read (ENOENT).'],
    [`verify ${GOOD}`, 'There is no key: set ZUMO_MASTER_KEY, or give --key-file.', { env: {} }],
    [
      'key --app-service',
      'The key must be 64 hexadecimal digits; see --encoding for other keys.',
      { env: { WEBSITE_AUTH_SIGNING_KEY: 'no-hex' } },
    ],
  ]) {
    test(`refuses ${JSON.stringify(command.replaceAll(GOOD, 'TOKEN'))}, and says what is expected`, async () => {
      const args = command.split(' ')
      const [, name = ''] = /^(sign |verify |decode |diagnose |key )/.exec(command) ?? []
      assert.deepEqual(await run(args, { env }), {
        code: 2,
        stdout: '',
        stderr: `zumo-jwt: ${message}\nSee: zumo-jwt ${name}--help\n`,
      })
      const { stderr, ...others } = await runJson(args, { env })
      assert.deepEqual(others, { code: 2, stdout: '' })
      assert.deepEqual(JSON.parse(stderr), { code: expected, message })
    })
  }

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
