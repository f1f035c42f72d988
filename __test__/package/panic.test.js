'use strict'

const assert = require('node:assert/strict')
const { execFileSync } = require('node:child_process')
const { test } = require('node:test')

// An addon of its own, as no function of the published one panics on demand.
test('a panic becomes an error without details, and the process continues', () => {
  const file = 'target/test-hooks.node'
  execFileSync(process.execPath, ['scripts/build.mjs', file, '--features', 'test_hooks'], { stdio: 'pipe' })
  const { panics, zumoJwt } = require(`../../${file}`)
  for (let i = 0; i < 3; i++)
    assert.throws(panics, { name: 'Error', message: 'zumo-jwt failed unexpectedly' })
  assert.equal(zumoJwt(0, 'aud', 'user', 'key').split('.').length, 3)
})

test('the published addon has no functions for tests', () => {
  assert.deepEqual(Object.keys(require('../../binding.js')).sort(), [
    ...['__napiBindingTarget', 'decode', 'exportKey', 'masterKey'],
    ...['sign', 'signingKey', 'validateKeys', 'verify', 'zumoJwt'],
  ])
})
