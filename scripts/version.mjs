// node scripts/version.mjs X.Y.Z: sets the version in every file that has it, and dates the heading of CHANGELOG.md. It changes
// nothing if the version is not newer, or if there is nothing to date.
import { readFileSync, writeFileSync } from 'node:fs'

const PLAIN = /^\d+\.\d+\.\d+$/
const HEADING = /^## (?:\[?Unreleased\]?|(\S+) - not published yet)$/im

const [version = ''] = process.argv.slice(2)
const { version: current } = JSON.parse(readFileSync('package.json', 'utf8'))
const heading = readFileSync('CHANGELOG.md', 'utf8').match(HEADING)
const problem = findProblem()
if (problem) {
  console.error(`Nothing was changed: ${problem}.`)
  process.exit(1)
}

const ENTRY = `(name = "zumo-jwt"\nversion = ")[^"]*`
const today = new Date().toISOString().slice(0, 10)
for (const [file, pattern, text] of [
  ['package.json', /^( {2}"version": ")[^"]*/m, `$1${version}`],
  ['package-lock.json', /^( {2}"version": ")[^"]*/m, `$1${version}`],
  ['package-lock.json', /("": \{\n {6}"name": "zumo-jwt",\n {6}"version": ")[^"]*/, `$1${version}`],
  ...['Cargo.toml', 'Cargo.lock', 'fuzz/Cargo.lock'].map((path) => [path, RegExp(ENTRY), `$1${version}`]),
  ['CHANGELOG.md', HEADING, `## ${version} - ${today}`],
]) {
  writeFileSync(file, readFileSync(file, 'utf8').replace(pattern, text))
}

function findProblem() {
  if (!PLAIN.test(version)) return 'the version must be three numbers, such as 1.0.1'
  if (!heading) return 'CHANGELOG.md has no heading "Unreleased" or "not published yet"'
  const order = version.localeCompare(current, 'en', { numeric: true })
  if (order < 0) return `${version} is older than ${current}`
  if (order === 0 && heading[1] !== current) return `the version is ${current} already`
}
