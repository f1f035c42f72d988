'use strict'

// Runs the servers of the README and of docs/servers.md that need nothing but Node.js. package/servers.test.js runs the
// others.
const assert = require('node:assert/strict')
const { once } = require('node:events')
const { mkdtempSync, rmSync } = require('node:fs')
const { connect } = require('node:net')
const { join } = require('node:path')
const { after, before, describe, test } = require('node:test')
const { WebSocket } = require('ws')
const { sign, ZumoKey, zumoJwt } = require('zumo-jwt')
const { HEADER, ISSUER, MASTER_KEY, SIGNING_KEY, childEnvironment, signRaw } = require('./helpers.js')
const { isCommonJsToo, programs, toCommonJs, writeProgram } = require('./http/readme.cjs')
const { AUTH, MASTER, SIGNATURE, assertUnauthorized, call, token } = require('./http/suite.cjs')
const { startServer } = require('./start-server.js')
const { withoutTypes } = require('./typescript.js')

const [, FIRST] = programs('zumo-jwt')

const BAD = { 'x-zumo-auth': 'randomgoop' }
const EXPIRED = { 'x-zumo-auth': token('Custom:42', MASTER_KEY, 1e12) }

// Inside the package, so that its own name leads to it.
const folder = mkdtempSync(join(__dirname, 'readme-'))
after(() => rmSync(folder, { recursive: true }))

/**
 * Starts a program under its name. Returns its port, and a function that ends it and returns what it wrote to standard
 * error.
 */
async function start(program, changes) {
  const path = writeProgram(mkdtempSync(join(folder, 'server-')), program)
  const env = childEnvironment({ ZUMO_MASTER_KEY: MASTER_KEY, ...changes })
  const server = await startServer([process.execPath, path], { env })
  return { port: server.port, stop: async () => (await server.stop()).stderr }
}

/** Starts a program for one test. */
async function startFor(t, program, changes) {
  const server = await start(program, changes)
  t.after(server.stop)
  return server
}

const now = () => Math.floor(Date.now() / 1000)

/** A program with another text. The text that is replaced has to be there. */
function edited({ file, text }, from, to) {
  assert.ok(text.includes(from), from)
  return { file, text: text.replace(from, to) }
}

function testServer(title, heading, path, program, expectedErrors = '') {
  test(`${heading}: ${title} answers those who have a token`, async (t) => {
    const { port, stop } = await startFor(t, program)
    assertUnauthorized(await call({ port }, path), 'Unauthorized')
    const answer = await call({ port }, path, AUTH)
    assert.equal(answer.status, 200)
    assert.deepEqual(answer.json(), { userId: 'Custom:42' })
    const { status, text } = await call({ port }, path, MASTER)
    if (heading === 'When the user is undefined') assert.equal(status, 400)
    else assert.equal(text, '{}')
    assert.equal((await call({ port }, path, BAD)).status, 401)
    assert.equal(await stop(), expectedErrors)
  })
}

/** A program in TypeScript, as JavaScript. */
function compiled({ file, text }) {
  return { file: file.replace(/ts$/, 'js'), text: withoutTypes(text) }
}

const LOG = 'GET /tables/foo ERR_ZUMO_UNAUTHORIZED\nGET /tables/foo ERR_ZUMO_JWT_MALFORMED\n'

for (const [heading, path, expectedErrors] of [
  ['zumo-jwt', '/tables/foo'],
  ['When the user is undefined', '/profile'],
  ['Fastify', '/tables/foo'],
  ['Koa', '/tables/foo'],
  ['Hono', '/tables/foo'],
  ['The token from elsewhere', '/tables/foo'],
  ['My token is refused', '/tables/foo', LOG],
]) {
  const program = programs(heading).at(-1)
  testServer('the program', heading, path, program, expectedErrors)
  if (isCommonJsToo(program)) {
    testServer('as CommonJS, it', heading, path, toCommonJs(program), expectedErrors)
  }
}

// The functions of a function app wait for their host.
const HOST = `
  import hostOfFunctions from '${join(__dirname, 'http/functions-host.cjs')}'
  import apps from '${join(__dirname, 'http/apps.cjs')}'
  apps.onNode((request) => hostOfFunctions.invoke('foo', request), Number(process.env.PORT))`
