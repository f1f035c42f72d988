// node scripts/build-target.mjs [TRIPLE...]: builds the addon as it is published, for these targets or for all, into
// dist/binaries, whose old files it removes. Exits 1 on a failure, and if a target in the arguments cannot be built here.
import { execFileSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { parseTriple } from '@napi-rs/cli'
import { GLIBC, MACOS } from './inspect-binary.mjs'
import { setRustflags } from './rustflags.mjs'
import { available, bootstrap, libnode, run, zigbuild } from './toolchains.mjs'

const LIBRARIES = { linux: 'libzumo_jwt.so', darwin: 'libzumo_jwt.dylib', win32: 'zumo_jwt.dll' }

const RUSTFLAGS = {
  musl: ['-Ctarget-feature=-crt-static'],
  // Without these the binary needs libraries that it does not use, and contains the path of its build.
  darwin: ['-Clink-arg=-Wl,-dead_strip_dylibs', '-Clink-arg=-Wl,-install_name,@rpath/zumo-jwt.node'],
  // Not every Windows has the C runtime that Rust links to by default.
  msvc: ['-Ctarget-feature=+crt-static'],
}

const hasStd = (triple) => existsSync(run('rustc', ['--print', 'target-libdir', '--target', triple]).trim())

function build(target, installed) {
  const { platform, arch, abi, platformArchABI } = parseTriple(target)
  // Microsoft's linker and libraries exist on Windows only; a gnullvm binary needs neither.
  const triple = installed ? target : target.replace('-msvc', '-gnullvm')
  const native = platform === process.platform && platform !== 'linux'
  const env = {
    ...process.env,
    ...setRustflags(RUSTFLAGS[triple.split('-').at(-1)] ?? []),
    ...(platform === 'darwin' && { MACOSX_DEPLOYMENT_TARGET: MACOS[arch] }),
    ...(triple.endsWith('-gnullvm') && { LIBNODE_PATH: libnode() }),
    ...(!native && zigbuild()),
    CARGO_TARGET_DIR: 'target',
    ...(!installed && bootstrap()),
  }
  // See scripts/build.mjs.
  const args = ['rustc', '--release', '--locked', '--lib', '--crate-type', 'cdylib', '--target']
  args.push(abi === 'gnu' ? `${triple}.${GLIBC}` : triple)
  execFileSync(native ? 'cargo' : 'cargo-zigbuild', args, { env, stdio: 'inherit' })
  const binary = `dist/binaries/zumo-jwt.${platformArchABI}.node`
  copyFileSync(join(env.CARGO_TARGET_DIR, triple, 'release', LIBRARIES[platform]), binary)
  return statSync(binary).size
}

function attempt(target) {
  const start = Date.now()
  try {
    const installed = hasStd(target)
    if (!installed && !available) {
      const why = 'not installed by rustup; std is built on Debian on x64 only'
      return { target, status: 'not built', why }
    }
    const kB = Math.round(build(target, installed) / 1000)
    const std = installed ? 'installed' : 'built here'
    return { target, status: 'built', std, kB, seconds: Math.round((Date.now() - start) / 1000) }
  } catch ({ message }) {
    return { target, status: 'FAILED', why: message.split('\n')[0] }
  }
}

const named = process.argv.slice(2)
const { targets } = JSON.parse(readFileSync('package.json', 'utf8')).napi
rmSync('dist/binaries', { recursive: true, force: true })
mkdirSync('dist/binaries', { recursive: true })
const rows = (named.length > 0 ? named : targets).map(attempt)
console.table(rows)
const bad = named.length > 0 ? ['FAILED', 'not built'] : ['FAILED']
if (rows.some(({ status }) => bad.includes(status))) process.exit(1)
