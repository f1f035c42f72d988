// node stress/sanitizer.mjs: builds the addon with AddressSanitizer, and runs __test__/core and buffer-limits.cjs with it.
// A planted overflow must be reported first. Linux x64, with a nightly Rust and gcc's libasan. Exits 1 on any report.
import { spawnSync } from 'node:child_process'
import { copyFileSync, cpSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { isAbsolute, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const TARGET = 'x86_64-unknown-linux-gnu'
const root = fileURLToPath(new URL('..', import.meta.url))
const app = mkdtempSync(join(tmpdir(), 'zumo-jwt-'))
process.on('exit', () => rmSync(app, { recursive: true }))

function run(command, args, env, stdio = ['ignore', 'pipe', 'pipe']) {
  return spawnSync(command, args, { cwd: app, env: { ...process.env, ...env }, encoding: 'utf8', stdio })
}

function must(what, { status, stdout, stderr, error }) {
  if (status === 0) return stdout
  console.error(`${what} failed: ${error?.message ?? `${stdout ?? ''}${stderr ?? ''}`}`)
  process.exit(1)
}

// gcc prints the name alone if it does not have the file.
const libasan = run('gcc', ['-print-file-name=libasan.so']).stdout?.trim() ?? ''
if (!isAbsolute(libasan)) {
  console.error(
    'The sanitizer needs gcc and its libasan: on Debian, apt-get install gcc, which brings libasan8.',
  )
  process.exit(1)
}
// Node.js itself frees little at its end, which would be reported as leaks.
const sanitized = { LD_PRELOAD: libasan, ASAN_OPTIONS: 'detect_leaks=0' }
const node = (...args) => run(process.execPath, args, sanitized)

const flag = '-Zsanitizer=address'
const overflow = join(app, 'overflow.node')
const planted = ['+nightly', '--edition', '2024', '--crate-type', 'cdylib', flag, '--target', TARGET]
must('rustc', run('rustc', [...planted, '-o', overflow, join(root, 'stress/overflow.rs')]))
const { stderr } = node('-e', `require(${JSON.stringify(overflow)})`)
if (!/AddressSanitizer: stack-buffer-overflow.*\nWRITE/.test(stderr)) {
  console.error(`The planted overflow was not reported: ${stderr}`)
  process.exit(1)
}

const cargo = [
  '+nightly',
  'rustc',
  '--release',
  '--locked',
  '--lib',
  '--crate-type',
  'cdylib',
  '--target',
  TARGET,
]
const paths = ['--manifest-path', join(root, 'Cargo.toml'), '--target-dir', join(root, 'target/sanitizer')]
must('cargo', run('cargo', [...cargo, ...paths], { RUSTFLAGS: flag }, ['ignore', 'inherit', 'inherit']))

// A copy of the package with this binary. The tests require it by its name.
for (const name of ['package.json', 'index.js', 'lib', '__test__', 'stress']) {
  cpSync(join(root, name), join(app, name), { recursive: true })
}
symlinkSync(join(root, 'node_modules'), join(app, 'node_modules'))
const built = join(root, 'target/sanitizer', TARGET, 'release/libzumo_jwt.so')
copyFileSync(built, join(app, 'zumo-jwt.node'))

const start = Date.now()
const files = readdirSync(join(app, '__test__/core')).map((file) => `__test__/core/${file}`)
const tests = must('__test__/core', node('--test', '--test-reporter=tap', ...files))
const comparisons = must('buffer-limits.cjs', node('stress/buffer-limits.cjs'))
console.table({
  'planted overflow': { count: 'reported' },
  'tests of __test__/core': { count: Number(tests.match(/^# pass (\d+)$/m)[1]) },
  'texts around the limits of the buffers': { count: Number(comparisons) },
})
console.log(`${Math.round((Date.now() - start) / 1000)} s with the sanitizer, nothing found`)
