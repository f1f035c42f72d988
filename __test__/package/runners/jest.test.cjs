'use strict'

/* global expect, jest, test */
const zumoJwt = require('zumo-jwt')
const { expectations, suite } = require('./suite.cjs')

jest.resetModules()
const other = require('zumo-jwt')

for (const [title, run] of Object.entries(suite(zumoJwt, globalThis, other))) {
  test(title, () => run(expectations(expect)))
}
