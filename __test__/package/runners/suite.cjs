'use strict'

const assert = require('node:assert/strict')

const KEY = 'yourmasterkey'
const EXPIRY = 4102444800000

/**
 * What every runner tests: functions by title, which take the runner's own assertions. Some runners give test files
 * globals of their own, hence `globals`. `other` is another copy of the package.
 */
exports.suite = ({ zumoJwt, sign, verify, ZumoKey, ZumoJwtError }, globals, other) => ({
  'a bad argument is a TypeError'({ throws }) {
    throws(() => zumoJwt(EXPIRY, 'your-aud', 42, KEY), globals.TypeError, /"userId" argument/)
  },
  'a bad key is a TypeError'({ throws }) {
    throws(() => ZumoKey.fromMasterKey(''), globals.TypeError, /"masterKey" argument/)
  },
  'a bad option is a TypeError'({ throws }) {
    throws(() => verify('randomgoop', KEY, { audiance: 'x' }), globals.TypeError, /audiance/)
  },
  'a bad time is a RangeError'({ throws }) {
    throws(() => zumoJwt(Number.NaN, 'your-aud', 'Custom:42', KEY), globals.RangeError, /"expiry" argument/)
  },
  'a bad token is a ZumoJwtError'({ throws }) {
    throws(() => verify('randomgoop', KEY), ZumoJwtError, /malformed/)
  },
  'a ZumoJwtError is an Error'({ throws }) {
    throws(() => verify('randomgoop', KEY), globals.Error, /malformed/)
  },
  'what verify returns equals plain objects'({ equal }) {
    const { claims, header } = verify(zumoJwt(EXPIRY, 'your-aud', 'Custom:42', KEY), KEY)
    const expected = { exp: EXPIRY / 1000, iss: 'urn:microsoft:windows-azure:zumo', ver: 1 }
    equal(claims, { ...expected, aud: 'your-aud', uid: 'Custom:42' })
    equal(header, { alg: 'HS256', typ: 'JWT', kid: 0 })
  },
  'bytes, Dates, arrays and objects of the test file are accepted'({ equal }) {
    const bytes = globals.Uint8Array.from(KEY, (character) => character.charCodeAt(0))
    const claims = { exp: new globals.Date(EXPIRY), aud: ['your-aud'], uid: 'Custom:42' }
    const options = { audience: ['your-aud'], now: new globals.Date(EXPIRY - 1) }
    equal(verify(sign(claims, bytes), ['another key', bytes], options).userId, 'Custom:42')
  },
  'a ZumoKey of another copy of the package is a TypeError that says so'({ throws }) {
    const key = other.ZumoKey.fromMasterKey(KEY)
    const claims = { exp: EXPIRY / 1000, aud: 'your-aud', uid: 'Custom:42' }
    throws(() => sign(claims, key), globals.TypeError, /"key".*a ZumoKey of another copy of zumo-jwt\.$/)
  },
})

/** The assertions of Jest and Vitest. */
exports.expectations = (expect) => ({
  throws(call, ErrorClass, message) {
    expect(call).toThrow(ErrorClass)
    expect(call).toThrow(message)
  },
  equal: (actual, expected) => expect(actual).toStrictEqual(expected),
})

/** The assertions of Node.js, for runners without their own. */
exports.assertions = {
  throws(call, ErrorClass, message) {
    assert.throws(call, ErrorClass)
    assert.throws(call, { message })
  },
  equal: assert.deepEqual,
}