const [{ file, text }] = programs('Azure Functions')
const functionApp = { file, text: `${HOST}\n${text}` }
testServer('the program', 'Azure Functions', '/api/foo', functionApp)
testServer('the program', 'TypeScript', '/tables/foo', compiled(programs('TypeScript')[0]))
testServer('as CommonJS, it', 'Azure Functions', '/api/foo', toCommonJs(functionApp))

/** A program of the README in which Ann has a password. */
const withAnn = (program, user) =>
  edited(program, '=> undefined', `=> (username === 'ann' && password === 'right' ? ${user} : undefined)`)

/** Signs in. Returns the status and the body. */
async function signIn({ port }, body = JSON.stringify({ username: 'ann', password: 'right' })) {
  // As clients do, with the token that they have.
  const headers = { 'content-type': 'application/json', ...EXPIRED }
  const url = `http://127.0.0.1:${port}/.auth/login/custom`
  const answer = await fetch(url, { method: 'POST', headers, body })
  return { status: answer.status, json: await answer.json(), headers: answer.headers }
}

const WRONG_PASSWORD = { code: 401, error: 'Error: Wrong username or password.' }

test('The first server: those with an old token can sign in, with the right password', async (t) => {
  const body = JSON.stringify({ username: 'ann', password: 'right' })
  const asItIs = await startFor(t, FIRST)
  assert.equal((await call(asItIs, '/health', EXPIRED)).text, 'OK')
  for (const sent of [body, '{}', undefined]) {
    const { status, json } = await signIn(asItIs, sent)
    assert.deepEqual([status, json], [401, WRONG_PASSWORD])
  }

  const server = await startFor(t, withAnn(FIRST, "'Custom:7'"))
  assert.equal((await signIn(server, body.replace('right', 'wrong'))).status, 401)
  const { json } = await signIn(server, body)
  assert.deepEqual(json.user, { userId: 'Custom:7' })
  const sent = { 'x-zumo-auth': json.authenticationToken }
  assert.deepEqual((await call(server, '/tables/foo', sent)).json(), { userId: 'Custom:7' })
})

test('The first server does not start without its key', async (t) => {
  for (const unset of [undefined, '']) {
    const changes = { ZUMO_MASTER_KEY: unset, ZUMO_MASTER_KEY_OTHER: 'the other key' }
    await assert.rejects(startFor(t, FIRST, changes), /Error: Set ZUMO_MASTER_KEY\./)
  }
})

test('The first server rotates its key as the README says, one server after the other', async (t) => {
  const program = withAnn(FIRST, "'Custom:7'")
  const [OLD, NEW] = ['the old key of the service', 'the new key of the service']
  const steps = [{ ZUMO_MASTER_KEY: OLD }, { ZUMO_MASTER_KEY: OLD, ZUMO_MASTER_KEY_OTHER: NEW }]
  steps.push({ ZUMO_MASTER_KEY: NEW, ZUMO_MASTER_KEY_OTHER: OLD }, { ZUMO_MASTER_KEY: NEW })
  const keyOf = { [OLD]: ZumoKey.fromMasterKey(OLD), [NEW]: ZumoKey.fromMasterKey(NEW) }
  const tokens = { [OLD]: [], [NEW]: [] }
  const servers = [await startFor(t, program, steps[0]), await startFor(t, program, steps[0])]
  const at = [0, 0]
  let states = 0

  async function assertState() {
    states += 1
    for (const [index, server] of servers.entries()) {
      const { authenticationToken } = (await signIn(server)).json
      const signer = steps[at[index]].ZUMO_MASTER_KEY
      keyOf[signer].verify(authenticationToken)
      tokens[signer].push(authenticationToken)
    }
    for (const [index, server] of servers.entries()) {
      for (const [key, signed] of Object.entries(tokens)) {
        const expected = at[index] === 3 && key === OLD ? 401 : 200
        for (const token of signed) {
          const { status } = await call(server, '/tables/foo', { 'x-zumo-auth': token })
          assert.equal(status, expected, `step ${at[index]}, a token of ${key}`)
        }
      }
    }
  }

  await assertState()
  for (const step of [1, 2, 3]) {
    for (const index of [0, 1]) {
      await servers[index].stop()
      servers[index] = await startFor(t, program, steps[step])
      at[index] = step
      await assertState()
    }
  }
  assert.equal(states, 7)
  assert.deepEqual([tokens[OLD].length, tokens[NEW].length], [7, 7])
})

