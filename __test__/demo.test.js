'use strict'

const assert = require('node:assert/strict')
const { execFile, spawnSync } = require('node:child_process')
const { mkdtempSync, rmSync, symlinkSync } = require('node:fs')
const { tmpdir } = require('node:os')
const { join } = require('node:path')
const { test } = require('node:test')
const { promisify, stripVTControlCharacters } = require('node:util')
const { verify } = require('zumo-jwt')
const { childEnvironment } = require('./helpers.js')

const DEMO = join(__dirname, '../scripts/demo.mjs')

async function demo(args = [], env = {}) {
  const { stdout } = await promisify(execFile)(process.execPath, [DEMO, ...args], {
    env: childEnvironment({ ZUMO_MASTER_KEY: undefined, ...env }),
  })
  return stdout
}

/** The status of each answer. Each is the expected one. */
function statuses(output) {
  const answers = [...output.matchAll(/^ {2}\$ curl (?:.*\n)+? {2}(\d{3}) (?:.*\n)+? {2}✓ as expected$/gm)]
  return answers.map(([, status]) => Number(status))
}

// The blog's function and zumoJwt, then what the blog sends.
const BLOGS = [401, 200, 401, 401, 401, 401, 200, 200, 200]
const LAST = `Refused (401): the token of the blog's function, on Node.js ${process.version}
Accepted (200): the token of zumoJwt
9 of 9 answers are as expected. The same service with a page: npm run service
`

test('the walk-through gets the answers of the blog post', async () => {
  const output = await demo()
  assert.deepEqual(statuses(output), BLOGS)
  const [token] = output.match(/^ {2}eyJ\S+$/m)
  assert.equal(verify(token.trim(), 'yourmasterkey').userId, 'unique string for this user')
  assert.match(
    output,
    /^Two tokens .*\n.*\n\nThe token of the blog's function, .*\n\nThe token of zumoJwt\n/s,
  )
  const [wide] = output.match(/^(?!.*eyJ).{81,}$/m) ?? []
  assert.equal(wide, undefined)
  assert.ok(output.endsWith(`\n\n${LAST}`), output)
  assert.match(output, /YYevy9YsRnBMFrj3rCjPI94rCkwuan-TxVD7FFKaVvo {2}right\n/)
  assert.match(output, /cwIO7PHAnOc8DNOoXw3f4cWS9DVASNSQcaZMXNyH9bg {2}wrong\n/)
})

test('the walk-through accepts an audience, a user and a master key, and does not show the key', async () => {
  const masterKey = 'masterKeyMasterKeyMasterKey01234'
  const output = await demo(['Custom', "Custom:o'42"], { ZUMO_MASTER_KEY: masterKey })
  assert.deepEqual(statuses(output), BLOGS)
  const [token] = output.match(/^ {2}eyJ\S+$/m)
  assert.equal(verify(token.trim(), masterKey, { audience: 'Custom' }).userId, "Custom:o'42")
  assert.ok(!output.includes(masterKey))
})

test('the walk-through marks and counts what is not expected, and exits with 1', async () => {
  const unchecked = join(__dirname, 'http/without-token-check.cjs')
  await assert.rejects(demo([], { NODE_OPTIONS: `--require "${unchecked}"` }), ({ code, stdout }) => {
    assert.match(stdout, /^No token\n.*\n {2}200 .*\n {2}✗ not as expected\n\n/m)
    assert.match(
      stdout,
      /^Accepted \(200\): the token of the blog's function.*\n.*\n2 of 9 answers are as expected\. .*\n$/m,
    )
    return code === 1
  })
})

const hasScript = { skip: process.platform !== 'linux' && "needs Linux's script" }

test('the walk-through is in colour on a terminal, unless NO_COLOR is set', hasScript, () => {
  for (const changes of [{}, { NO_COLOR: '1' }]) {
    // With CI, Node.js counts no terminal as one with colours.
    const set = { ZUMO_MASTER_KEY: undefined, TERM: 'xterm-256color', CI: undefined, ...changes }
    const env = childEnvironment(set)
    const args = ['--quiet', '--return', '--command', `"${process.execPath}" "${DEMO}"`, '/dev/null']
    const { status, stdout } = spawnSync('script', args, { env, encoding: 'utf8' })
    assert.equal(status, 0)
    assert.equal(stdout.includes('\x1b[32m✓ as expected\x1b[39m'), changes.NO_COLOR === undefined)
    assert.equal(stripVTControlCharacters(stdout).replaceAll('\r', '').endsWith(LAST), true)
  }
})

test('the walk-through fails, and says why in one sentence', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'demo-'))
  t.after(() => rmSync(folder, { recursive: true }))
  symlinkSync(process.execPath, join(folder, 'curl')) // It knows no -q.
  for (const [args, env, stderr] of [
    [[], { PATH: '' }, /^The walk-through needs curl\. Please install it\.\n$/],
    [[], { PATH: folder }, /^curl ended with 9\.\n$/],
    [['aud', ''], {}, /^The "userId" argument must be .*\n$/],
    [[], { ZUMO_MASTER_KEY: 'ä' }, /^The "masterKey" argument must be .*\n$/],
  ]) {
    await assert.rejects(demo(args, env), { code: 1, stderr })
  }
})
