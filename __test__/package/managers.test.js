'use strict'

// The packed file in every package manager, and what loading it says after an installation that went wrong (Linux x64).
// The rehearsal of a release has the published packages.
const assert = require('node:assert/strict')
const { execFile, spawnSync } = require('node:child_process')
const { cpSync, mkdirSync, writeFileSync } = require('node:fs')
const { basename, delimiter, join } = require('node:path')
const { describe, test } = require('node:test')
const { version } = require('../../package.json')
const { vectors } = require('../vectors/zumo-jwt-v1.json')
const { childEnvironment } = require('../helpers.js')
const helpers = require('./helpers.js')
const { env, folder, packed, readmeCommands, repack, root } = helpers

const { FUNCTIONS, folders } = helpers.packageManagers()

const FILE = `./vendor/${basename(packed)}`
const ANSWER = `${vectors[0].token} ${vectors[0].userId}\n`

/** Makes a project with the packed file in vendor/, and returns functions that run commands in it. No cache knows it. */
function project(environment = { ...env, HOME: folder(), YARN_ENABLE_TELEMETRY: '0' }) {
  const app = folder()
  mkdirSync(join(app, 'vendor'))
  cpSync(packed, join(app, FILE))
  cpSync(join(__dirname, 'app/commonjs.cjs'), join(app, 'server.cjs'))
  writeFileSync(join(app, 'package.json'), '{}')
  const options = { cwd: app, env: { ...environment, NO_COLOR: '1' } }
  options.env.PATH = [...folders, options.env.PATH].join(delimiter)
  const sh = (commands) =>
    new Promise((resolve) => {
      execFile('sh', ['-ec', FUNCTIONS + commands], options, (error, stdout, stderr) =>
        resolve({ code: error?.code ?? 0, output: stdout + stderr }),
      )
    })
  const succeed = async (commands) => {
    const { code, output } = await sh(commands)
    assert.equal(code, 0, output)
    return output
  }
  /** The first line of the package's error. */
  const fail = async (commands) => (await sh(commands)).output.match(/\b[Ee]rror: (zumo-jwt .*)$/m)?.[1]
  return { app, sh, succeed, fail }
}

describe('installed without a warning', () => {
  for (const [add, start = 'node'] of [
    ['npm10 install'],
    ['npm11 install'],
    ['npm12 install'],
    ['pnpm add'],
    ['yarn4 add', 'yarn4 node'], // with Plug'n'Play
    ['bun add'],
  ]) {
    test(`by ${add}`, async () => {
      const { succeed } = project()
      assert.doesNotMatch(await succeed(`${add} ${FILE}`), /warn|script/i)
      assert.equal(await succeed(`${start} server.cjs`), ANSWER)
    })
  }
})

describe('where nothing loads, the first line says why, and what it says to do helps', () => {
  const unshare = 'unshare --map-root-user --mount sh -ec'
  const canMount = spawnSync('sh', ['-c', `${unshare} "mount -t tmpfs tmpfs /mnt"`]).status === 0

  for (const [cause, damage, message, fix, { start = 'node server.cjs', startFixed = start, skip } = {}] of [
    [
      'an empty file',
      ': >node_modules/zumo-jwt/zumo-jwt.node',
      /^zumo-jwt cannot load its binary: .*: file too short\. Delete node_modules and install again on this machine\.$/,
      'rm -r node_modules; npm10 install',
    ],
    [
      'Deno without --allow-ffi',
      '',
      /^zumo-jwt cannot load its binary: Requires ffi access to .*, run again with the --allow-ffi flag\.$/,
      '',
      {
        start: 'deno run --allow-read --allow-env server.cjs',
        startFixed: 'deno run --allow-read --allow-env --allow-ffi server.cjs',
      },
    ],
    [
      'a file system mounted with noexec',
      '',
      /^zumo-jwt cannot load its binary: .*: failed to map segment from shared object\. Move it to a file system without noexec\.$/,
      '',
      {
        start: `${unshare} 'mount -t tmpfs -o noexec tmpfs vendor; cp -r node_modules server.cjs vendor; cd vendor; node server.cjs'`,
        startFixed: 'node server.cjs',
        skip: !canMount && 'nothing can be mounted here',
      },
    ],
  ]) {
    test(cause, { skip }, async () => {
      const { succeed, fail } = project()
      await succeed(`npm10 install ${FILE}; ${damage}`)
      const line = await fail(start)
      assert.match(line, message)
      await succeed(fix)
      assert.equal(await succeed(startFixed), ANSWER)
    })
  }
})

test('npm installs the packed file of another platform only with --force', async () => {
  const { sh, succeed } = project()
  const other = repack(packed, (manifest) => ({ ...manifest, libc: ['musl'] }))
  const { code, output } = await sh(`npm10 install ${other}`)
  assert.notEqual(code, 0)
  assert.match(output, /EBADPLATFORM/)
  await succeed(`npm10 install --force ${other}`)
})

describe('from source, with Rust', () => {
  // What is built already is used again, so that only the crate itself is compiled.
  const rust = childEnvironment({ CARGO_TARGET_DIR: join(root, 'target'), npm_config_prefer_offline: 'true' })

  test('npm 12 installs a git URL as the README says', async () => {
    const { succeed } = project(rust)
    await succeed(`npm12 install --allow-git=root git+file://${root}`)
    assert.equal(await succeed('node server.cjs'), ANSWER)
  })

  test('npm 12 links a clone that is not built; the commands of the README build and pack it', async () => {
    const clone = folder()
    const { succeed, fail } = project(rust)
    await succeed(`git clone --quiet ${root} ${clone}; npm12 install ${clone}`)
    assert.equal(await fail('node server.cjs'), `zumo-jwt is not built: run npm ci in ${clone}.`)
    const [build, install] = readmeCommands('Install')
    await succeed(`cd ${clone}; ${build}`)
    assert.equal(await succeed('node server.cjs'), ANSWER)
    await succeed(`cp ${clone}/dist/*.tgz vendor; ${install.replace('VERSION', version)}`)
    assert.equal(await succeed('test ! -L node_modules/zumo-jwt; node server.cjs'), ANSWER)
  })
})
