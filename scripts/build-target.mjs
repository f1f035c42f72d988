// npm run build:target -- TRIPLE...: builds the addon as it is published, into dist/binaries.
import { execFileSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { delimiter, join, resolve } from 'node:path'
import { parseTriple } from '@napi-rs/cli'

// The oldest that any build of Node.js 20 runs on.
const GLIBC = '2.17'

const LIBRARIES = { linux: 'libzumo_jwt.so', darwin: 'libzumo_jwt.dylib', win32: 'zumo_jwt.dll' }

function build(triple) {
  const { platform, abi, platformArchABI } = parseTriple(triple)
  // See scripts/build.mjs.
  const args = ['rustc', '--release', '--locked', '--lib', '--crate-type', 'cdylib', '--target']
  if (platform === 'linux') {
    run('cargo-zigbuild', [...args, abi === 'gnu' ? `${triple}.${GLIBC}` : triple], {
      ...zigbuild(),
      ...(abi === 'musl' && { RUSTFLAGS: '-C target-feature=-crt-static' }),
    })
  } else {
    // Not every Windows has the C runtime that Rust would link to.
    run('cargo', [...args, triple], platform === 'win32' && { RUSTFLAGS: '-C target-feature=+crt-static' })
  }
  mkdirSync('dist/binaries', { recursive: true })
  const library = join('target', triple, 'release', LIBRARIES[platform])
  copyFileSync(library, `dist/binaries/zumo-jwt.${platformArchABI}.node`)
}

// Zig links against any glibc, and against musl, whatever this Linux has.
function zigbuild() {
  const folder = resolve('.cache/zig')
  if (!existsSync(folder)) {
    const draft = `${folder}.part`
    rmSync(draft, { recursive: true, force: true })
    const packages = ['ziglang==0.17.1', 'cargo-zigbuild==0.24.0']
    run('python3', ['-m', 'pip', 'install', '--quiet', '--no-deps', '--target', draft, ...packages])
    renameSync(draft, folder)
  }
  return {
    PATH: join(folder, 'bin') + delimiter + process.env.PATH,
    CARGO_ZIGBUILD_ZIG_PATH: join(folder, 'ziglang/zig'),
  }
}

function run(command, args, env) {
  execFileSync(command, args, { env: { ...process.env, ...env }, stdio: 'inherit' })
}

const triples = process.argv.slice(2)
if (triples.length === 0) throw new Error('Name the targets to build, as rustup does.')
for (const triple of triples) build(triple)
