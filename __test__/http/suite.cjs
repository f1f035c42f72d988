'use strict'

// What every server of apps.cjs has to answer.
const assert = require('node:assert/strict')
const { randomUUID } = require('node:crypto')
const { once } = require('node:events')
const { Agent, request } = require('node:http')
const { after, before, describe, test } = require('node:test')
const { sign, ZumoKey, zumoJwt } = require('zumo-jwt')
const { HEADER, MASTER_KEY, SIGNING_KEY, SITE, claims, derive, signRaw } = require('../helpers.js')
const { APPLICATION_KEY, CHANGES, LATIN1_KEY, OTHER_KEY, PERMISSIONS, SETS, VALUES } = require('./sets.cjs')

const NOW = Math.floor(Date.now() / 1000)
const SECRETS = [MASTER_KEY, APPLICATION_KEY, OTHER_KEY, SIGNING_KEY]
const SIGNATURE = "The authentication token's signature was malformed or signed by a different key."
const EXPIRED = 'The authentication token has expired.'

function token(userId = 'Custom:42', masterKey = MASTER_KEY, expiry = Date.now() + 600_000) {
  return zumoJwt(expiry, 'Custom', userId, masterKey)
}

/** With what the answer says. That each claim is checked, the tests of verify() show. */
const BAD_TOKENS = [
  ['random goop', 'randomgoop', SIGNATURE],
  ['a token of another key', token('Custom:42', OTHER_KEY), SIGNATURE],
  ['an expired token', token('Custom:42', MASTER_KEY, 1e12), EXPIRED],
  ['a token with the scheme Bearer', `Bearer ${token()}`, SIGNATURE],
  ['two tokens', [token(), token()], SIGNATURE],
]

/** Longer than some servers accept as a header. */
const LONG_TOKEN = signRaw(HEADER, claims({ exp: NOW + 900, more: 'a'.repeat(65_536) }))

const MASTER = { 'x-zumo-master': MASTER_KEY }
const APPLICATION = { 'x-zumo-application': APPLICATION_KEY }
const AUTH = { 'x-zumo-auth': token() }

const PATHS = [...PERMISSIONS, 'other']

/** What is sent in a header: its name, its value, and whether it is the right one. */
const keysSent = (key) => [
  ['no', undefined, false],
  ['the right', key, true],
  ['a wrong', OTHER_KEY, false],
  ['twice the', [key, key], false],
]

/** The same of tokens, with the user of a good one, or the message of a bad one. */
const tokensSent = [
  ['no token', undefined],
  ['an empty token', ''],
  ['a good token', token(), { userId: 'Custom:42' }],
  ...BAD_TOKENS.map(([name, bad, message]) => [name, bad, { message }]),
]

/** What the error handler answers where an option does what VALUES[value] does, if that throws. */
function thrownBy(option, value) {
  if (value === 'thrown error') return { name: 'RangeError', message: 'by an option' }
  if (value === 'thrown ZumoJwtError')
    return { name: 'ZumoJwtError', code: 'ERR_ZUMO_JWT_MALFORMED', message: SIGNATURE }
  return { name: 'Error', message: `${option} threw a value that is not an Error.` }
}

/** The permissions of a request, worked out from what it holds. */
function permissionsOf({ isMaster, isApplication, userId }) {
  if (isMaster) return PERMISSIONS
  const users = userId === undefined ? [] : ['user', 'authenticated']
  return ['public', ...users, ...(isApplication ? ['application'] : [])]
}

const agent = new Agent({ keepAlive: true, maxSockets: 50 })

async function overHttp(port, path, headers, method) {
  const sent = request({ agent, port, path, method, headers, host: '127.0.0.1' }).end()
  const [res] = await once(sent, 'response')
  let text = ''
  for await (const chunk of res.setEncoding('utf8')) text += chunk
  return { status: res.statusCode, headers: res.headers, text }
}

