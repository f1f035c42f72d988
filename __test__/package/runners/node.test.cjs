'use strict'

const { test } = require('node:test')
const other = require('another-copy')
const zumoJwt = require('zumo-jwt')
const { assertions, suite } = require('./suite.cjs')

for (const [title, run] of Object.entries(suite(zumoJwt, globalThis, other))) {
  test(title, () => run(assertions))
}