describe('Signing out', () => {
  const HOUR = 3600
  const DAY = 24 * HOUR
  /** A token as the program signs it, with changes; a change to undefined leaves a claim out. */
  function tokenWith(changes, masterKey = MASTER_KEY) {
    const claims = { exp: now() + HOUR, aud: 'Custom', uid: 'Custom:42', session: 1, auth_time: now() }
    return sign({ ...claims, ...changes }, masterKey)
  }
  const expired = (changes) => tokenWith({ exp: now() - HOUR, ...changes })
  const auth = (token) => ({ 'x-zumo-auth': token })

  let server
  before(async () => {
    const remove = "app.delete('/users/:id', (req, res) => res.json(sessions.delete(req.params.id)))"
    const rows = edited(
      withAnn(programs('Signing out')[0], "{ userId: 'Custom:42', session: sessions.get('Custom:42') }"),
      "['Custom:42', 1]",
      "['Custom:42', 1], ['Custom:7', 1], ['Custom:8', 1]",
    )
    const program = { ...rows, text: `${rows.text}\n${remove}\n` }
    server = await start(program, { ZUMO_MASTER_KEY_OTHER: 'the other key' })
  })
  after(() => server.stop())

  function assertRefusal({ status, text }, message) {
    assert.deepEqual([status, text], [401, `{"code":401,"error":"Error: ${message}"}`])
  }

  async function remove(userId) {
    assert.equal((await call(server, `/users/${userId}`, {}, 'DELETE')).text, 'true')
  }
  const read = (headers) => call(server, '/tables/foo', headers)
  const renew = (headers) => call(server, '/.auth/refresh', headers)
  const signOut = (headers) => call(server, '/.auth/logout', headers, 'POST')

  /** A renewed token, whose claims are as the program promises. */
  async function assertRenews(token) {
    const answer = await renew(auth(token))
    assert.equal(answer.status, 200, answer.text)
    assert.equal(answer.headers['cache-control'], 'no-store')
    const { user, authenticationToken } = answer.json()
    const { claims, userId } = ZumoKey.fromMasterKey(MASTER_KEY).verify(authenticationToken)
    assert.deepEqual(user, { userId })
    assert.deepEqual(Object.keys(claims), ['exp', 'iss', 'ver', 'aud', 'uid', 'session', 'auth_time'])
    assert.ok(claims.exp <= claims.auth_time + 30 * DAY && claims.exp <= now() + HOUR)
    assert.equal((await read(auth(authenticationToken))).status, 200)
    return claims
  }

  async function assertRefused(headers) {
    assertRefusal(await read(headers), 'Unauthorized')
    assertRefusal(await renew(headers), 'Unauthorized')
  }

  test('a signed-in user has a token for an hour, which is renewed', async () => {
    const { json, headers } = await signIn(server)
    assert.equal(headers.get('cache-control'), 'no-store')
    const { claims } = ZumoKey.fromMasterKey(MASTER_KEY).verify(json.authenticationToken)
    assert.ok(Math.abs(claims.exp - now() - HOUR) <= 2 && Math.abs(claims.auth_time - now()) <= 2)
    assert.deepEqual((await read(auth(json.authenticationToken))).json(), { userId: 'Custom:42' })
    const renewed = await assertRenews(tokenWith({ ...claims, exp: now() + 60 }))
    assert.equal(renewed.auth_time, claims.auth_time)
  })

  test('a token is renewed for 72 hours after its expiry, also one of the other key', async () => {
    await assertRenews(expired({ exp: now() - 71 * HOUR, auth_time: now() - 73 * HOUR }))
    await assertRenews(tokenWith({ exp: now() - HOUR }, 'the other key'))
    const tooOld = auth(tokenWith({ exp: now() - 73 * HOUR }))
    assertRefusal(await renew(tooOld), 'The authentication token has expired.')
    assertRefusal(await read(auth(expired())), 'The authentication token has expired.')
  })

  test('only the user, the audience and the two claims are carried over', async () => {
    const { uid, aud, session } = await assertRenews(expired({ roles: ['admin'], nbf: 1, iat: 1, id: 'a' }))
    assert.deepEqual([uid, aud, session], ['Custom:42', 'Custom', 1])
  })

  test('no token is renewed past 30 days after the sign-in', async () => {
    const nearlyOver = now() - 30 * DAY + 60
    const { exp, auth_time } = await assertRenews(expired({ auth_time: nearlyOver }))
    assert.deepEqual([exp, auth_time], [nearlyOver + 30 * DAY, nearlyOver])
    for (const auth_time of [now() - 30 * DAY, now() - 31 * DAY, 0, -1]) {
      assertRefusal(await renew(auth(tokenWith({ auth_time }))), 'Unauthorized')
    }
  })

  test('a token without a time of the sign-in is not renewed', async () => {
    for (const auth_time of [undefined, null, '9e9', String(now()), [now()], true, {}]) {
      assertRefusal(await renew(auth(tokenWith({ auth_time }))), 'Unauthorized')
    }
  })

  test('a token without the number is neither accepted nor renewed', async () => {
    for (const session of [undefined, null, '1', [1], true, 0, 2, 1.5]) {
      await assertRefused(auth(tokenWith({ session })))
    }
    await assertRefused(auth(zumoJwt(Date.now() + 60_000, 'Custom', 'Custom:42', MASTER_KEY)))
  })

  test('a deleted user is neither accepted nor renewed, whatever the token has', async () => {
    const before = auth(tokenWith({ uid: 'Custom:8' }))
    assert.equal((await read(before)).status, 200)
    await remove('Custom:8')
    for (const session of [1, undefined, null, 'undefined']) {
      await assertRefused(auth(tokenWith({ uid: 'Custom:8', session })))
      await assertRefused(auth(tokenWith({ uid: '__proto__', session })))
    }
  })

  test('signing out ends all tokens of the user, and those of nobody else', async () => {
    const [one, two] = [60, 120].map((seconds) => tokenWith({ uid: 'Custom:7', exp: now() + seconds }))
    const { authenticationToken: renewed } = (await renew(auth(one))).json()
    assert.equal((await signOut(auth(two))).status, 204)
    for (const token of [one, two, renewed, expired({ uid: 'Custom:7' })]) {
      assertRefusal(await renew(auth(token)), 'Unauthorized')
    }
    for (const token of [one, two, renewed]) {
      await assertRefused(auth(token))
      await assertRefused({ ...auth(token), ...MASTER })
      assertRefusal(await signOut(auth(token)), 'Unauthorized')
    }
    assert.equal((await read(auth(tokenWith({ uid: 'Custom:7', session: 2 })))).status, 200)
    assert.equal((await read(auth(tokenWith()))).status, 200)
  })

  test('the master key alone is no user, who could sign out or get a token', async () => {
    assert.equal((await read(MASTER)).text, '{}')
    assert.equal((await signOut(MASTER)).status, 204)
    assertRefusal(await signOut(), 'Unauthorized')
    for (const headers of [{}, MASTER]) assertRefusal(await renew(headers), 'Unauthorized')
    const both = { ...auth(tokenWith()), ...MASTER }
    assert.equal((await read(both)).status, 200)
  })

  test('tokens of another audience, another key, or none are neither accepted nor renewed', async () => {
    for (const token of [tokenWith({ aud: 'Other' }), tokenWith({}, 'a third key'), 'randomgoop']) {
      assert.equal((await read(auth(token))).status, 401)
      assert.equal((await renew(auth(token))).status, 401)
    }
  })

  test('nothing went wrong in the server', async () => assert.equal(await server.stop(), ''))
})

