'use strict'

const assert = require('node:assert/strict')
const { spawnSync } = require('node:child_process')
const fs = require('node:fs')
const { createRequire } = require('node:module')
const { tmpdir } = require('node:os')
const { dirname, join } = require('node:path')
const { describe, test } = require('node:test')
const manifest = require('../package.json')
const { anotherCopy, childEnvironment } = require('./helpers.js')

const { cpSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } = fs
const root = join(__dirname, '..')
const LIBC = process.report.getReport().header.glibcVersionRuntime ? 'gnu' : 'musl'
const LINUX = `linux-x64-${LIBC}`
const PACKAGE = `@zumo-jwt/binary-${LINUX}`
const OTHER = '@zumo-jwt/binary-darwin-arm64'
const binary = join(root, 'zumo-jwt.node')

/**
 * Copies the package without its binary, as npm publishes it, and returns the type of what loading the copy exports, or
 * the message of the error. `files` has more files by their paths in the package: the path to copy from, or text in an
 * array; `packed` the members of package.json that npm run pack adds; `libc` what tells glibc from musl: the text of
 * `ldd`, and the version in Node's report. `bundled` loads it as bundlers do, with a module that has no paths.
 */
function load(t, files, { flags, system = LINUX, libc, published = [PACKAGE, OTHER], packed, bundled }) {
  const app = realpathSync(mkdtempSync(join(tmpdir(), 'zumo-jwt-')))
  // Windows does not remove a binary that is loaded.
  if (process.platform !== 'win32') t.after(() => rmSync(app, { recursive: true }))
  const folder = join(app, 'node_modules/zumo-jwt')
  for (const name of ['index.js', 'lib']) cpSync(join(root, name), join(folder, name), { recursive: true })
  const optionalDependencies = Object.fromEntries(published.map((name) => [name, manifest.version]))
  const packageJson = JSON.stringify({ ...manifest, ...(packed ?? { optionalDependencies }) })
  for (const [name, source] of Object.entries({ 'package.json': [packageJson], ...files })) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    if (source === binary) cpSync(source, join(folder, name))
    else writeFileSync(join(folder, name), source[0])
  }
  if (flags) {
    const options = { cwd: app, env: childEnvironment(), encoding: 'utf8' }
    const { stderr } = spawnSync(process.execPath, [...flags, '-e', "require('zumo-jwt')"], options)
    return stderr.match(/^Error: (.*)$/m)[1]
  }
  const pretend = (platform, arch) => {
    Object.defineProperty(process, 'platform', { value: platform })
    Object.defineProperty(process, 'arch', { value: arch })
  }
  const real = [process.platform, process.arch]
  pretend(...system.split('-'))
  if (libc) {
    const ldd = join(app, 'ldd')
    if (libc.ldd) writeFileSync(ldd, libc.ldd)
    const read = fs.readFileSync
    t.mock.method(fs, 'readFileSync', (file, ...options) =>
      read(file === '/usr/bin/ldd' ? ldd : file, ...options),
    )
    t.mock.method(process.report, 'getReport', () => ({ header: { glibcVersionRuntime: libc.glibc } }))
  }
  try {
    if (!bundled) return typeof createRequire(join(app, 'server.js'))('zumo-jwt')
    const file = join(folder, 'lib/addon.js')
    const module = { exports: {} }
    Function('module', 'require', readFileSync(file, 'utf8'))(module, createRequire(file))
    return typeof module.exports
  } catch ({ message, cause }) {
    assert.ok(cause.length > 0 && cause.every((error) => error instanceof Error))
    return message.replaceAll(folder, 'FOLDER')
  } finally {
    pretend(...real)
  }
}

