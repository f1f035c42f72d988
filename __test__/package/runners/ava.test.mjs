import * as other from 'another-copy'
import test from 'ava'
import * as zumoJwt from 'zumo-jwt'
import { suite } from './suite.cjs'

for (const [title, run] of Object.entries(suite(zumoJwt, globalThis, other))) {
  test(title, (t) => {
    const throws = (call, ErrorClass, message) => t.throws(call, { instanceOf: ErrorClass, message })
    run({ throws, equal: t.deepEqual })
  })
}
