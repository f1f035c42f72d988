'use strict'

const assert = require('node:assert/strict')
const { spawn } = require('node:child_process')
const { once } = require('node:events')
const { mkdtempSync, readFileSync, rmSync, statSync } = require('node:fs')
const { tmpdir } = require('node:os')
const { join } = require('node:path')
const { createInterface } = require('node:readline')
const { test } = require('node:test')
const { verify, zumoJwt } = require('zumo-jwt')
const { childEnvironment } = require('./helpers.js')

const KEYS = {
  ZUMO_MASTER_KEY: 'masterKeyMasterKeyMasterKey01234',
  ZUMO_APPLICATION_KEY: 'applicationKeyApplicationKey0123',
}
const MASTER = { 'x-zumo-master': KEYS.ZUMO_MASTER_KEY }
const PASSWORD = 'correct horse battery staple'

function temporaryFolder(t) {
  const folder = mkdtempSync(join(tmpdir(), 'mobile-service-'))
  t.after(() => rmSync(folder, { recursive: true }))
  return folder
}

async function start(t, folder = temporaryFolder(t), keys = KEYS) {
  const index = join(__dirname, '../examples/mobile-service/index.js')
  const child = spawn(process.execPath, [index], {
    env: childEnvironment({
      ZUMO_MASTER_KEY: undefined,
      ZUMO_APPLICATION_KEY: undefined,
      PORT: '0',
      DATA_FOLDER: folder,
      ...keys,
    }),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const exited = once(child, 'exit')
  async function kill() {
    child.kill('SIGKILL')
    await exited
  }
  t.after(kill)
  const lines = []
  createInterface(child.stderr).on('line', (line) => lines.push(line))
  const url = await new Promise((resolve, reject) => {
    createInterface(child.stdout).on('line', (line) => {
      lines.push(line)
      const [found] = line.match(/http:\S+/) ?? []
      if (found) resolve(found)
    })
    exited.then(() => reject(new Error(`the service did not start: ${lines.join('\n')}`)))
  })

  async function call(method, path, headers, body) {
    const res = await fetch(url + path, {
      method,
      headers: { 'content-type': 'application/json', ...headers },
      body: body === undefined ? undefined : JSON.stringify(body),
    })
    const text = await res.text()
    return { status: res.status, body: text && JSON.parse(text) }
  }
  const application = { 'x-zumo-application': keys.ZUMO_APPLICATION_KEY }
  return {
    url,
    lines,
    kill,
    call,
    register: (username, password = PASSWORD) =>
      call('POST', '/register', application, { username, password }),
    login: (username, password = PASSWORD) => call('POST', '/login', application, { username, password }),
    read: (token) => call('GET', '/tables/foo', token === undefined ? {} : { 'x-zumo-auth': token }),
  }
}

function refusal(code, message) {
  return { status: code, body: { code, error: `Error: ${message}` } }
}

const WRONG = refusal(401, 'The username or the password is wrong.')
const TAKEN = refusal(409, 'The username is taken.')
const UNAUTHORIZED = refusal(401, 'Unauthorized')

test('registers, logs in, and answers the table to the token of either', async (t) => {
  const { register, login, read } = await start(t)
  for (const [username, userId] of [
    ['alice', 'Custom:1'],
    ['bob', 'Custom:2'],
  ]) {
    for (const answer of [await register(username), await login(username)]) {
      const { user, authenticationToken, ...more } = answer.body
      assert.equal(answer.status, 200)
      assert.deepEqual([user, more], [{ userId }, {}])
      const { claims } = verify(authenticationToken, KEYS.ZUMO_MASTER_KEY, { audience: 'Custom' })
      assert.equal(claims.uid, userId)
      assert.ok(Math.abs(claims.exp * 1000 - Date.now() - 86_400_000) < 60_000)
      assert.deepEqual(await read(authenticationToken), {
        status: 200,
        body: [{ id: 1, text: 'The first row', userId }],
      })
    }
  }
})

test('answers a wrong password and an unknown name alike, and a taken name in any case', async (t) => {
  const { register, login } = await start(t)
  await register('alice')
  assert.deepEqual(await login('alice', 'wrong password'), WRONG)
  assert.deepEqual(await login('nobody'), WRONG)
  assert.deepEqual(await register('Alice', 'another password'), TAKEN)
  assert.equal((await login('ALICE')).body.user.userId, 'Custom:1')
})

test('takes as long to refuse an unknown name as a wrong password', async (t) => {
  const { register, login } = await start(t)
  await register('alice')
  const times = { alice: [], nobody: [] }
  for (let i = 0; i < 20; i++) {
    for (const name of Object.keys(times)) {
      const before = performance.now()
      await login(name, 'wrong password')
      times[name].push(performance.now() - before)
    }
  }
  const median = (name) => times[name].sort((a, b) => a - b)[10]
  assert.ok(median('nobody') > median('alice') / 2, `${median('nobody')} ms to ${median('alice')} ms`)
})

test('lets one of many concurrent registrations have a name', async (t) => {
  const { register, login } = await start(t)
  const passwords = Array.from({ length: 20 }, (_, i) => `${PASSWORD} ${i}`)
  const answers = await Promise.all(passwords.map((password) => register('alice', password)))
  assert.equal(answers.filter(({ status }) => status === 200).length, 1)
  for (const [i, answer] of answers.entries()) {
    if (answer.status !== 200) assert.deepEqual(answer, TAKEN)
    assert.equal((await login('alice', passwords[i])).status, answer.status === 200 ? 200 : 401)
  }
})

test('has every registration it answered after it was killed', async (t) => {
  const folder = temporaryFolder(t)
  const service = await start(t, folder)
  const answered = new Map()
  const registrations = Array.from({ length: 60 }, async (_, i) => {
    const { body } = await service.register(`user${i}`)
    answered.set(`user${i}`, body.user.userId)
    if (answered.size === 20) await service.kill()
  })
  await Promise.allSettled(registrations)
  assert.ok(answered.size >= 20 && answered.size < 60, `${answered.size} were answered`)
  const { login, register } = await start(t, folder)
  for (const [name, userId] of answered) assert.equal((await login(name)).body.user?.userId, userId)
  const { userId } = (await register('afterwards')).body.user
  assert.ok(![...answered.values()].includes(userId))
})

test('refuses input that is none with 400, and stores what looks like SQL as it is', async (t) => {
  const { url, call, register, login } = await start(t)
  const names = [undefined, null, 1, {}, ['alice'], '', 'a'.repeat(65), "' OR 1=1 --", 'a b', 'ä', 'a\n']
  const passwords = [
    undefined,
    null,
    12345678,
    {},
    ['a'.repeat(8)],
    'a'.repeat(7),
    'a'.repeat(129),
    'lone \ud800 one',
  ]
  for (const send of [register, login]) {
    for (const name of names) assert.match((await send(name)).body.error, /^Error: The username must be/)
    for (const password of passwords) {
      const { status, body } = await send('alice', password === undefined ? null : password)
      assert.equal(status, 400)
      assert.match(body.error, /^Error: The password must be/)
    }
  }
  const password = `'); DROP TABLE users; -- 🔑 ${'\0'}`
  assert.equal((await register('alice', password)).status, 200)
  assert.equal((await login('alice', password)).status, 200)
  const text = "'); DROP TABLE foo; --"
  assert.deepEqual((await call('POST', '/tables/foo', MASTER, { text })).body, { id: 2, text })
  assert.equal((await call('DELETE', `/tables/foo/${encodeURIComponent('1 OR 1=1')}`, MASTER)).status, 404)
  for (const text of [undefined, 1, '', 'a'.repeat(1001)]) {
    assert.equal((await call('POST', '/tables/foo', MASTER, { text })).status, 400)
  }
  const headers = { 'content-type': 'application/json', 'x-zumo-application': KEYS.ZUMO_APPLICATION_KEY }
  for (const [body, status] of [
    ['{', 400],
    ['[]', 400],
    ['1', 400],
    [undefined, 400],
    [`"${'a'.repeat(20_000)}"`, 413],
  ]) {
    const res = await fetch(`${url}/login`, { method: 'POST', headers, body })
    assert.equal(res.status, status)
    assert.equal((await res.json()).code, status)
  }
})

test('opens reading to users, everything else to the master key', async (t) => {
  const { call, read, register } = await start(t)
  const { authenticationToken } = (await register('alice')).body
  const user = { 'x-zumo-auth': authenticationToken, 'x-zumo-application': KEYS.ZUMO_APPLICATION_KEY }
  const writes = [
    ['POST', '/tables/foo', { status: 201, body: { id: 2, text: 'new' } }],
    ['PATCH', '/tables/foo/1', { status: 200, body: { id: 1, text: 'new' } }],
    ['DELETE', '/tables/foo/1', { status: 204, body: '' }],
    ['PATCH', '/tables/foo/1', refusal(404, 'There is no such row.')],
    ['DELETE', '/tables/foo/1', refusal(404, 'There is no such row.')],
  ]
  for (const [method, path, expected] of writes) {
    const body = method === 'DELETE' ? undefined : { text: 'new' }
    assert.deepEqual(await call(method, path, {}, body), UNAUTHORIZED)
    assert.deepEqual(await call(method, path, user, body), UNAUTHORIZED)
    assert.deepEqual(await call(method, path, MASTER, body), expected)
  }
  assert.deepEqual((await read(authenticationToken)).body, [{ id: 2, text: 'new', userId: 'Custom:1' }])
  assert.deepEqual(await read(), UNAUTHORIZED)
  assert.deepEqual((await call('GET', '/tables/foo', MASTER)).body, [{ id: 2, text: 'new' }])
  const credentials = { username: 'alice', password: PASSWORD }
  for (const path of ['/register', '/login']) {
    assert.deepEqual(
      await call('POST', path, { 'x-zumo-auth': authenticationToken }, credentials),
      UNAUTHORIZED,
    )
  }
  assert.deepEqual(await call('GET', '/', {}), refusal(404, 'Not found.'))
})

test('makes its keys at the first start, shows them once, and keeps them', async (t) => {
  const folder = temporaryFolder(t)
  const first = await start(t, folder, {})
  const kept = readFileSync(join(folder, '.env'), 'utf8')
  assert.equal(statSync(join(folder, '.env')).mode & 0o777, 0o600)
  const keys = Object.fromEntries(
    kept
      .trimEnd()
      .split('\n')
      .map((line) => line.split('=')),
  )
  assert.deepEqual(Object.keys(keys), Object.keys(KEYS))
  for (const [name, key] of Object.entries(keys)) {
    assert.match(key, /^[0-9a-f]{32}$/)
    assert.ok(first.lines.some((line) => line.startsWith(`${name}=${key} `)))
  }
  await first.kill()

  const second = await start(t, folder, {})
  assert.deepEqual(second.lines, [`The mobile service listens on ${second.url}`])
  const token = zumoJwt(Date.now() + 60_000, 'Custom', 'Custom:9', keys.ZUMO_MASTER_KEY)
  assert.equal((await second.read(token)).status, 200)
})

test('writes no key, token or password to its log', async (t) => {
  const { lines, url, register, login, read, call } = await start(t)
  const { authenticationToken } = (await register('alice')).body
  await login('alice', 'wrong password')
  await read(authenticationToken)
  await read(`${authenticationToken}A`)
  await call('POST', '/tables/foo', { ...MASTER, 'x-zumo-auth': authenticationToken }, { text: 1 })
  assert.deepEqual(lines, [`The mobile service listens on ${url}`])
})

test("Microsoft's JavaScript SDK reads the table with a login's answer", async (t) => {
  const { url, register, login } = await start(t)
  // The SDK asks for this property to know a runtime with CORS.
  globalThis.XMLHttpRequest = class extends require('xmlhttprequest-ssl') {
    withCredentials = false
  }
  t.after(() => delete globalThis.XMLHttpRequest)
  const { MobileServiceClient } = require('azure-mobile-apps-client')
  await register('alice')
  const { user, authenticationToken } = (await login('alice')).body

  const client = new MobileServiceClient(url)
  await assert.rejects(
    async () => client.getTable('foo').read(),
    (error) => error.request.status === 401,
  )
  client.currentUser = { userId: user.userId, mobileServiceAuthenticationToken: authenticationToken }
  const rows = await client.getTable('foo').read()
  assert.deepEqual([...rows], [{ id: 1, text: 'The first row', userId: 'Custom:1' }])
})
