// Builds the addon for this machine: `node scripts/build.mjs [FILE [CARGO ARGUMENTS]]`.
import { spawnSync } from 'node:child_process'
import { copyFileSync, rmSync } from 'node:fs'

const { platform, arch, report } = process
const { glibcVersionRuntime } = report.getReport().header
const abi = { linux: glibcVersionRuntime ? '-gnu' : '-musl', win32: '-msvc' }[platform] ?? ''
const [file = `zumo-jwt.${platform}-${arch}${abi}.node`, ...more] = process.argv.slice(2)

// `cargo build` would make the rlib too, and a crate that is both is not optimized at link time.
const args = ['rustc', '--release', '--locked', '--lib', '--crate-type', 'cdylib', ...more]
const { error, status } = spawnSync('cargo', args, { stdio: 'inherit' })
if (error) {
  console.error(
    'zumo-jwt is built from Rust, and no cargo was found: install Rust 1.88 or newer (https://rustup.rs), then run this again.',
  )
}
if (status !== 0) process.exit(1)

const library = { linux: 'libzumo_jwt.so', darwin: 'libzumo_jwt.dylib', win32: 'zumo_jwt.dll' }[platform]
// A process that runs the old addon has the file mapped, and would die of new bytes in it.
rmSync(file, { force: true })
copyFileSync(`target/release/${library}`, file)
