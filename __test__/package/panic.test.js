'use strict'

const assert = require('node:assert/strict')
const { execFileSync } = require('node:child_process')
const { test } = require('node:test')

const FILE = 'target/test-hooks.node'

// An addon of its own, as no function of the published one panics on demand.
test('a panic becomes an error without details, and the process continues', () => {
  execFileSync(process.execPath, ['scripts/build.mjs', FILE, '--features', 'test_hooks'], { stdio: 'pipe' })
  const { panics, zumoJwt } = require(`../../${FILE}`)
  for (let i = 0; i < 3; i++)
    assert.throws(panics, { name: 'Error', message: 'zumo-jwt failed unexpectedly' })
  assert.equal(zumoJwt(0, 'aud', 'user', 'key').split('.').length, 3)
})

test('the published addon has no functions for tests', () => {
  const published = Object.keys(require('../../zumo-jwt.node'))
  const more = Object.keys(require(`../../${FILE}`)).filter((name) => !published.includes(name))
  assert.deepEqual(more, ['panics'])
})
