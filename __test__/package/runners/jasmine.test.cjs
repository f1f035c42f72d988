'use strict'

/* global expect, it */
const other = require('another-copy')
const zumoJwt = require('zumo-jwt')
const { suite } = require('./suite.cjs')

const matchers = {
  throws: (call, ErrorClass, message) => expect(call).toThrowError(ErrorClass, message),
  equal: (actual, expected) => expect(actual).toEqual(expected),
}

for (const [title, run] of Object.entries(suite(zumoJwt, globalThis, other))) {
  it(title, () => run(matchers))
}
