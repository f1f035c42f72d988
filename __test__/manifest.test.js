'use strict'

const assert = require('node:assert/strict')
const { execFileSync } = require('node:child_process')
const { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } = require('node:fs')
const { writeFileSync } = require('node:fs')
const { tmpdir } = require('node:os')
const { basename, dirname, join } = require('node:path')
const { test } = require('node:test')

const root = join(__dirname, '..')
const { version } = require('../package.json')

const options = { cwd: root, encoding: 'utf8', maxBuffer: 1 << 26 }
const metadata = JSON.parse(execFileSync('cargo', ['metadata', '--format-version', '1', '--locked'], options))
const crate = metadata.packages.find(({ id }) => id === metadata.resolve.root)

test('no dependency needs a newer Rust than the crate says it does', () => {
  for (const { name, rust_version: needed } of metadata.packages) {
    const order = needed?.localeCompare(`${crate.rust_version}.0`, 'en', { numeric: true })
    assert.ok(!(order > 0), `${name} needs Rust ${needed}`)
  }
})

test('every file has the same version, and README has none', () => {
  const read = (file) => readFileSync(join(root, file), 'utf8')
  const lock = JSON.parse(read('package-lock.json'))
  const inCargoLock = (file) => read(file).match(/^name = "zumo-jwt"\nversion = "(.*)"$/m)[1]
  const versions = {
    'Cargo.toml': crate.version,
    'Cargo.lock': inCargoLock('Cargo.lock'),
    'fuzz/Cargo.lock': inCargoLock('fuzz/Cargo.lock'),
    'package-lock.json': lock.version,
    'package-lock.json, packages': lock.packages[''].version,
    'CHANGELOG.md': read('CHANGELOG.md').match(/^## (\d\S*) - /m)[1],
  }
  for (const [file, found] of Object.entries(versions)) assert.equal(found, version, file)
  assert.ok(!read('README.md').includes(version))
})

test('only files of the kinds that "files" names are packed', () => {
  const folder = mkdtempSync(join(tmpdir(), 'manifest-test-'))
  try {
    cpSync(join(root, 'package.json'), join(folder, 'package.json'))
    const ours = ['lib/addon.js', 'http/koa.d.ts', 'docs/api/README.md', 'docs/quickstart.webp']
    const others = [
      'lib/.env',
      'lib/addon.js~',
      'http/key.pem',
      'bin/.zumo-jwt.js.swp',
      'docs/notes.txt',
      'bench/x.svg',
    ]
    for (const file of [...ours, ...others]) {
      mkdirSync(dirname(join(folder, file)), { recursive: true })
      writeFileSync(join(folder, file), 'text')
    }
    const args = ['pack', '--dry-run', '--json', '--ignore-scripts']
    const shell = process.platform === 'win32' // where npm is a script
    const [{ files }] = JSON.parse(execFileSync('npm', args, { cwd: folder, shell, encoding: 'utf8' }))
    assert.deepEqual(files.map(({ path }) => path).sort(), [...ours, 'package.json'].sort())
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('CONTRIBUTING.md names every source file', () => {
  const text = readFileSync(join(root, 'CONTRIBUTING.md'), 'utf8')
  const files = ['src', 'lib', 'http', 'bin', 'scripts'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true }),
  )
  const sources = files.map((file) => basename(file)).filter((file) => /(?<!\.d)\.(rs|m?js|ts)$/.test(file))
  assert.ok(sources.length > 30)
  const missing = sources.filter((file) => !text.includes(file))
  assert.deepEqual(missing, [])
})
