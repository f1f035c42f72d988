'use strict'

// The package installed from its source, from where npm builds it with this machine's Rust.
const assert = require('node:assert/strict')
const { execFileSync } = require('node:child_process')
const { lstatSync } = require('node:fs')
const { join } = require('node:path')
const { before, describe, test } = require('node:test')
const { version } = require('../../package.json')
const { childEnvironment } = require('../helpers.js')
const { vectors } = require('../vectors/zumo-jwt-v1.json')
const { brokenLinks, folder, npm, root, run } = require('./helpers.js')

const [{ expiryMs, aud, userId, masterKey, token }] = vectors
const program = `console.log(require('zumo-jwt').zumoJwt(...${JSON.stringify([expiryMs, aud, userId, masterKey])}))`

// What is built already is used again, so that only the crate itself is compiled.
const env = childEnvironment({ CARGO_TARGET_DIR: join(root, 'target') })

/** Installs the package into an empty folder, and returns where it is installed. */
async function install(spec, options) {
  const app = folder()
  npm(app, ['install', spec], options)
  assert.equal(await run([process.execPath, '-e', program], { cwd: app }), `${token}\n`)
  return join(app, 'node_modules/zumo-jwt')
}

test('npm installs the package from git', async () => {
  const installed = await install(`git+file://${root}`, { env })
  assert.deepEqual(brokenLinks(installed), [])
})

describe('a clone', () => {
  const clone = folder()
  before(() => execFileSync('git', ['clone', '--quiet', root, clone]))

  test('is linked by npm, and built', async () => {
    assert.ok(lstatSync(await install(clone, { env })).isSymbolicLink())
  })

  test('is packed with its binary', async () => {
    npm(clone, ['pack'], { env })
    await install(join(clone, `zumo-jwt-${version}.tgz`))
  })
})