describe('A key for each issuer', () => {
  const SITE = 'https://site.azurewebsites.net/'
  const siteKey = ZumoKey.fromSigningKey(SIGNING_KEY)
  const serviceKey = ZumoKey.fromMasterKey(MASTER_KEY)
  const ofSite = (changes) => ({ exp: now() + 600, iss: SITE, aud: SITE, sub: 'sid:42', ...changes })

  let server
  before(async () => {
    const changes = { WEBSITE_AUTH_SIGNING_KEY: SIGNING_KEY, WEBSITE_HOSTNAME: new URL(SITE).host }
    server = await start(programs('A key for each issuer')[0], changes)
  })
  after(() => server.stop())
  const read = (token) => call(server, '/tables/foo', { 'x-zumo-auth': token })

  test('each issuer signs with its own key', async () => {
    const tokens = {
      'Custom:42': token(),
      'sid:42': siteKey.sign(ofSite()),
      'sid:43': siteKey.sign(ofSite({ sub: 'sid:43', exp: now() - 240 })),
    }
    for (const [userId, sent] of Object.entries(tokens)) {
      assert.deepEqual((await read(sent)).json(), { userId }, userId)
    }
  })

  test('a key signs for no other issuer', async () => {
    const ofService = { exp: now() + 600, iss: ISSUER, ver: 2, aud: 'Custom', uid: 'Custom:42' }
    for (const sent of [
      signRaw(HEADER, ofService, siteKey.export()),
      signRaw(HEADER, { ...ofService, iss: SITE }, serviceKey.export()),
      signRaw(HEADER, { ...ofService, iss: SITE, aud: SITE, sub: 'sid:42', ver: '3' }, serviceKey.export()),
    ]) {
      assertUnauthorized(await read(sent), SIGNATURE)
    }
  })

  test('no token is anonymous; no, an unknown or a malformed issuer is refused', async () => {
    assertUnauthorized(await call(server, '/tables/foo'), 'Unauthorized')
    assert.equal((await call(server, '/tables/foo', MASTER)).status, 200)
    for (const iss of [
      undefined,
      null,
      'https://other.example/',
      SITE.slice(0, -1),
      [SITE],
      { a: SITE },
      1,
      '',
    ]) {
      for (const key of [siteKey, serviceKey]) {
        const sent = signRaw(HEADER, { exp: now() + 600, iss, aud: SITE, uid: 'a', sub: 'a' }, key.export())
        assert.equal((await read(sent)).status, 401, JSON.stringify(iss))
      }
    }
    for (const sent of ['randomgoop', 'a.b.c', [token(), token()]]) {
      assertUnauthorized(await read(sent), SIGNATURE)
    }
  })

  test('nothing went wrong in the server', async () => assert.equal(await server.stop(), ''))
})

