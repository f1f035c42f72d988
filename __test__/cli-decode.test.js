'use strict'

const { describe, test } = require('node:test')
const assert = require('node:assert/strict')
const { GOOD, inAnHour, run, runJson, withClaims } = require('./cli-helpers.js')
const { HEADER, signRaw } = require('./helpers.js')

describe('decode', () => {
  test('reads a token without a key and warns that nothing was verified', async () => {
    const token = withClaims({ exp: inAnHour() - 3600 - 172_800 }, 'anything')
    const { code, stdout, stderr } = await run(['decode', token])
    assert.equal(code, 0)
    assert.match(stdout, /^Header\n {2}"alg": "HS256"\n[\s\S]*^Claims\n {2}"exp": .*, expired 2 days ago$/m)
    assert.equal(stderr, 'Nothing was verified: anyone can have written this.\n')
  })

  test('prints JSON for machines', async () => {
    const { stdout } = await runJson(['decode'], { input: GOOD })
    assert.deepEqual(Object.keys(stdout), ['header', 'claims', 'signature'])
    assert.equal(stdout.claims.uid, 'Custom:42')
  })

  for (const text of ['abc', 'randomgoop', 'a.b', `${GOOD}.x`]) {
    test(`says what is wrong with the form of ${text.slice(0, 20)}`, async () => {
      const { code, stdout, stderr } = await run(['decode'], { input: text })
      assert.deepEqual({ code, stdout }, { code: 1, stdout: '' })
      assert.match(
        stderr,
        /^It is not a whole token: a token has 3 parts between dots, and this has \d\. \(ERR_ZUMO_JWT_MALFORMED\)\n$/,
      )
      const asJson = await runJson(['decode'], { input: text })
      const { code: jsonCode, message } = JSON.parse(asJson.stderr)
      assert.equal(`${message} (${jsonCode})\n`, stderr)
    })
  }

  /** Every character that changes the direction of text. */
  const BIDI = '\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069'

  /** What is shown as nothing, or as a space. */
  const NOT_SEEN = '\ufe0f\u034f\u115f\u3164\u00ad\u2060\u00a0\u2003\u3000\u2800\u{e0100}'

  test('prints no character of a token that is not seen', async () => {
    const name = `\x1b]0;\x9b31m\x7f${BIDI}\u{e0041}"${NOT_SEEN}`
    const token = signRaw(HEADER, { '\x1b[2J': name, short: 1 }, 'anything')
    for (const args of [
      ['decode', token],
      ['decode', token, '--json'],
    ]) {
      const { stdout } = await run(args)
      assert.doesNotMatch(
        stdout,
        /(?![\n ])[\p{Cc}\p{Cf}\p{Bidi_C}\p{Z}\p{Default_Ignorable_Code_Point}\u2800]/u,
      )
      const escaped = BIDI.replace(/./g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
      assert.ok(
        stdout.includes(`\\u001b]0;\\u009b31m\\u007f${escaped}\\udb40\\udc41\\"\\ufe0f\\u034f`),
        stdout,
      )
    }
  })

  test('prints times beyond the range of dates', async () => {
    const { code, stdout } = await run(['decode', withClaims({ exp: -1e300, nbf: 'soon' }, 'anything')])
    assert.equal(code, 0)
    assert.match(stdout, /^ {2}"exp": -1e\+300 {2}no calendar date, expired .* years ago$/m)
  })
})
