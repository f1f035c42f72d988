'use strict'

const { describe, test } = require('node:test')
const assert = require('node:assert/strict')
const { createHash, createHmac } = require('node:crypto')
const { ZumoKey, sign, verify, zumoJwt } = require('zumo-jwt')
const { authenticate } = require('zumo-jwt/fetch')
const { CAUSES } = require('../bin/causes.js')
const { AT_SITE, GOOD, MASTER, MASTER_KEY, SITE_ENV, claims, inAnHour, run } = require('./cli-helpers.js')
const { runInShell, runJson, siteKey, withClaims } = require('./cli-helpers.js')
const { HEADER, ISSUER, SIGNING_KEY, SITE, derive, signRaw } = require('./helpers.js')

const bytes = Buffer.from(SIGNING_KEY, 'hex')
const sha256 = (text) => createHash('sha256').update(text).digest()
const siteClaims = { exp: inAnHour(), aud: SITE, iss: SITE, sub: 'sid:42' }
const siteTokenBy = (key, changes) => signRaw({ alg: 'HS256' }, { ...siteClaims, ...changes }, key)
const atSite = { args: AT_SITE, env: SITE_ENV }
const seconds = Math.floor(Date.now() / 1000)

/** The fix that is printed for a cause of a token. */
async function fixOf(name, input, { args = [], env = MASTER } = {}) {
  const { stdout } = await runJson(['diagnose', ...args], { env, input })
  const { fix } = stdout.causes.find((cause) => cause.name === name)
  return fix
}

/** What a call in a fix returns, as it is printed, with what it names. */
function evaluate(fix, code, scope = {}) {
  assert.ok(fix.includes(code), `${code} is not in: ${fix}`)
  const names = { ZumoKey, authenticate, sign, verify, zumoJwt, Buffer, ...scope }
  return Function(...Object.keys(names), `return ${code}`)(...Object.values(names))
}

/** Asserts that a token is accepted: nothing is wrong with it, not only what there was. */
async function assertAccepted(token, { args = [], env = MASTER } = {}) {
  const { stdout } = await runJson(['diagnose', token, ...args], { env })
  assert.deepEqual(stdout.causes, [])
  assert.equal(
    (await run(['verify', token, ...args.filter((arg) => !/^--ver$|^[12]$/.test(arg))], { env })).code,
    0,
  )
}

/** Asserts that a server accepts a token, in this header. */
async function assertServes(authenticator, token, name = 'X-ZUMO-AUTH') {
  const handler = authenticator('user', (_, user) => new Response(user.userId))
  const answer = await handler(new Request('http://localhost/', { headers: { [name]: token } }))
  assert.equal(await answer.text(), 'Custom:42')
}

/** The fixes that name zumoJwt() or sign() of this package. */
const byThisPackage = async (name, token, options) => {
  assert.match(
    await fixOf(name, token, options),
    /^(Never accept it\. )?Have the signer use zumoJwt\(\) or sign\(\) of this package/,
  )
  await assertAccepted(zumoJwt(Date.now() + 60_000, 'your-aud', 'Custom:42', MASTER_KEY), options)
  await assertAccepted(sign(claims(), MASTER_KEY), options)
}