for (const version of ['express', 'express4']) {
  test(`Scripts of a Mobile Service: the script answers on ${version}`, async (t) => {
    const [script, server] = programs('Scripts of a Mobile Service')
    const path = mkdtempSync(join(folder, 'script-'))
    writeProgram(path, script)
    const program = edited(server, "require('express')", `require('${version}')`)
    const { port, stop } = await startFor(t, edited(program, './api/profile.js', join(path, script.file)))
    const post = async (headers) => {
      const sent = { method: 'POST', headers: { 'content-type': 'application/json', ...headers } }
      const answer = await fetch(`http://127.0.0.1:${port}/api/profile`, { ...sent, body: '{"text":"hi"}' })
      return [answer.status, await answer.json()]
    }
    const unauthorized = { code: 401, error: 'Error: Unauthorized' }
    assert.deepEqual(await post({}), [401, unauthorized])
    assert.deepEqual(await post(AUTH), [200, { userId: 'Custom:42', level: 'authenticated', text: 'hi' }])
    assert.deepEqual(await post(MASTER), [200, { level: 'admin', text: 'hi' }])
    assert.equal(await stop(), '')
  })
}

test('WebSockets: the program connects those who have a token', async (t) => {
  const { port, stop } = await startFor(t, {
    file: 'server.mjs',
    text: withoutTypes(programs('WebSockets')[0].text),
  })
  const open = (headers) => new WebSocket(`ws://127.0.0.1:${port}`, { headers })
  for (const headers of [{}, BAD, EXPIRED, { ...BAD, ...MASTER }]) {
    const [{ message }] = await once(open(headers), 'error')
    assert.equal(message, 'Unexpected server response: 401')
    // One that does not wait for its answer.
    const lines = Object.entries({ upgrade: 'websocket', connection: 'upgrade', ...headers })
    const socket = connect(port, '127.0.0.1')
    socket.write(`GET / HTTP/1.1\r\n${lines.map((line) => `${line.join(': ')}\r\n`).join('')}\r\n`)
    await once(socket, 'connect')
    socket.resetAndDestroy()
  }
  const socket = open(AUTH)
  const [data] = await once(socket, 'message')
  socket.close()
  assert.deepEqual(JSON.parse(data), { userId: 'Custom:42' })
  assert.equal(await stop(), '')
})
