'use strict'

const { after, describe, test } = require('node:test')
const assert = require('node:assert/strict')
const { mkdtempSync, rmSync, writeFileSync } = require('node:fs')
const { tmpdir } = require('node:os')
const { join } = require('node:path')
const { sign } = require('zumo-jwt')
const { SIGNING_KEY } = require('./helpers.js')
const { AT_SITE, BLOGS_TOKEN, GOOD, MASTER, MASTER_KEY, claims, onLinux, run } = require('./cli-helpers.js')
const { runOnTerminal } = require('./cli-helpers.js')

const wrapped = GOOD.replace(/.{60}/g, '$&\n')
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

  for (const [name, early] of [
    ['a line', 'early\r'],
    ['two lines and a half', 'one\rtwo\rhalf'],
    ['half a line', 'early'],
    ['a line that takes three rows', `${'x'.repeat(45)}\r`],
  ]) {
    test(`is not what was typed before the question: ${name}, which stays`, onLinux, async ({ signal }) => {
      const keys = [`${MASTER_KEY}\r`]
      // The program starts when the terminal has shown what was typed.
      const file = join(folder, name)
      const command = `stty cols 20; until [ -e "$FILE" ]; do sleep 0.05; done; zumo verify ${GOOD}`
      const onEarly = () => writeFileSync(file, '')
      const env = { FILE: file }
      const { code, stdout } = await runOnTerminal(command, { env, early, onEarly, keys, signal })
      assert.equal(code, 0)
      const [before, after] = stdout.split('ZUMO_MASTER_KEY: ')
      assert.equal(
        before.trim(),
        early.replaceAll('\r', '\r\n').trim(),
        'the terminal shows it, and erases nothing',
      )
      assert.ok(before.endsWith('\n'), 'the question has a line of its own')
      assert.match(after, /^\r\n.*The token is valid\./)
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
  for (const [command, env, keys, screen] of [
    [
      'zumo decode',
      {},
      [`${GOOD}\n\x04`],
      /^Paste the token .* Ctrl-D\.\r\n(?!Paste)[\w.-]+\r\nNothing was verified/,
    ],
    ['zumo decode -', {}, [`${wrapped}\r\x04`], /^ {2}"uid": "Custom:42"/m],
    ['zumo verify -', MASTER, [`${GOOD}\x04\x04`], /The token is valid/],
    [
      'zumo diagnose -',
      {},
      [`${MASTER_KEY}\r`, `${GOOD}\r\x04`],
      /^ZUMO_MASTER_KEY: \r\nPaste .*Nothing is wrong/s,
    ],
    ['zumo verify', {}, [`${MASTER_KEY}\r`, '\x04'], /There is no token: standard input is empty\./],
  ]) {
    test(`the token is read until Ctrl-D, after the key: ${command}`, onLinux, async ({ signal }) => {
      const options = { env: { ...env, NO_COLOR: '1' }, keys, signal }
      const { code, stdout } = await runOnTerminal(`${command}; echo "exit $?"; stty -a`, options)
      assert.equal(code, 0)
      assert.match(stdout, screen)
      assert.match(stdout, keys.at(-1) === '\x04' ? /^exit 2\r$/m : /^exit 0\r$/m)
      assert.match(stdout, / icanon .* echo /s, 'the terminal is as before')
    })
  }

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

  test('control characters of a token do not reach it', onLinux, async ({ signal }) => {
    const token = sign(claims({ '\x1b[2J': '\u202e\u061c' }), MASTER_KEY)
    const { stdout } = await runOnTerminal(`zumo verify ${token}`, {
      env: { ...MASTER, NO_COLOR: '1' },
      signal,
    })
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    assert.doesNotMatch(stdout, /[\x1b\u202e\u061c]/)
    assert.match(stdout, /\\u001b\[2J": .*\\u202e\\u061c/)
  })
})

test('in a pipe, colours are left out even where FORCE_COLOR is set', async () => {
  const env = { ...MASTER, FORCE_COLOR: '1' }
  const { stdout } = await run(['verify', GOOD], { env })
  assert.match(stdout, /^The token is valid\.$/m)
})