/** For each cause whose fix names a call, an option, a setting or a command: what follows it. */
const FOLLOWED = {
  async authorization(name) {
    const token = `Bearer ${GOOD}`
    assert.match(
      await fixOf(name, `Authorization: ${token}`),
      /read both: give authenticate\(\) a getToken\.$/,
    )
    const getToken = ({ headers }) =>
      headers.get('X-ZUMO-AUTH') ?? headers.get('Authorization')?.replace('Bearer ', '')
    await assertServes(authenticate({ masterKey: MASTER_KEY, getToken }), token, 'Authorization')
    await assertServes(authenticate({ masterKey: MASTER_KEY, getToken }), GOOD)
  },
  async padding(name) {
    const parts = [HEADER, { ...claims(), iss: ISSUER, ver: 2, x: 'a' }].map((part) =>
      Buffer.from(JSON.stringify(part)),
    )
    const write = (encode) => {
      const text = parts.map(encode).join('.')
      return `${text}.${encode(createHmac('sha256', derive(MASTER_KEY)).update(text).digest())}`
    }
    const fix = await fixOf(
      name,
      write((part) => part.toString('base64')),
    )
    const [call] = /toString\(.*?\)/.exec(fix)
    await assertAccepted(write((part) => evaluate(`${fix} part.${call}`, `part.${call}`, { part })))
  },
  async 'hex-signature'(name) {
    const [head, body, signature] = GOOD.split('.')
    const mac = Buffer.from(signature, 'base64url')
    // PHP's fourth argument makes its hash_hmac() return the bytes, as digest() does.
    assert.match(
      await fixOf(name, `${head}.${body}.${mac.toString('hex')}`),
      /encode the bytes, in PHP those of hash_hmac\('sha256', \$text, \$key, true\)\.$/,
    )
    await assertAccepted(`${head}.${body}.${mac.toString('base64url')}`)
  },
  unsigned: (name) => byThisPackage(name, signRaw({ alg: 'none' }, claims())),
  async 'app-service-token'(name) {
    const token = siteKey.sign(siteClaims)
    const fix = await fixOf(name, token)
    assert.match(
      fix,
      /^Diagnose it with --app-service and --issuer, and verify it with ZumoKey\.fromSigningKey\(\)\.$/,
    )
    await assertAccepted(token, atSite)
    verify(token, ZumoKey.fromSigningKey(SIGNING_KEY), { issuer: SITE, audience: SITE })
  },
  async 'mobile-services-token'(name) {
    assert.match(
      await fixOf(name, GOOD, atSite),
      /^Diagnose it without --app-service, and verify it with the master key\.$/,
    )
    await assertAccepted(GOOD)
  },
  async 'node-6-trap'(name) {
    const token = withClaims({}, derive(MASTER_KEY).toString('binary'))
    const fix = await fixOf(name, token)
    const [, server, call] = /both keys: (authenticate\(.*\)), or (verify\(.*\))\.$/.exec(fix)
    const scope = { masterKey: MASTER_KEY, token }
    await assertServes(evaluate(fix, server, scope), token)
    await assertServes(evaluate(fix, server, scope), GOOD)
    assert.equal(evaluate(fix, call, scope).userId, 'Custom:42')
    assert.equal(evaluate(fix, call, { ...scope, token: GOOD }).userId, 'Custom:42')
    await byThisPackage(name, token)
  },
  async 'raw-master-key'(name) {
    const fix = await fixOf(name, withClaims({}, MASTER_KEY))
    assert.match(fix, /or the SHA-256, in bytes, of the master key and "JWTSig"\.$/)
    await assertAccepted(withClaims({}, sha256(`${MASTER_KEY}JWTSig`)))
    await byThisPackage(name, withClaims({}, MASTER_KEY))
  },
  'unhashed-key': (name) => byThisPackage(name, withClaims({}, `${MASTER_KEY}JWTSig`)),
  'no-suffix': (name) => byThisPackage(name, withClaims({}, sha256(MASTER_KEY))),
  async 'encoded-key'(name) {
    await decoded(name, 'hex', SIGNING_KEY)
    await decoded(name, 'base64', bytes.toString('base64'))
  },
  async 'hashed-key'(name) {
    const fix = await fixOf(name, siteTokenBy(sha256(SIGNING_KEY)), atSite)
    assert.match(fix, /use the key as it is: ZumoKey\.fromSigningKey\(\) of this package\.$/)
    await assertAccepted(ZumoKey.fromSigningKey(SIGNING_KEY).sign(siteClaims), atSite)
  },
  async 'mobile-services-key'(name) {
    const fix = await fixOf(name, siteTokenBy(derive(SIGNING_KEY)), atSite)
    const [, command] =
      /use ZumoKey\.fromSigningKey\(\) of this package, or "zumo-jwt (sign --app-service)"\.$/.exec(fix)
    const { stdout } = await run([...command.split(' '), '--issuer', SITE, '--user', 'sid:42'], {
      env: SITE_ENV,
    })
    await assertAccepted(stdout.trim(), atSite)
  },
  async 'other-encoding'(name) {
    for (const encoding of ['hex', 'base64']) {
      const key = bytes.toString(encoding)
      const token = siteTokenBy(bytes)
      const env = { WEBSITE_AUTH_SIGNING_KEY: key }
      const fix = await fixOf(name, token, { args: [...AT_SITE, '--encoding', 'text'], env })
      const [, option, call] = /^Use (--encoding \w+) here, and (ZumoKey.*\)\)) on the server\.$/.exec(fix)
      await assertAccepted(token, { args: [...AT_SITE, ...option.split(' ')], env })
      verify(token, evaluate(fix, call, { key }), { issuer: SITE, audience: SITE })
    }
  },
  async 'extra-characters-here'(name) {
    const env = { ZUMO_MASTER_KEY: `"${MASTER_KEY}"` }
    assert.match(
      await fixOf(name, GOOD, { env }),
      /^Remove them from the variable, or from the file of --key-file/,
    )
    await assertAccepted(GOOD, { env: { ZUMO_MASTER_KEY: env.ZUMO_MASTER_KEY.slice(1, -1) } })
    const inFile =
      'printf "%s " "$ZUMO_MASTER_KEY" >"$F"; zumo diagnose "$T" --key-file "$F"; printf %s "$ZUMO_MASTER_KEY" >"$F"; zumo verify "$T" --key-file "$F"; code=$?; rm "$F"; exit $code'
    const { code, stdout } = await runInShell(`F=$(mktemp); ${inFile}`, { env: { ...MASTER, T: GOOD } })
    assert.equal(code, 0)
    assert.match(stdout, /^Cause: The key given here has extra characters[\s\S]*The token is valid\./)
  },
  async milliseconds(name) {
    const exp = Date.now() + 60_000
    assert.match(
      await fixOf(name, withClaims({ exp })),
      /divide exp by 1000, or give sign\(\) of this package a Date\.$/,
    )
    await assertAccepted(withClaims({ exp: exp / 1000 }))
    await assertAccepted(sign(claims({ exp: new Date(exp) }), MASTER_KEY))
  },
  async seconds(name) {
    const fix = await fixOf(name, zumoJwt(seconds + 3600, 'your-aud', 'Custom:42', MASTER_KEY))
    const now = /give zumoJwt\(\) a Date, or milliseconds as (Date\.now\(\)) returns them\.$/.exec(fix)
    for (const expiry of [new Date(Date.now() + 60_000), evaluate(fix, now[1]) + 60_000]) {
      await assertAccepted(zumoJwt(expiry, 'your-aud', 'Custom:42', MASTER_KEY))
    }
  },
  async text(name) {
    const date = new Date(Date.now() + 60_000)
    const fix = await fixOf(name, withClaims({ exp: date.toISOString() }))
    assert.match(fix, /, a number, or give sign\(\) of this package a Date\.$/)
    await assertAccepted(withClaims({ exp: evaluate(fix, 'Math.floor(date / 1000)', { date }) }))
    await assertAccepted(sign(claims({ exp: date }), MASTER_KEY))
  },
  async 'just-expired'(name) {
    const token = sign(claims({ exp: seconds - 60 }), MASTER_KEY)
    assert.match(await fixOf(name, token), /give verify\(\) a clockTolerance \(here --clock-tolerance\)\.$/)
    await assertAccepted(token, { args: ['--clock-tolerance', '240'] })
    verify(token, MASTER_KEY, { clockTolerance: 240 })
  },
  audience: (name) => expected(name, 'aud', '--aud'),
  issuer: (name) => expected(name, 'iss', '--issuer'),
  header: (name) =>
    byThisPackage(name, signRaw({ ...HEADER, crit: [] }, { ...claims(), iss: ISSUER, ver: 2 })),
  claim: (name) => byThisPackage(name, withClaims({ uid: '' })),
  async version(name) {
    for (const [args, other] of [
      [['--ver', '1'], 2],
      [['--ver', '2'], 1],
    ]) {
      const fix = await fixOf(name, sign(claims(), MASTER_KEY, { version: other }), { args })
      const [, call, command] = /signed with (sign\(.*\)), or "zumo-jwt (sign --ver [12])"\.$/.exec(fix)
      await assertAccepted(evaluate(fix, call, { claims: claims(), key: MASTER_KEY }), { args })
      const { stdout } = await run([...command.split(' '), '--aud', 'a', '--user', 'u'], { env: MASTER })
      await assertAccepted(stdout.trim(), { args })
    }
  },
}

