'use strict'

// What npm publishes for Linux x64, built in two folders: the same bytes, which name neither of them. Linux x64, with
// Rust and the tools of npm run pack:all.
const assert = require('node:assert/strict')
const { execFileSync } = require('node:child_process')
const { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } = require('node:fs')
const { tmpdir } = require('node:os')
const { join } = require('node:path')
const { test } = require('node:test')

const root = join(__dirname, '../..')
const SOURCES = ['Cargo.toml', 'Cargo.lock', 'build.rs', 'src', 'scripts', 'package.json', '__test__/rust']
const TARGET = 'x86_64-unknown-linux-gnu'

function build(t) {
  const folder = mkdtempSync(join(tmpdir(), 'zumo-jwt-'))
  t.after(() => rmSync(folder, { recursive: true }))
  for (const source of SOURCES) cpSync(join(root, source), join(folder, source), { recursive: true })
  mkdirSync(join(root, '.cache'), { recursive: true })
  for (const tools of ['node_modules', '.cache']) symlinkSync(join(root, tools), join(folder, tools))
  const env = { ...process.env, CARGO_HOME: join(folder, 'cargo-home') }
  execFileSync(process.execPath, ['scripts/build-target.mjs', TARGET], { cwd: folder, env, stdio: 'ignore' })
  const binary = readFileSync(join(folder, 'dist/binaries/zumo-jwt.linux-x64-gnu.node'))
  assert.ok(!binary.includes(folder))
  return binary
}

test('two folders with two homes of Cargo give the same bytes', (t) => {
  assert.ok(build(t).equals(build(t)))
})
