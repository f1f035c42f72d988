'use strict'

const { describe, test } = require('node:test')
const assert = require('node:assert/strict')
const { sign, verify } = require('zumo-jwt')
const { AT_SITE, BLOGS_TOKEN, GOOD, MASTER, MASTER_KEY, SITE_ENV, claims } = require('./cli-helpers.js')
const { inAnHour, run, runJson, siteKey, withClaims } = require('./cli-helpers.js')
const { SITE } = require('./helpers.js')

describe('verify', () => {
  test('prints the claims of a valid token, and its times in words', async () => {
    const token = sign(claims({ nbf: inAnHour() - 7200, exp: inAnHour() + 8460 }), MASTER_KEY)
    const { code, stdout, stderr } = await run(['verify', token, '--aud', 'your-aud'], { env: MASTER })
    assert.deepEqual({ code, stderr }, { code: 0, stderr: '' })
    assert.match(
      stdout,
      /^The token is valid\.\n {2}"exp": \d{10} {2}\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ, expires in 3 h 20 min$/m,
    )
    assert.match(stdout, /^ {2}"nbf": .*, 1 h 0 min ago$/m)
    assert.match(stdout, /^ {2}"aud": "your-aud"$/m)
  })

  test('reads the token from standard input, whether asked to or not', async () => {
    for (const args of [['verify', '-'], ['verify']]) {
      const { code, stdout } = await runJson(args, { env: MASTER, input: `${GOOD}\r\n` })
      assert.equal(code, 0)
      assert.deepEqual(stdout, verify(GOOD, MASTER_KEY))
    }
  })

  test('says that standard input is empty', async () => {
    for (const command of ['verify', 'decode', 'diagnose']) {
      const { code, stderr } = await run([command], { env: MASTER, input: '\n' })
      assert.equal(code, 2)
      assert.match(stderr, /There is no token: standard input is empty\./)
    }
  })

  test('verifies at another time', async () => {
    const { code, stdout } = await run(['verify', BLOGS_TOKEN, '--now', '2012-12-01'], { env: MASTER })
    assert.equal(code, 0)
    assert.match(stdout, /2012-12-30T00:00:00Z, expires in 29 days/)
  })

  test('says on standard error why a token is refused', async () => {
    const refused = await run(['verify', BLOGS_TOKEN], { env: MASTER })
    const stderr = `The authentication token has expired. (ERR_ZUMO_JWT_EXPIRED)
To see every cause and its fix, run zumo-jwt diagnose with the same arguments.
`
    assert.deepEqual(refused, { code: 1, stdout: '', stderr })
    const args = ['verify', GOOD, '--aud', 'other']
    const { stderr: forMachines, ...others } = await runJson(args, { env: MASTER })
    assert.deepEqual(others, { code: 1, stdout: '' })
    const { code, claim } = JSON.parse(forMachines)
    assert.deepEqual({ code, claim }, { code: 'ERR_ZUMO_JWT_AUDIENCE', claim: 'aud' })
  })

  test('warns of a time in milliseconds', async () => {
    const { code, stdout } = await run(['verify', withClaims({ exp: Date.now() })], { env: MASTER })
    assert.equal(code, 0)
    assert.match(stdout, /^ {2}"exp": \d{13} {2}in milliseconds\? A token counts seconds\.$/m)
  })

  for (const [tolerance, expected] of Object.entries({ 300: 0, 60.5: 1 })) {
    test(`and diagnose accept a token for so many seconds longer: ${tolerance}`, async () => {
      const token = sign(claims({ exp: Math.floor(Date.now() / 1000) - 120 }), MASTER_KEY)
      for (const command of ['verify', 'diagnose']) {
        const args = [command, token, '--clock-tolerance', tolerance]
        assert.equal((await run(args, { env: MASTER })).code, expected)
      }
    })
  }

  test('accepts an empty string as audience', async () => {
    const { code, stderr } = await run(['verify', GOOD, '--aud', ''], { env: MASTER })
    assert.equal(code, 1)
    assert.match(stderr, /ERR_ZUMO_JWT_AUDIENCE/)
  })

  test('rejects App Service tokens of another site', async () => {
    const token = siteKey.sign({ exp: inAnHour(), aud: SITE, iss: SITE, sub: 'sid:42' })
    assert.equal((await run(['verify', token, ...AT_SITE], { env: SITE_ENV })).code, 0)
    const elsewhere = ['verify', token, '--app-service', '--issuer', 'https://other.azurewebsites.net/']
    assert.equal((await run(elsewhere, { env: SITE_ENV })).code, 1)
  })
})