/** The fix of a key that was signed with as text: it is decoded, or the server takes the text too. */
async function decoded(name, encoding, text) {
  const token = siteTokenBy(text)
  const env = { WEBSITE_AUTH_SIGNING_KEY: text }
  const fix = await fixOf(name, token, { args: [...AT_SITE, '--encoding', encoding], env })
  assert.match(
    fix,
    /^Have the signer decode the text, and give HMAC the bytes, or let the server take the text as its key/,
  )
  const call = 'ZumoKey.fromSigningKey(Buffer.from(text))'
  verify(token, evaluate(fix, call, { text }), { issuer: SITE, audience: SITE })
  const [, option] = /here (--encoding text)\.$/.exec(fix)
  await assertAccepted(token, { args: [...AT_SITE, ...option.split(' ')], env })
  await assertAccepted(siteTokenBy(bytes), { args: [...AT_SITE, '--encoding', encoding], env })
}

/** The fix of an audience or an issuer: the token has it as it is expected, or the server expects what it has. */
async function expected(name, claim, option) {
  for (const [has, wanted, isSetting] of [
    [SITE, 'https://other.example/', false],
    [ISSUER, SITE, true],
    [SITE, ISSUER, true],
    [ISSUER, 'Custom', false],
  ]) {
    const other = claim === 'aud' ? ['--issuer', SITE] : ['--aud', SITE]
    const at = (value) => ({ args: ['--app-service', option, value, ...other], env: SITE_ENV })
    const token = siteTokenBy(bytes, { [claim]: has })
    const fix = await fixOf(name, token, at(wanted))
    const [, signed, served] =
      /signed (?:for|as) "([^"]+)", or have the server expect "([^"]+)" \(here --\w+\)[;:]/.exec(fix)
    assert.ok(fix.includes(`(here ${option})`))
    await assertAccepted(siteTokenBy(bytes, { [claim]: signed }), at(wanted))
    await assertAccepted(token, at(served))
    // conformance/ runs azure-mobile-apps with these settings.
    assert.equal(
      fix.includes('auth.issuer and auth.audience, which it takes from WEBSITE_HOSTNAME'),
      isSetting,
    )
  }
}