/** Sends a request, and asserts that the answer holds no key and no token. */
async function call({ port }, path, headers = {}, method = 'GET') {
  const sent = Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== undefined))
  const answer = await overHttp(port, path, sent, method)
  const text = answer.text + Object.values(answer.headers).join()
  for (const secret of [...SECRETS, ...[headers['x-zumo-auth'] ?? []].flat().filter(Boolean)]) {
    assert.ok(!text.includes(secret), 'an answer holds a key or a token')
  }
  return { ...answer, json: () => JSON.parse(answer.text) }
}

function assertUnauthorized(answer, message) {
  assert.equal(answer.text, `{"code":401,"error":"Error: ${message}"}`)
  assert.equal(answer.status, 401)
  assert.equal(answer.headers['content-type'], 'application/json')
  assert.equal(answer.headers['www-authenticate'], undefined)
}

/**
 * Tests a server. `start` returns its port, and how to close it. `sets` are those that it has. `longTokens` says
 * whether it accepts long headers.
 */
function testServer(name, start, { sets = Object.keys(SETS), longTokens = true } = {}) {
  describe(name, () => {
    let server
    before(async () => {
      server = await start()
    })
    after(() => server.close())
    const get = (...args) => call(server, ...args)

    function testSet(set, title, run) {
      if (sets.includes(set)) test(title, run)
    }

    for (const [token, auth, { userId, message } = {}] of tokensSent) {
      test(`decides on ${token} with every key and every permission`, async () => {
        const checks = []
        for (const [master, masterKey, isMaster] of keysSent(MASTER_KEY)) {
          for (const [application, applicationKey, isApplication] of keysSent(APPLICATION_KEY)) {
            for (const path of PATHS) {
              const what = `${path}: ${token}, ${master} master key, ${application} application key`
              checks.push(async () => {
                const answer = await get(`/both/${path}`, {
                  'x-zumo-auth': auth,
                  'x-zumo-master': masterKey,
                  'x-zumo-application': applicationKey,
                })
                if (message !== undefined) return assertUnauthorized(answer, message)
                const open = permissionsOf({ isMaster, isApplication, userId })
                if (path !== 'other' && !open.includes(path))
                  return assertUnauthorized(answer, 'Unauthorized')
                assert.equal(answer.status, 200, what)
                const { claims, ...user } = answer.json()
                const level = isMaster ? 'admin' : userId === undefined ? 'anonymous' : 'authenticated'
                assert.deepEqual(user, userId === undefined ? { level } : { level, userId }, what)
                assert.equal(claims?.uid, userId, what)
              })
            }
          }
        }
        // At once, so that no request gets the user of another.
        await Promise.all(checks.map((check) => check()))
      })
    }

    test('does not accept one key in place of the other, an empty key or part of a key', async () => {
      for (const [master, application] of [
        [APPLICATION_KEY, MASTER_KEY],
        ['', ''],
        [MASTER_KEY.slice(0, 31), APPLICATION_KEY.slice(0, 31)],
      ]) {
        const sent = { 'x-zumo-master': master, 'x-zumo-application': application }
        assert.deepEqual((await get('/both/other', sent)).json(), { level: 'anonymous' })
        assertUnauthorized(await get('/both/application', sent), 'Unauthorized')
        assertUnauthorized(await get('/both/admin', sent), 'Unauthorized')
      }
    })

    if (longTokens) {
      test('answers 401 to a token of over 64 KiB', async () => {
        const sent = { 'x-zumo-auth': LONG_TOKEN, ...MASTER }
        for (const path of PATHS) assertUnauthorized(await get(`/both/${path}`, sent), SIGNATURE)
      })
    }

    test('decides on every method the same way', async () => {
      for (const method of ['HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
        assert.equal((await get('/both/public', {}, method)).status, 200)
        assert.equal((await get('/both/user', {}, method)).status, 401)
        assert.equal((await get('/both/user', AUTH, method)).status, 200)
      }
    })

    testSet('rotated', 'accepts several master keys, also bytes of Latin-1', async () => {
      for (const masterKey of [OTHER_KEY, MASTER_KEY, LATIN1_KEY]) {
        const user = await get('/rotated/user', { 'x-zumo-auth': token('a', masterKey) })
        assert.equal(user.json().userId, 'a')
        const admin = await get('/rotated/admin', { 'x-zumo-master': masterKey.toString('latin1') })
        assert.equal(admin.status, 200)
      }
      assertUnauthorized(await get('/rotated/user', { 'x-zumo-auth': token('a', 'retired') }), SIGNATURE)
      assertUnauthorized(await get('/rotated/admin', { 'x-zumo-master': 'retired' }), 'Unauthorized')
    })

    testSet(
      'master-key',
      'opens application to the master key alone without an application key',
      async () => {
        for (const sent of ['', 'undefined', APPLICATION_KEY]) {
          const headers = { 'x-zumo-application': sent, ...AUTH }
          assertUnauthorized(await get('/master-key/application', headers), 'Unauthorized')
        }
        assert.equal((await get('/master-key/application', MASTER)).status, 200)
      },
    )

    testSet('audience', 'accepts the tokens of its audience only', async () => {
      assert.equal((await get('/audience/user', AUTH)).status, 200)
      const other = zumoJwt(Date.now() + 60_000, 'custom', 'a', MASTER_KEY)
      const answer = await get('/audience/other', { 'x-zumo-auth': other })
      assert.equal(answer.status, 401)
      assert.match(answer.json().error, /audience|aud/)
    })

    testSet('tolerance', 'accepts an expired token for as long as clockTolerance says', async () => {
      const since = (s) => ({ 'x-zumo-auth': token('a', MASTER_KEY, Date.now() - s * 1000) })
      assert.equal((await get('/tolerance/user', since(3500))).json().userId, 'a')
      assertUnauthorized(await get('/tolerance/user', since(3700)), EXPIRED)
    })

    testSet('key', 'with a key alone verifies tokens and has no admin', async () => {
      assert.equal((await get('/key/user', AUTH)).json().userId, 'Custom:42')
      assertUnauthorized(await get('/key/admin', { ...AUTH, ...MASTER }), 'Unauthorized')
    })

    testSet('node6', "keeps the users of the blog's function on Node.js 6, and the level admin", async () => {
      // createHmac() reads the text as UTF-8.
      const keyOfNode6 = derive(MASTER_KEY).toString('latin1')
      const ofNode6 = signRaw({ ...HEADER, kid: 0 }, claims({ exp: NOW + 600, ver: 1 }), keyOfNode6)
      for (const auth of [ofNode6, token()]) {
        const headers = { 'x-zumo-auth': auth }
        assert.equal((await get('/node6/user', headers)).json().userId, 'Custom:42')
        assertUnauthorized(await get('/node6/admin', headers), 'Unauthorized')
        const { level, userId } = (await get('/node6/admin', { ...headers, ...MASTER })).json()
        assert.deepEqual({ level, userId }, { level: 'admin', userId: 'Custom:42' })
      }
      assertUnauthorized(await get('/both/user', { 'x-zumo-auth': ofNode6 }), SIGNATURE)
    })

    testSet('app-service', 'accepts App Service tokens of its site', async () => {
      const key = ZumoKey.fromSigningKey(SIGNING_KEY)
      const claims = { exp: NOW + 600, sub: 'sid:1', aud: SITE, iss: SITE }
      const user = await get('/app-service/user', { 'x-zumo-auth': sign(claims, key) })
      assert.equal(user.json().userId, 'sid:1')
      const elsewhere = sign({ ...claims, iss: 'https://other.azurewebsites.net/' }, key)
      assert.equal((await get('/app-service/user', { 'x-zumo-auth': elsewhere })).status, 401)
      assertUnauthorized(await get('/app-service/user', AUTH), SIGNATURE)
    })

    testSet('functions', 'reads the token that getToken returns', async () => {
      const path = '/functions/other'
      assert.equal((await get(`${path}?token=${token('Custom:7')}`)).json().userId, 'Custom:7')
      assert.equal((await get(`${path}?token=`)).json().level, 'anonymous')
      assert.equal((await get(path, { 'x-zumo-auth': 'randomgoop' })).json().level, 'anonymous')
      assertUnauthorized(await get(`${path}?token=randomgoop`), SIGNATURE)
      assertUnauthorized(await get(`${path}?token=${token()}&token=${token()}`), SIGNATURE)
    })

    testSet(
      'functions',
      'lets no request continue for anything else that getToken returns or throws',
      async () => {
        for (const value of Object.keys(VALUES)) {
          for (const path of PATHS) {
            const answer = await get(`/functions/${path}?value=${encodeURIComponent(value)}`, MASTER)
            if (value === 'undefined' || value === 'null') assert.equal(answer.json().level, 'admin')
            else if (/promise|rejection|thenable/.test(value)) {
              assert.equal(answer.status, 500)
              assert.deepEqual(answer.json(), {
                name: 'TypeError',
                code: 'ERR_INVALID_RETURN_VALUE',
                message:
                  'The "options.getToken" property must be a synchronous function. It returned a promise.',
              })
            } else if (/throw/.test(value)) assert.deepEqual(answer.json(), thrownBy('getToken', value))
            else assertUnauthorized(answer, SIGNATURE)
          }
        }
      },
    )

    testSet(
      'functions',
      'ignores what onRefusal returns or changes, and gives the error handler what it throws',
      async () => {
        for (const value of Object.keys({ ...VALUES, ...CHANGES })) {
          for (const [path, message] of [
            ['public?token=randomgoop', SIGNATURE],
            ['user?', 'Unauthorized'],
          ]) {
            const answer = await get(`/functions/${path}&refusal=${encodeURIComponent(value)}`)
            if (value.startsWith('thrown')) assert.deepEqual(answer.json(), thrownBy('onRefusal', value))
            else assertUnauthorized(answer, message)
          }
        }
      },
    )

    testSet('functions', 'calls onRefusal once for each refusal, and for nothing else', async () => {
      for (const [path, ...codes] of [
        ['public?token=randomgoop', 'ERR_ZUMO_JWT_MALFORMED'],
        [`user?token=${token('a', MASTER_KEY, 1e12)}`, 'ERR_ZUMO_JWT_EXPIRED'],
        ['user?', 'ERR_ZUMO_UNAUTHORIZED'],
        ['admin?', 'ERR_ZUMO_UNAUTHORIZED'],
        ['public?'],
        [`user?token=${token()}`],
        ['user?value=promise'],
        ['user?value=thrown+undefined'],
        ['user?value=thrown+ZumoJwtError'],
      ]) {
        const id = randomUUID()
        await get(`/functions/${path}&id=${id}`)
        const { message } = (await get(`/functions/user?report=${id}`)).json()
        assert.deepEqual(JSON.parse(message), codes, path)
      }
    })

    testSet('fail-with-error', 'calls the error handler with failWithError', async () => {
      const bad = await get('/fail-with-error/public', { 'x-zumo-auth': 'randomgoop' })
      assert.equal(bad.status, 401)
      assert.deepEqual(bad.json(), {
        name: 'ZumoJwtError',
        code: 'ERR_ZUMO_JWT_MALFORMED',
        message: SIGNATURE,
      })
      const none = await get('/fail-with-error/user')
      assert.equal(none.status, 401)
      assert.deepEqual(none.json(), {
        name: 'UnauthorizedError',
        code: 'ERR_ZUMO_UNAUTHORIZED',
        message: 'Unauthorized',
      })
      assert.equal((await get('/fail-with-error/user', AUTH)).status, 200)
    })

    testSet('none', 'authorize without authenticate is an error that says so', async () => {
      for (const permission of PERMISSIONS) {
        const answer = await get(`/none/${permission}`, { ...AUTH, ...MASTER, ...APPLICATION })
        assert.equal(answer.status, 500)
        assert.deepEqual(answer.json(), {
          name: 'Error',
          code: 'ERR_ZUMO_NO_AUTHENTICATE',
          message: 'authorize() needs authenticate() to run before it.',
        })
      }
    })
  })
}

module.exports = {
  APPLICATION,
  AUTH,
  BAD_TOKENS,
  MASTER,
  SECRETS,
  SIGNATURE,
  assertUnauthorized,
  call,
  testServer,
  token,
}
