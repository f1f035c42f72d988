'use strict'

const { after, describe, test } = require('node:test')
const assert = require('node:assert/strict')
const { mkdtempSync, rmSync } = require('node:fs')
const { tmpdir } = require('node:os')
const { join } = require('node:path')
const { sign } = require('zumo-jwt')
const { SIGNING_KEY } = require('./helpers.js')
const {
  AT_SITE,
  BLOGS_TOKEN,
  GOOD,
  MASTER,
  MASTER_KEY,
  claims,
  onLinux,
  run,
  runOnTerminal,
} = require('./cli-helpers.js')

const folder = mkdtempSync(join(tmpdir(), 'cli-terminal-test-'))
after(() => rmSync(folder, { recursive: true }))

describe('on a terminal, the key', () => {
  for (const [name, env] of [
    ['not set', {}],
    ['empty', { ZUMO_MASTER_KEY: '' }],
  ]) {
    test(`is asked for where the variable is ${name}, and not shown`, onLinux, async ({ signal }) => {
      const keys = [`${MASTER_KEY}\r`]
      const { code, stdout } = await runOnTerminal(`zumo verify ${GOOD}`, { env, keys, signal })
      assert.equal(code, 0)
      assert.match(stdout, /^ZUMO_MASTER_KEY: \r\n.*The token is valid\./)
    })
  }

  test('of App Service is asked for, and can be corrected', onLinux, async ({ signal }) => {
    const keys = [`${SIGNING_KEY}xx\x7f\x7f\r`]
    const { code, stdout } = await runOnTerminal(`zumo sign ${AT_SITE.join(' ')} --user u`, { keys, signal })
    assert.equal(code, 0)
    assert.match(stdout, /^WEBSITE_AUTH_SIGNING_KEY: \r\n[\w-]+\.[\w-]+\.[\w-]+\r\n$/)
  })

  for (const command of ['verify', 'diagnose']) {
    test(`is asked for by sign and by ${command} in turn, in a pipe`, onLinux, async ({ signal }) => {
      const line = `zumo sign --aud a --user u | zumo ${command} - --aud a --ver 2; echo "exit $?"; stty -a`
      const pipe = command === 'verify' ? line.replace(' --ver 2', '') : line
      const keys = [`${MASTER_KEY}\r`, `${MASTER_KEY}\r`]
      const { stdout } = await runOnTerminal(pipe, { env: { NO_COLOR: '1' }, keys, signal })
      assert.match(
        stdout,
        /^(ZUMO_MASTER_KEY: \r\n){2}(The token is valid\.|Nothing is wrong with this token\.)\r\n/,
      )
      assert.match(stdout, /^exit 0\r$/m)
      assert.match(stdout, / icanon .* echo /s, 'the terminal is as before')
    })
  }

  test('is not asked for by verify where sign has stopped', onLinux, async ({ signal }) => {
    const command = 'zumo sign --aud a --user u | zumo verify -'
    const { code, stdout } = await runOnTerminal(command, { keys: ['\x03'], signal })
    assert.equal(code, 2)
    assert.match(stdout, /^ZUMO_MASTER_KEY: \r\nzumo-jwt: There is no token: standard input is empty\./)
  })

  test('is asked for where the token comes from a file', onLinux, async ({ signal }) => {
    const command = `printf %s ${GOOD} >"$FILE"; zumo verify - <"$FILE"`
    const env = { FILE: join(folder, 'token') }
    const { code } = await runOnTerminal(command, { env, keys: [`${MASTER_KEY}\r`], signal })
    assert.equal(code, 0)
  })

  for (const [name, keys] of [
    ['Ctrl-C', 'half\x03'],
    ['Ctrl-D', '\x04'],
  ]) {
    test(`is not asked for any more after ${name}, which exits 130`, onLinux, async ({ signal }) => {
      const { code, stdout } = await runOnTerminal(`zumo verify ${GOOD}`, { keys: [keys], signal })
      assert.deepEqual({ code, stdout }, { code: 130, stdout: 'ZUMO_MASTER_KEY: \r\n' })
    })
  }

  test('is not given to the shell by Ctrl-Z, which does nothing', onLinux, async ({ signal }) => {
    const keys = [`\x1a${MASTER_KEY}\r`]
    const command = `set -m; zumo verify ${GOOD}; echo "exit $?"`
    const { stdout } = await runOnTerminal(command, { keys, signal })
    assert.match(stdout, /^ZUMO_MASTER_KEY: \r\n.*The token is valid\./)
    assert.match(stdout, /^exit 0\r$/m)
  })

  for (const [name, early, rowsUp] of [
    ['a line', 'early\r', '\x1b[1A'],
    ['two lines and a half', 'one\rtwo\rhalf', '\x1b[2A'],
    ['half a line', 'early', ''],
    ['a line that takes three rows', `${'x'.repeat(45)}\r`, '\x1b[3A'],
    ['a line of one whole row, and half of one of two', `${'x'.repeat(20)}\r${'x'.repeat(21)}`, '\x1b[2A'],
  ]) {
    test(`is not what was typed before the question: ${name} is erased`, onLinux, async ({ signal }) => {
      const keys = [`${MASTER_KEY}\r`]
      const command = `stty cols 20; zumo verify ${GOOD}`
      const { code, stdout } = await runOnTerminal(command, { early, keys, signal })
      assert.equal(code, 0)
      const erase = `\x1b[1G${rowsUp}\x1b[0J`
      const [before, shown, ...more] = stdout.split(erase)
      assert.equal(before.trim(), early.replaceAll('\r', '\r\n').trim(), 'the terminal showed it')
      assert.match(shown, /^ZUMO_MASTER_KEY: \r\n.*The token is valid\./)
      assert.deepEqual(more, [])
    })
  }

  test('is not asked for where standard error is not the terminal', onLinux, async ({ signal }) => {
    const command = `zumo verify ${GOOD} 2>"$FILE"`
    const { code } = await runOnTerminal(command, { env: { FILE: join(folder, 'stderr') }, signal })
    assert.equal(code, 2)
  })

  test(
    'is not asked for without a terminal, where the message says what to do',
    onLinux,
    async ({ signal }) => {
      // In a session of its own there is no /dev/tty; standard error is still one.
      const command = `printf %s ${GOOD} | setsid --wait "$NODE" "$PROGRAM" verify -`
      const { code, stdout } = await runOnTerminal(command, { signal })
      assert.equal(code, 2)
      assert.match(stdout, /There is no key: set ZUMO_MASTER_KEY, or give --key-file\./)
    },
  )
})