const beside = { 'zumo-jwt.node': binary }
// A folder of this name stands for a binary that fails to load as those of other systems do.
const fails = (message, properties) => ({
  'zumo-jwt.node/index.js': [
    `throw Object.assign(new Error(${JSON.stringify(message)}), ${JSON.stringify(properties)})`,
  ],
})
const refused = (message) => fails(message, { code: 'ERR_DLOPEN_FAILED' })
const foreign = { 'zumo-jwt.node': ['from elsewhere'] }
const inPackage = (name) => ({
  [`../${name}/index.node`]: binary,
  [`../${name}/package.json`]: ['{"main":"index.node"}'],
})
const supported = [
  LINUX,
  'darwin-x64',
  'darwin-arm64',
  'win32-x64-msvc',
  'win32-ia32-msvc',
  'win32-arm64-msvc',
]
const unsupported = ['freebsd-x64', `linux-riscv64-${LIBC}`]
const windows = { os: ['win32'], cpu: ['x64'] }
const { allowedNodeEnvironmentFlags: allowed } = process
const permission = allowed.has('--permission') ? '--permission' : '--experimental-permission'

const DISABLED = 'zumo-jwt is a native addon, and this process does not load addons: start Node.js'
const NO_BINARY = 'run npm ci && npm run pack in a clone, and install the file it makes.'
const BUNDLE =
  'make it where zumo-jwt for darwin-arm64 is installed, and keep the .node file beside it, or leave zumo-jwt out of it.'
const PACK = 'do not copy node_modules, and install the file that npm run pack makes on this system.'
const INSTALL = 'run npm install zumo-jwt --include=optional on this machine.'
const AGAIN = 'Delete node_modules and install again on this machine.'
const BROKEN = RegExp(`^zumo-jwt cannot load its binary: .*FOLDER.*\\. ${AGAIN}$`)
const BROKEN_CLONE = /^zumo-jwt cannot load its binary: .*FOLDER.*: run npm ci in FOLDER\.$/

