// npm run test:platforms: installs the packages of dist/npm as npm does on each platform, inspects the binary, and runs the
// tests with that platform's Node.js where this machine can run it. Exits 1 on any failure.
import { spawnSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseTriple } from '@napi-rs/cli'
import { inspect } from './inspect-binary.mjs'
import { glibcArm64, musl, run, wine } from './toolchains.mjs'

const { version, napi } = JSON.parse(readFileSync('package.json', 'utf8'))
const CORE = readdirSync('__test__/core').map((file) => `__test__/core/${file}`)
const NEEDED = ['__test__', 'node_modules/fast-check', 'node_modules/pure-rand']
// The servers run on Windows too. The command line does not: Node.js in wine cannot write to a pipe.
const WITH_SERVERS = 'win32-x64-msvc'
const SERVERS = readdirSync('__test__')
  .filter((file) => /^servers?\b.*\.test\.js$/.test(file))
  .map((file) => `__test__/${file}`)

const work = mkdtempSync(join(tmpdir(), 'zumo-jwt-'))
process.on('exit', () => rmSync(work, { recursive: true, maxRetries: 9, retryDelay: 300 }))

const emulated = (runtime) => [22, 24].map((major) => [`Node.js ${major} in qemu`, () => runtime(major)])
const RUNTIMES = {
  'linux-x64-gnu': [[`Node.js ${process.versions.node}`, () => ({ command: [process.execPath] })]],
  'linux-arm64-gnu': emulated(glibcArm64),
  'linux-x64-musl': emulated((major) => musl('x86_64', major)),
  'linux-arm64-musl': emulated((major) => musl('aarch64', major)),
  'win32-x64-msvc': [['Node.js 22 in wine', () => wine(22, join(work, 'prefix'))]],
}

const packages = existsSync('dist/npm') ? readdirSync('dist/npm') : []

// All packages are given to npm, which installs those for the platform only.
function install({ platformArchABI: name, platform, arch, abi }) {
  const app = join(work, name)
  mkdirSync(app)
  const options = ['--offline', '--silent', '--save-optional', `--os=${platform}`, `--cpu=${arch}`]
  if (platform === 'linux') options.push(`--libc=${abi === 'gnu' ? 'glibc' : abi}`)
  run('npm', ['install', ...options, ...packages.map((file) => resolve('dist/npm', file))], { cwd: app })
  const scope = join(app, 'node_modules/@zumo-jwt')
  const installed = existsSync(scope) ? readdirSync(scope) : []
  if (installed.join() !== `binary-${name}`)
    throw new Error(`npm installed ${installed.join() || 'no binary'}`)
  for (const path of name === WITH_SERVERS ? ['__test__', 'node_modules'] : NEEDED) {
    cpSync(path, join(app, path), { recursive: true, force: false })
  }
  return app
}

function runTests(app, { command: [command, ...args], env }, tests) {
  // To a file, because Node.js in wine cannot write to a pipe.
  const log = join(app, 'log')
  const output = openSync(log, 'w')
  const stdio = ['ignore', output, output]
  const options = { cwd: app, env: { ...process.env, ...env }, stdio, timeout: 600_000 }
  const failed = tests.filter((file) => spawnSync(command, [...args, file], options).status !== 0)
  if (failed.length > 0) {
    console.error(readFileSync(log, 'utf8'))
    throw new Error(failed.join(', '))
  }
}

function attempt(status, action) {
  const start = Date.now()
  try {
    action()
  } catch ({ message }) {
    status = `FAILED: ${message.split('\n')[0]}`
  }
  return { status, seconds: Math.round((Date.now() - start) / 1000) }
}

function test(target) {
  const { platformArchABI: name } = target
  if (!packages.includes(`zumo-jwt-binary-${name}-${version}.tgz`)) return [{ name, status: 'not built' }]
  let app
  const check = attempt('only checked', () => {
    app = install(target)
    inspect(join(app, `node_modules/@zumo-jwt/binary-${name}/zumo-jwt.${name}.node`), target)
  })
  if (check.status !== 'only checked' || !RUNTIMES[name]) return [{ name, ...check }]
  return RUNTIMES[name].map(([under, runtime]) => ({
    name,
    ...attempt('run', () => runTests(app, runtime(), name === WITH_SERVERS ? [...CORE, ...SERVERS] : CORE)),
    under,
  }))
}

const rows = napi.targets.flatMap((triple) => test(parseTriple(triple)))
console.table(rows)
const missing = rows.every(({ status }) => status === 'not built')
if (missing) console.error('dist/npm holds no packages: npm run pack:all makes them.')
if (missing || rows.some(({ status }) => status.startsWith('FAILED'))) process.exitCode = 1
