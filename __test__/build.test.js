'use strict'

const assert = require('node:assert/strict')
const { spawnSync } = require('node:child_process')
const { existsSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } = require('node:fs')
const { tmpdir } = require('node:os')
const { delimiter, join } = require('node:path')
const { describe, test } = require('node:test')
const { childEnvironment } = require('./helpers.js')

const { PATH } = process.env
const RUST = 'zumo-jwt is built with Rust 1.88 or newer, and'

/** Puts one of this machine's tools into a folder. */
function link(tool, folder) {
  const paths = PATH.split(delimiter).map((path) => join(path, tool))
  symlinkSync(paths.find(existsSync), join(folder, tool))
}

function oldRustc(folder) {
  const older = "sed -E 's/^(rustc|release:) [0-9.]+/\\1 1.80.1/'"
  const script = `#!/bin/sh\nexport PATH='${PATH}'\nrustc "$@" | ${older}\n`
  writeFileSync(join(folder, 'rustc'), script, { mode: 0o755 })
}

describe('the build ends with one sentence that says what to install', {
  skip: process.platform === 'win32' && 'uses symbolic links and a shell script',
}, () => {
  for (const [tools, sentence] of [
    [[], `${RUST} cargo was not found: install Rust from https://rustup.rs.`],
    [['cargo', 'old rustc'], `${RUST} this is Rust 1.80.1: update it with rustup update.`],
    [
      ['cargo', 'rustc'],
      'zumo-jwt is built with a C linker, and cc was not found: install a C compiler, such as gcc or clang.',
    ],
  ]) {
    test(`with ${tools.join(' and ') || 'nothing'}`, (t) => {
      const folder = mkdtempSync(join(tmpdir(), 'zumo-jwt-'))
      t.after(() => rmSync(folder, { recursive: true }))
      for (const tool of tools) tool === 'old rustc' ? oldRustc(folder) : link(tool, folder)
      const args = ['scripts/build.mjs', join(folder, 'addon.node')]
      const { status, stderr } = spawnSync(process.execPath, args, {
        cwd: join(__dirname, '..'),
        // The target folder is empty, so that there is something to link.
        env: childEnvironment({ PATH: folder, CARGO_TARGET_DIR: join(folder, 'target') }),
        encoding: 'utf8',
      })
      assert.equal(stderr.trimEnd().split('\n').at(-1), sentence)
      assert.equal(status, 1)
    })
  }
})