/** The other causes, and why no test follows their fix. */
const OTHERS = {
  'sent-twice': 'names calls of .NET, which is not in this repository',
  wrapped: 'names a header, which each other test sends so',
  malformed: 'names no call, option, setting or command',
  'no-token': 'names no call, option, setting or command',
  instead: 'names a header, which each other test sends so',
  algorithm: "another issuer's token has no fix but another token",
  'algorithm-spelling': 'names a constant of .NET, which is not in this repository',
  'long-key': 'names a constant of .NET, which is not in this repository',
  'other-key': 'names no call, option, setting or command',
  'cut-signature': 'names no call, option, setting or command',
  'text-key': 'names no call, option, setting or command',
  'guessable-key': 'names a setting of the signer only in general',
  'extra-characters': 'names no call, option, setting or command',
  expired: 'names no call, option, setting or command',
  'not-active': 'names no call, option, setting or command',
}

describe('the fix', () => {
  for (const [name, follow] of Object.entries(FOLLOWED)) {
    test(`of ${name} makes the token accepted when it is followed as printed`, () => follow(name))
  }

  test('of every cause is followed, or has a reason why it is not', () => {
    assert.deepEqual([...Object.keys(FOLLOWED), ...Object.keys(OTHERS)].sort(), Object.keys(CAUSES).sort())
  })
})
