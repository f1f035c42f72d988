'use strict'

const assert = require('node:assert/strict')
const { spawnSync } = require('node:child_process')
const { join } = require('node:path')
const { test } = require('node:test')
const { childEnvironment } = require('./helpers.js')

test('without a binary that loads, one error names the platform and what to do', () => {
  const script = `
    try {
      require('zumo-jwt')
    } catch ({ message, cause }) {
      console.log(JSON.stringify([message, cause.message]))
    }`
  const env = childEnvironment({ NAPI_RS_NATIVE_LIBRARY_PATH: join(__dirname, 'there-is-none.node') })
  const { stdout } = spawnSync(process.execPath, ['--eval', script], {
    cwd: __dirname,
    encoding: 'utf8',
    env,
  })
  const [message, cause] = JSON.parse(stdout)
  assert.equal(
    message,
    `zumo-jwt found no binary that loads on ${process.platform}-${process.arch}: install it together with its ` +
      'optional dependencies, or build one from source (in a clone, with Rust: npm ci) and set ' +
      'NAPI_RS_NATIVE_LIBRARY_PATH to its path.',
  )
  assert.match(cause, /native binding/)
})
