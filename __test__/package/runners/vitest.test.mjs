import * as other from 'another-copy'
import { expect, test } from 'vitest'
import * as zumoJwt from 'zumo-jwt'
import { expectations, suite } from './suite.cjs'

for (const [title, run] of Object.entries(suite(zumoJwt, globalThis, other))) {
  test(title, () => run(expectations(expect)))
}
