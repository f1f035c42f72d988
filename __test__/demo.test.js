'use strict'

const assert = require('node:assert/strict')
const { exec, execFile } = require('node:child_process')
const { join } = require('node:path')
const { test } = require('node:test')
const { promisify } = require('node:util')
const { verify } = require('zumo-jwt')
const { childEnvironment } = require('./helpers.js')

const DEMO = join(__dirname, '../scripts/demo.mjs')

async function demo(args = [], env = {}) {
  const { stdout } = await promisify(execFile)(process.execPath, [DEMO, ...args], {
    env: childEnvironment({ ZUMO_MASTER_KEY: undefined, ...env }),
  })
  return stdout
}

function statuses(output) {
  return [...output.matchAll(/^ {2}\$ curl .*\n {2}(\d{3}) /gm)].map(([, status]) => Number(status))
}

const BLOGS = [401, 401, 200, 401, 401, 200, 200, 200]

test('the walk-through gets the answers of the blog post', async () => {
  const output = await demo()
  assert.deepEqual(statuses(output), BLOGS)
  const [token] = output.match(/^ {2}eyJ\S+$/m)
  assert.equal(verify(token.trim(), 'yourmasterkey').userId, 'unique string for this user')
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

const hasHead = { skip: process.platform === 'win32' }

test('the walk-through ends without an error where its reader has read enough', hasHead, async () => {
  const command = `"${process.execPath}" "${DEMO}" | head -n 1`
  const { stdout, stderr } = await promisify(exec)(command, {
    env: childEnvironment({ ZUMO_MASTER_KEY: undefined }),
  })
  assert.deepEqual({ lines: stdout.split('\n').length, stderr }, { lines: 2, stderr: '' })
})

test('the walk-through fails, and says why, where there is no curl', async () => {
  await assert.rejects(demo([], { PATH: '' }), { code: 1, stderr: /needs curl/ })
})
