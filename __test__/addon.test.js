'use strict'

const assert = require('node:assert/strict')
const { join } = require('node:path')
const { test } = require('node:test')
const { anotherCopy } = require('./helpers.js')

test('without a binary that loads, one error names the platform and what to do', () => {
  const name = 'NAPI_RS_NATIVE_LIBRARY_PATH'
  const before = process.env[name]
  process.env[name] = join(__dirname, 'there-is-none.node')
  try {
    assert.throws(
      () => anotherCopy(),
      ({ message, cause }) => {
        assert.equal(
          message,
          `zumo-jwt found no binary that loads on ${process.platform}-${process.arch}: run npm install again on ` +
            'this machine, without --omit=optional, or build one from source (in a clone, with Rust: npm ci) ' +
            'and set NAPI_RS_NATIVE_LIBRARY_PATH to its path.',
        )
        assert.match(cause.message, /native binding/)
        return true
      },
    )
  } finally {
    if (before === undefined) delete process.env[name]
    else process.env[name] = before
  }
})
