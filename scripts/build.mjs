// Builds the addon for this machine: `node scripts/build.mjs [FILE [CARGO ARGUMENTS]]`.
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { addRustflags } from './rustflags.mjs'

const [file = 'zumo-jwt.node', ...more] = process.argv.slice(2)

// `cargo build` would make the rlib too, and a crate that is both is not optimized at link time.
const args = ['rustc', '--release', '--locked', '--lib', '--crate-type', 'cdylib']
const flags = addRustflags()
args.push('--message-format', 'json-render-diagnostics', ...flags.args, ...more)
const { status, stdout } = spawnSync('cargo', args, {
  encoding: 'utf8',
  env: { ...process.env, ...flags.env },
  stdio: ['ignore', 'pipe', 'inherit'],
})
if (status !== 0) {
  const missing = missingTool()
  if (missing) console.error(missing)
  process.exit(1)
}

// A process that runs the old addon has the file mapped, and would crash if its bytes changed.
rmSync(file, { force: true })
mkdirSync(dirname(file), { recursive: true })
copyFileSync(builtLibrary(), file)

// Called only after a failure, so that an unusual setup that works is accepted.
function missingTool() {
  const run = (command) => spawnSync(command, ['--version'], { encoding: 'utf8' })
  const [, wanted] = readFileSync('Cargo.toml', 'utf8').match(/^rust-version = "(.*)"$/m)
  if (run('cargo').error) {
    return `zumo-jwt is built with Rust ${wanted} or newer, and cargo was not found: install Rust from https://rustup.rs.`
  }
  const [, found] = run('rustc').stdout?.match(/^rustc ([\d.]+)/) ?? []
  if (found?.localeCompare(wanted, 'en', { numeric: true }) < 0) {
    return `zumo-jwt is built with Rust ${wanted} or newer, and this is Rust ${found}: update it with rustup update.`
  }
  if (process.platform !== 'win32' && run('cc').error) {
    return 'zumo-jwt is built with a C linker, and cc was not found: install a C compiler, such as gcc or clang.'
  }
}

// Cargo's configuration can change where it is.
function builtLibrary() {
  const messages = stdout.trim().split('\n')
  const { filenames } = messages
    .map((line) => JSON.parse(line))
    .findLast(({ target }) => target?.kind.includes('cdylib'))
  return filenames.find((name) => /\.(so|dylib|dll)$/.test(name))
}