describe('on a terminal', () => {
  test('a missing token is an error that says where to give it', onLinux, async ({ signal }) => {
    const { code, stdout } = await runOnTerminal('zumo decode', { signal })
    assert.equal(code, 2)
    assert.match(stdout, /There is no token: pipe it in, or give it as argument\./)
  })

  for (const [what, command, painted] of [
    ['a valid token', `zumo verify ${GOOD}`, '\x1b[32mThe token is valid.\x1b[39m'],
    [
      'a refused token',
      `zumo verify ${BLOGS_TOKEN}`,
      '\x1b[31mThe authentication token has expired.\x1b[39m',
    ],
    ['a cause', `zumo diagnose ${BLOGS_TOKEN}`, '\x1b[31mCause:\x1b[39m'],
    ['a fix', `zumo diagnose ${BLOGS_TOKEN}`, '\x1b[32mFix:\x1b[39m'],
    ['a warning', `zumo decode ${GOOD}`, '\x1b[33mNothing was verified'],
  ]) {
    test(`${what} is coloured, unless NO_COLOR is set`, onLinux, async ({ signal }) => {
      const { stdout } = await runOnTerminal(command, { env: MASTER, signal })
      assert.ok(stdout.includes(painted), JSON.stringify(stdout))
      const plain = await runOnTerminal(command, { env: { ...MASTER, NO_COLOR: '1' }, signal })
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
      assert.equal(plain.stdout, stdout.replaceAll(/\x1b\[\d+m/g, ''))
    })
  }

  test('an error is coloured where standard output is not a terminal', onLinux, async ({ signal }) => {
    const { stdout } = await runOnTerminal(`zumo verify ${BLOGS_TOKEN} | cat`, { env: MASTER, signal })
    assert.match(stdout, /\[31mThe authentication token has expired/)
  })

  test('control characters of a token do not reach it', onLinux, async ({ signal }) => {
    const token = sign(claims({ '\x1b[2J': '\u202e\u061c' }), MASTER_KEY)
    const { stdout } = await runOnTerminal(`zumo verify ${token}`, {
      env: { ...MASTER, NO_COLOR: '1' },
      signal,
    })
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    assert.doesNotMatch(stdout, /[\x1b\u202e\u061c]/)
    assert.match(stdout, /\\u001b\[2J .*\\u202e\\u061c/)
  })
})

test('in a pipe, colours are left out even where FORCE_COLOR is set', async () => {
  const env = { ...MASTER, FORCE_COLOR: '1' }
  const { stdout } = await run(['verify', GOOD], { env })
  assert.match(stdout, /^The token is valid\.$/m)
})
