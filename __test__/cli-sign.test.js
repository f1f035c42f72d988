'use strict'

const { describe, test } = require('node:test')
const assert = require('node:assert/strict')
const { decode, verify } = require('zumo-jwt')
const { AT_SITE, BLOGS_TOKEN, MASTER, MASTER_KEY, SITE_ENV, run, runInShell } = require('./cli-helpers.js')
const { siteKey } = require('./cli-helpers.js')
const { ISSUER, SITE } = require('./helpers.js')
const { vectors } = require('./vectors/zumo-jwt-v1.json')

describe('sign', () => {
  test('prints the token alone, for a day and of version 2', async () => {
    const before = Date.now()
    const args = ['sign', '--aud', 'your-aud', '--user', 'Custom:42']
    const { code, stdout, stderr } = await run(args, { env: MASTER })
    assert.deepEqual({ code, stderr }, { code: 0, stderr: '' })
    assert.match(stdout, /^[\w-]+\.[\w-]+\.[\w-]+\n$/)
    const { claims, header } = verify(stdout.trim(), MASTER_KEY, { audience: 'your-aud' })
    assert.equal(header.kid, '0')
    const { exp, ...others } = claims
    assert.deepEqual(others, { iss: ISSUER, ver: 2, aud: 'your-aud', uid: 'Custom:42' })
    const lifetime = exp - Math.floor(before / 1000)
    assert.ok(lifetime >= 86_400 && lifetime < 86_460, `${lifetime} s`)
  })

  test('makes the token of the blog post byte for byte', async () => {
    const [{ aud, userId }] = vectors
    const args = ['sign', '--ver', '1', '--expires', '2012-12-30T00:00Z', '--aud', aud, '--user', userId]
    assert.equal((await run(args, { env: MASTER })).stdout, `${BLOGS_TOKEN}\n`)
  })

  test('signs the text of a claim unchanged, or rejects it', async () => {
    const withClaim = (json) =>
      run(['sign', '--aud', 'a', '--user', 'u', '--claim', `n=${json}`], { env: MASTER })
    const values = [
      '0.1',
      '["" , "x y"]',
      '1e+21',
      '9007199254740991',
      '{ "b" : [ 1, null ], "a": "x y" }',
      '"\\u00e9\\/"',
    ]
    for (const json of values) {
      const { stdout } = await withClaim(json)
      assert.deepEqual(decode(stdout.trim()).claims.n, JSON.parse(json), json)
    }
    const numbers = ['12345678901234567890', '[0.1234567890123456789]', '1e400', '1.0', '-0']
    for (const json of [...numbers, '{"a":1,"a":2}', '{"b":{"a":1,"\\u0061":1}}']) {
      const { code, stdout, stderr } = await withClaim(json)
      assert.deepEqual({ code, stdout }, { code: 2, stdout: '' }, json)
      assert.match(stderr, /--claim "n" would not be signed as it is written/)
    }
  })

  test('accepts claims as JSON', async () => {
    const args = 'sign --aud a --user u --claim id="x=y" --claim urn:x={"n":[1]} --json'.split(' ')
    const { stdout } = await run(args, { env: MASTER })
    const verified = verify(JSON.parse(stdout).token, MASTER_KEY)
    assert.equal(verified.claims.id, 'x=y')
    assert.deepEqual(verified.claims['urn:x'], { n: [1] })
  })

  for (const [expires, seconds] of [
    ['3600', 3600],
    ['45s', 45],
    ['90m', 5400],
    ['12h', 43_200],
    ['30d', 2_592_000],
    ['2w', 1_209_600],
    ['1y', 365.25 * 86_400],
  ]) {
    test(`accepts ${expires} as time from now`, async () => {
      const before = Date.now() / 1000
      const args = ['sign', '--aud', 'a', '--user', 'u', '--expires', expires]
      const { stdout } = await run(args, { env: MASTER })
      const { exp } = verify(stdout.trim(), MASTER_KEY).claims
      assert.ok(exp > before + seconds - 1 && exp < before + seconds + 60)
    })
  }

  test('makes App Service tokens', async () => {
    const { stdout } = await run(['sign', ...AT_SITE, '--user', 'sid:42'], { env: SITE_ENV })
    const options = { audience: SITE, issuer: SITE }
    const verified = verify(stdout.trim(), siteKey, options)
    assert.equal(verified.userId, 'sid:42')
    assert.equal(verified.claims.ver, '3')
  })

  test('pipes into verify', async () => {
    const command = 'zumo sign --aud your-aud --user Custom:42 | zumo verify - --aud your-aud'
    const { code, stdout } = await runInShell(command, { env: MASTER })
    assert.equal(code, 0)
    assert.match(stdout, /^ {2}"uid": "Custom:42"$/m)
  })
})
