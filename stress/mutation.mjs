// Changes the JavaScript of the package and the core in src/ in hundreds of small ways, one at a time, and lists each
// change that no test notices: npm run mutation [-- javascript|rust].
import { execFileSync, spawnSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { setPriority } from 'node:os'
import { join, resolve } from 'node:path'

const MIN_SCORE = 97
const PARTS = { javascript, rust }
const [only] = process.argv.slice(2)
if (only !== undefined && !Object.hasOwn(PARTS, only))
  throw new TypeError('usage: mutation.mjs [javascript|rust]')

/** The survivors that no test can notice: `{ file, line, mutation, reason }`. */
const accepted = JSON.parse(readFileSync(new URL('mutation-survivors.json', import.meta.url), 'utf8'))
const cache = resolve('.cache/mutation')
const SERVER_TESTS = ['servers', 'server-fastify', 'server-options', 'server-requests', 'pollution'].map(
  testFile,
)
const CORE_TESTS = [...sources('__test__/core'), ...['addon', 'weaknesses'].map(testFile)]

mkdirSync(cache, { recursive: true })
setPriority(10)
for (const [language, mutate] of Object.entries(PARTS)) {
  if (only === undefined || only === language) report(language, mutate())
}

/** Prints the score and the survivors of `{ mutants, survivors }`. */
function report(language, { mutants, survivors }) {
  const score = (100 * (mutants - survivors.length)) / mutants
  console.log(`${language}: ${mutants} mutants, ${survivors.length} survived: ${score.toFixed(1)} %`)
  const isSame = (one) => (other) =>
    ['file', 'line', 'mutation'].every((property) => one[property] === other[property])
  for (const survivor of survivors) {
    const { reason = 'NOT LISTED' } = accepted.find(isSame(survivor)) ?? {}
    console.log(`  ${survivor.file}: ${survivor.line}\n    ${survivor.mutation}\n    ${reason}`)
    if (reason === 'NOT LISTED') process.exitCode = 1
  }
  const extension = { javascript: '.js', rust: '.rs' }[language]
  for (const listed of accepted.filter(({ file }) => file.endsWith(extension))) {
    if (survivors.some(isSame(listed))) continue
    console.log(`  ${listed.file}: ${listed.line}\n    ${listed.mutation}\n    LISTED, BUT DID NOT SURVIVE`)
    process.exitCode = 1
  }
  if (score < MIN_SCORE) {
    console.log(`  The score is under ${MIN_SCORE} %.`)
    process.exitCode = 1
  }
}

function javascript() {
  const stryker = join(cache, 'stryker')
  if (!existsSync(stryker)) {
    const packages = ['core', 'tap-runner'].map((name) => `@stryker-mutator/${name}@9.6.1`)
    run('npm', 'install', '--silent', '--no-save', '--prefix', stryker, ...packages)
  }
  const modules = join(stryker, 'node_modules')
  const results = join(cache, 'stryker.json')
  const config = {
    mutate: ['index.js', ...sources('lib'), ...sources('http')].map(withoutExports),
    testRunner: 'tap',
    tap: {
      testFiles: [...CORE_TESTS, ...SERVER_TESTS],
      nodeArgs: ['-r', '{{hookFile}}', '--test-reporter=tap', '{{testFile}}'],
    },
    plugins: [join(modules, '@stryker-mutator/tap-runner/dist/src/index.js')],
    coverageAnalysis: 'perTest',
    concurrency: 2,
    timeoutMS: 20_000,
    ignorePatterns: ['/target', '/dist', '/.cache', '/fuzz', '/docs'],
    tempDirName: join(cache, 'stryker-sandbox'),
    reporters: ['progress-append-only', 'json'],
    jsonReporter: { fileName: results },
  }
  const file = join(cache, 'stryker.conf.json')
  writeFileSync(file, JSON.stringify(config))
  run(process.execPath, join(modules, '@stryker-mutator/core/bin/stryker.js'), 'run', file)

  const { files } = JSON.parse(readFileSync(results, 'utf8'))
  const all = Object.entries(files).flatMap(([name, { source, mutants }]) =>
    mutants.map(({ location, replacement, status }) => ({ name, source, location, replacement, status })),
  )
  const valid = all.filter(({ status }) => !['CompileError', 'RuntimeError', 'Ignored'].includes(status))
  const survivors = valid.filter(({ status }) => status === 'Survived' || status === 'NoCoverage')
  return {
    mutants: valid.length,
    survivors: survivors.map(({ name, source, location, replacement }) => {
      const { line, text } = excerpt(source, location)
      return { file: name, line, mutation: `${text} -> ${oneLine(replacement)}` }
    }),
  }
}

function sources(folder) {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.js'))
    .map((name) => `${folder}/${name}`)
}

function testFile(name) {
  return `__test__/${name}.test.js`
}

/** The lines of a file before its exports, as ES modules import no names from exports that are changed. */
function withoutExports(file) {
  const [before] = readFileSync(file, 'utf8').split(/^module\.exports = \{/m)
  return `${file}:1-${before.split('\n').length - 1}`
}

function rust() {
  const root = join(cache, 'cargo-mutants')
  if (!existsSync(root))
    run('cargo', 'install', '--quiet', '--locked', '--root', root, 'cargo-mutants@27.1.0')
  const settings = ['--exclude', 'src/binding/*', '--no-default-features', '--output', cache]
  // Tests of arithmetic in crates that are not optimized take most of the time.
  const optimized = ['profile.dev.package."*".opt-level=3', 'profile.dev.opt-level=1']
  const cargo = optimized.flatMap((setting) => ['--cargo-arg=--config', `--cargo-arg=${setting}`])
  // A run that does not start must not report the results of an earlier one.
  rmSync(join(cache, 'mutants.out'), { recursive: true, force: true })
  // It fails where mutants survive.
  spawnSync(join(root, 'bin/cargo-mutants'), ['mutants', ...settings, ...cargo], { stdio: 'inherit' })

  const { outcomes } = JSON.parse(readFileSync(join(cache, 'mutants.out/outcomes.json'), 'utf8'))
  const ofMutants = outcomes.filter(({ scenario }) => scenario !== 'Baseline')
  const valid = ofMutants.filter(({ summary }) => summary !== 'Unviable')
  if (valid.length === 0) throw new Error('cargo-mutants ran no mutant')
  const missed = valid.filter(({ summary }) => summary === 'MissedMutant')
  const passNode = nodeSuites()
  const survivors = missed.filter(({ scenario, diff_path }) => passNode(scenario.Mutant.file, diff_path))
  return {
    mutants: valid.length,
    survivors: survivors.map(({ scenario }) => {
      const { file, name, span } = scenario.Mutant
      const { line } = excerpt(readFileSync(file, 'utf8'), span)
      return { file, line, mutation: name.replace(/^[^ ]+ /, '') }
    }),
  }
}

/** A copy of the project. Returns the function that says whether its tests in JavaScript pass with a changed core. */
function nodeSuites() {
  const copy = join(cache, 'copy')
  rmSync(copy, { recursive: true, force: true })
  for (const file of execFileSync('git', ['ls-files'], { encoding: 'utf8' }).trim().split('\n')) {
    cpSync(file, join(copy, file))
  }
  symlinkSync(resolve('node_modules'), join(copy, 'node_modules'))
  // Optimized as little as a short build wants.
  const env = { ...process.env, CARGO_PROFILE_RELEASE_LTO: 'off', CARGO_PROFILE_RELEASE_CODEGEN_UNITS: '16' }
  const passes = (...args) => spawnSync(process.execPath, args, { cwd: copy, env }).status === 0
  const pass = () => passes('scripts/build.mjs') && CORE_TESTS.every((file) => passes('--test', file))
  if (!pass()) throw new Error('the tests fail without a mutation')

  return (file, diff) => {
    const original = readFileSync(file)
    execFileSync('patch', ['--silent', join(copy, file), join(cache, 'mutants.out', diff)])
    const passed = pass()
    writeFileSync(join(copy, file), original)
    return passed
  }
}

/** The text between two positions that count from 1, and the line that it begins in. */
function excerpt(source, { start, end }) {
  const lines = source.split('\n').slice(start.line - 1, end.line)
  const line = lines[0].trim()
  const last = lines.length - 1
  lines[last] = lines[last].slice(0, end.column - 1)
  lines[0] = lines[0].slice(start.column - 1)
  return { line, text: oneLine(lines.join('\n')) }
}

function oneLine(text) {
  return text.replace(/\s+/g, ' ')
}

function run(command, ...args) {
  execFileSync(command, args, { stdio: 'inherit' })
}
