'use strict'

const assert = require('node:assert/strict')
const { spawn } = require('node:child_process')
const { join } = require('node:path')
const { sign, ZumoKey } = require('zumo-jwt')
const packageJson = require('../package.json')
const { HEADER, ISSUER, SIGNING_KEY, SITE, derive, signRaw } = require('./helpers.js')
const { vectors } = require('./vectors/zumo-jwt-v1.json')

const PROGRAM = join(__dirname, '..', packageJson.bin['zumo-jwt'])

const [{ masterKey: MASTER_KEY, token: BLOGS_TOKEN }] = vectors
const MASTER = { ZUMO_MASTER_KEY: MASTER_KEY }
const SITE_ENV = { WEBSITE_AUTH_SIGNING_KEY: SIGNING_KEY }
const AT_SITE = ['--app-service', '--issuer', SITE]

const siteKey = ZumoKey.fromSigningKey(SIGNING_KEY)
const SECRETS = [
  MASTER_KEY,
  ...[ZumoKey.fromMasterKey(MASTER_KEY), siteKey].flatMap((key) =>
    ['hex', 'base64', 'base64url'].map((format) => key.export().toString(format)),
  ),
]

/** Runs the program as its users do, and asserts that no output but that of `key` shows a secret. */
function run(args, options) {
  return runCommand(process.execPath, [PROGRAM, ...args], { ...options, showsKey: args[0] === 'key' })
}

/** The same with --json, and what was printed parsed. */
async function runJson(args, options) {
  const { code, stdout, stderr } = await run([...args, '--json'], options)
  return { code, stdout: stdout && JSON.parse(stdout), stderr }
}

/** Runs a shell's command, in which `zumo` is the program. */
function runInShell(command, { env, ...options } = {}) {
  return runCommand('sh', ['-c', withProgram(command)], { ...options, env: { ...SHELL, ...env } })
}

/**
 * The same on a pseudo-terminal. Types `early` at once, calls `onEarly` when that is on the screen, and types
 * each of `keys` when a key or a token is asked for.
 */
function runOnTerminal(command, { env, early, onEarly, keys = [], signal } = {}) {
  const toType = [...keys]
  const onStart = (stdin) => early && stdin.write(early)
  const onData = (screen, stdin) => {
    if (screen === early?.replaceAll('\r', '\r\n')) onEarly()
    const asked = screen.split(/_KEY: |Ctrl-D\.\r\n/).length - 1
    if (asked > keys.length - toType.length && toType.length > 0) stdin.write(toType.shift())
  }
  const args = ['--quiet', '--return', '--command', withProgram(command), '/dev/null']
  return runCommand('script', args, { env: { ...SHELL, ...env }, onStart, onData, signal })
}

const SHELL = { SHELL: '/bin/sh', TERM: 'xterm-256color', NODE: process.execPath, PROGRAM }
const withProgram = (command) => `zumo() { "$NODE" "$PROGRAM" "$@"; }; ${command}`

/** The child has no environment but this and PATH: a terminal makes `node --test` set FORCE_COLOR. */
async function runCommand(
  command,
  args,
  { env, input = '', showsKey = false, onStart, onData, signal } = {},
) {
  const { PATH } = process.env
  const child = spawn(command, args, { env: { PATH, ...env }, detached: signal !== undefined })
  // The whole process group: a test that takes too long leaves nothing running.
  signal?.addEventListener('abort', () => {
    if (child.exitCode === null && child.signalCode === null) process.kill(-child.pid, 'SIGKILL')
  })
  const output = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr']) {
    child[name].setEncoding('utf8').on('data', (chunk) => {
      output[name] += chunk
      onData?.(output[name], child.stdin)
    })
  }
  // The program may end before it has read everything.
  child.stdin.on('error', () => {})
  onStart?.(child.stdin)
  if (!onData) child.stdin.end(input)
  const code = await new Promise((resolve, reject) => child.on('error', reject).on('close', resolve))
  if (!showsKey) {
    for (const secret of SECRETS) {
      assert.ok(!output.stdout.includes(secret) && !output.stderr.includes(secret), 'a secret was shown')
    }
  }
  return { code, ...output }
}

const inAnHour = () => Math.floor(Date.now() / 1000) + 3600
const claims = (further) => ({ exp: inAnHour(), aud: 'your-aud', uid: 'Custom:42', ...further })
const GOOD = sign(claims(), MASTER_KEY)

/** A token with the claims of a good one and these changes, signed with any key. */
function withClaims(changes, key = derive(MASTER_KEY)) {
  return signRaw(HEADER, { ...claims(), iss: ISSUER, ver: 2, ...changes }, key)
}

const onLinux = { skip: process.platform !== 'linux' && "needs Linux's script and /dev", timeout: 60_000 }

module.exports = {
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
  runOnTerminal,
  siteKey,
  withClaims,
}