describe('the addon, or the cause and what to do in one line', () => {
  for (const [title, files, expected, options = {}] of [
    ['beside the package', beside, 'object'],
    ['built on 32-bit ARM', beside, 'object', { system: 'linux-arm' }],
    ...supported.map((system) => [system, inPackage(`@zumo-jwt/binary-${system}`), 'object', { system }]),
    ['in a package, and broken beside', { 'zumo-jwt.node': [''], ...inPackage(PACKAGE) }, 'object'],
    ...[
      ['linux-x64', 'gnu', 'its ldd', { ldd: 'GNU libc' }],
      ['linux-arm64', 'musl', 'its ldd', { ldd: 'musl libc', glibc: '2.36' }],
      ['linux-arm64', 'gnu', "Node's report", { glibc: '2.36' }],
      ['linux-x64', 'musl', "Node's report", {}],
    ].map(([system, name, source, libc]) => [
      `${system}-${name} by ${source}`,
      inPackage(`@zumo-jwt/binary-${system}-${name}`),
      'object',
      { system, libc },
    ]),
    ['--no-addons', beside, `${DISABLED} without --no-addons.`, { flags: ['--no-addons'] }],
    [permission, beside, `${DISABLED} with --allow-addons.`, { flags: [permission, '--allow-fs-read=*'] }],
    ...[...unsupported, LINUX].map((system) => [
      `no binary for ${system}`,
      {},
      `zumo-jwt has no binary for ${system}: ${NO_BINARY}`,
      { system, published: [] },
    ]),
    ['a clone', { 'Cargo.toml': [''] }, 'zumo-jwt is not built: run npm ci in FOLDER.'],
    ['a clone built on another system', { 'Cargo.toml': [''], ...foreign }, BROKEN_CLONE],
    ...['', 'version https://git-lfs.github.com/spec/v1\n', '<!doctype html>'].map((text) => [
      `a binary that is ${JSON.stringify(text)}`,
      { 'zumo-jwt.node': [text] },
      BROKEN,
    ]),
    [
      'addons that are disabled',
      fails('Cannot load native addon', { code: 'ERR_DLOPEN_DISABLED' }),
      `${DISABLED} without --no-addons.`,
    ],
    [
      'a message of several lines',
      refused('not a valid\nWin32 \r\n\r\n  application\n'),
      `zumo-jwt cannot load its binary: not a valid, Win32, application. ${AGAIN}`,
    ],
    [
      'a package that is broken',
      { [`../${PACKAGE}/index.js`]: ["throw new TypeError('short')"] },
      `zumo-jwt cannot load its binary: short. ${AGAIN}`,
    ],
    ...['failed to map segment from shared object', 'Operation not permitted'].map((reason) => [
      reason,
      refused(reason),
      `zumo-jwt cannot load its binary: ${reason}. Move it to a file system without noexec.`,
    ]),
    [
      'a permission of Deno',
      fails('Requires ffi access', { name: 'NotCapable' }),
      'zumo-jwt cannot load its binary: Requires ffi access.',
    ],
    [
      'another error of Deno',
      fails('no such file', { name: 'TypeError' }),
      `zumo-jwt cannot load its binary: no such file. ${AGAIN}`,
    ],
    [
      'a bundle without the binary',
      {},
      `zumo-jwt finds no binary in this bundle: ${BUNDLE}`,
      { bundled: true, system: 'darwin-arm64' },
    ],
    [
      'a bundle whose binary does not load',
      refused('short'),
      `zumo-jwt cannot load its binary: short: ${BUNDLE}`,
      { bundled: true, system: 'darwin-arm64' },
    ],
    ...[
      ['linux-x64-gnu', { os: ['linux'], cpu: ['x64'], libc: ['glibc'] }, 'linux-x64-musl', {}],
      ['linux-x64-musl', { os: ['linux'], cpu: ['x64'], libc: ['musl'] }, 'linux-x64-gnu', { glibc: '2.36' }],
      ['darwin-x64', { os: ['darwin'], cpu: ['x64'] }, 'linux-x64-musl', {}],
    ].map(([name, packed, system, libc]) => [
      `the packed file of ${name} on ${system}`,
      foreign,
      `zumo-jwt is installed for ${name}, and this system is ${system}: ${PACK}`,
      { packed, system, libc },
    ]),
    ['the packed file of this system, broken', foreign, BROKEN, { packed: windows, system: 'win32-x64' }],
    [
      'the packed file of this system, without its binary',
      {},
      `zumo-jwt is installed without its .node file. ${AGAIN}`,
      { packed: windows, system: 'win32-x64' },
    ],
    [
      'the package of this system, without its binary',
      { [`../${PACKAGE}/package.json`]: ['{"main":"index.node"}'] },
      `zumo-jwt is installed without its .node file. ${AGAIN}`,
    ],
    [
      'a single executable application',
      fails('No such built-in module', { code: 'ERR_UNKNOWN_BUILTIN_MODULE' }),
      "zumo-jwt cannot load its binary in a single executable application: begin its script with require = require('node:module').createRequire(process.execPath), and put the .node file beside the program.",
      { bundled: true },
    ],
    ['no package', {}, `zumo-jwt needs ${PACKAGE}, which is not installed: ${INSTALL}`],
    [
      'the package of another system',
      { [`../${OTHER}/package.json`]: ['{}'] },
      `zumo-jwt needs ${PACKAGE}, and node_modules has ${OTHER}, of another system: ${INSTALL}`,
    ],
  ]) {
    test(title, (t) => {
      const printed = load(t, files, options)
      if (expected instanceof RegExp) assert.match(printed, expected)
      else assert.equal(printed, expected)
    })
  }
})

test('a Node.js that is too old is told which one it needs', () => {
  const method = Object.getOwnPropertyDescriptor(String.prototype, 'isWellFormed')
  delete String.prototype.isWellFormed
  try {
    const message = `zumo-jwt needs Node.js 20 or newer, and this is ${process.version}.`
    assert.throws(() => anotherCopy(), { message })
  } finally {
    Object.defineProperty(String.prototype, 'isWellFormed', method)
  }
})
