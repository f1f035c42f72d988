'use strict'

const assert = require('node:assert/strict')
const { spawnSync } = require('node:child_process')
const { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } = require('node:fs')
const { tmpdir } = require('node:os')
const { join } = require('node:path')
const { describe, test } = require('node:test')
const manifest = require('../package.json')
const { childEnvironment } = require('./helpers.js')

const root = join(__dirname, '..')
const BINARIES = ['linux-x64-gnu', 'linux-x64-musl', 'darwin-arm64'].map((name) => `zumo-jwt-${name}`)

const ON_LINUX = { platform: 'linux', arch: 'x64' }
const LIBC = process.report.getReport().header.glibcVersionRuntime ? 'gnu' : 'musl'
const OWN = `zumo-jwt-linux-x64-${LIBC}`

/** Copies the package into a folder without a binary, as npm publishes it, adds files and returns what loading it prints. */
function load(t, { files = {}, flags = [], system = {}, dependencies = BINARIES }) {
  const app = realpathSync(mkdtempSync(join(tmpdir(), 'zumo-jwt-')))
  t.after(() => rmSync(app, { recursive: true }))
  const folder = join(app, 'node_modules/zumo-jwt')
  for (const name of ['index.js', 'lib']) cpSync(join(root, name), join(folder, name), { recursive: true })
  const optionalDependencies = Object.fromEntries(dependencies.map((name) => [name, manifest.version]))
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ ...manifest, optionalDependencies }))
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(join(folder, name, '..'), { recursive: true })
    if (content === 'binary') cpSync(join(root, 'zumo-jwt.node'), join(folder, name))
    else writeFileSync(join(folder, name), content)
  }
  const program = `
    for (const [name, value] of Object.entries(${JSON.stringify(system)}))
      Object.defineProperty(process, name, { value })
    try {
      console.log(typeof require('zumo-jwt').verify)
    } catch ({ message, cause }) {
      console.log(message, cause.every((error) => error.message))
    }`
  const { stdout, stderr } = spawnSync(process.execPath, [...flags, '-e', program], {
    cwd: app,
    env: childEnvironment(),
    encoding: 'utf8',
  })
  assert.doesNotMatch(stderr, /Error/)
  return stdout.trimEnd().replaceAll(folder, 'FOLDER')
}

describe('the binary is found', () => {
  for (const [title, options] of Object.entries({
    'beside the package': { files: { 'zumo-jwt.node': 'binary' } },
    'beside the package on a platform that none is published for': {
      files: { 'zumo-jwt.node': 'binary' },
      system: { platform: 'linux', arch: 'arm' },
    },
    'in the package of the platform': {
      files: { [`../${OWN}/index.node`]: 'binary', [`../${OWN}/package.json`]: '{"main":"index.node"}' },
      system: ON_LINUX,
    },
    'in the package of the platform where the one beside the package does not load': {
      files: {
        'zumo-jwt.node': '',
        [`../${OWN}/index.node`]: 'binary',
        [`../${OWN}/package.json`]: '{"main":"index.node"}',
      },
      system: ON_LINUX,
    },
  })) {
    test(title, (t) => assert.equal(load(t, options), 'function'))
  }
})

const DISABLED = 'is a native addon, and this process does not load addons: start Node.js'
const NO_BINARY = 'run npm ci && npm run pack in a clone, and install the file it makes'
const INSTALL = 'run npm install zumo-jwt on this machine, without --omit=optional'
const binary = { 'zumo-jwt.node': 'binary' }
const [permission] = process.allowedNodeEnvironmentFlags.has('--permission')
  ? ['--permission']
  : ['--experimental-permission']

describe('where none loads, one line says why and what to do', () => {
  for (const [title, options, expected] of [
    ['--no-addons', { files: binary, flags: ['--no-addons'] }, `${DISABLED} without --no-addons`],
    [
      'no --allow-addons',
      { files: binary, flags: [permission, '--allow-fs-read=*'] },
      `${DISABLED} with --allow-addons`,
    ],
    ...[
      ['FreeBSD', 'freebsd', 'x64', 'freebsd-x64'],
      ['RISC-V', 'linux', 'riscv64', `linux-riscv64-${LIBC}`],
      ['32-bit Windows', 'win32', 'ia32', 'win32-ia32-msvc'],
    ].map(([title, platform, arch, name]) => [
      title,
      { system: { platform, arch } },
      `has no binary for ${name}: ${NO_BINARY}`,
    ]),
    [
      'a package without binaries',
      { dependencies: [], system: ON_LINUX },
      `has no binary for linux-x64-${LIBC}: ${NO_BINARY}`,
    ],
    ['a clone', { files: { 'Cargo.toml': '' } }, 'is not built: run npm ci in FOLDER'],
    [
      'a clone with a binary of another system',
      { files: { 'Cargo.toml': '', 'zumo-jwt.node': 'from elsewhere' } },
      /^zumo-jwt cannot load its binary: .+: run npm ci in FOLDER\. true$/,
    ],
    ...['', 'version https://git-lfs.github.com/spec/v1\n', '<!doctype html>'].map((content) => [
      `a file with ${JSON.stringify(content)}`,
      { files: { 'zumo-jwt.node': content } },
      /^zumo-jwt cannot load its binary: .*FOLDER.+\. Delete node_modules and install again on this machine\. true$/,
    ]),
    [
      'the package of the platform missing',
      { system: ON_LINUX },
      `needs ${OWN}, which is not installed: ${INSTALL}`,
    ],
    [
      'the package of another platform',
      { files: { '../zumo-jwt-darwin-arm64/package.json': '{}' }, system: ON_LINUX },
      `needs ${OWN}, and node_modules has zumo-jwt-darwin-arm64, of another system: ${INSTALL}`,
    ],
  ]) {
    test(title, (t) => {
      const message = load(t, options)
      if (expected instanceof RegExp) assert.match(message, expected)
      else assert.equal(message, `zumo-jwt ${expected}. true`)
    })
  }
})
