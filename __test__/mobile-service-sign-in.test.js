'use strict'

// The example service: registering, signing in, and the limits of both.

const assert = require('node:assert/strict')
const { test } = require('node:test')
const { decode, verify, zumoJwt } = require('zumo-jwt')
const { MASTER, MASTER_KEY, PASSWORD, assertError, errorAnswer } = require('./mobile-service-helpers.js')
const { start, temporaryFolder } = require('./mobile-service-helpers.js')

const WRONG = errorAnswer(401, 'The username or the password is wrong.')
const TAKEN = errorAnswer(409, 'The username is taken. If it is yours, sign in.')

function rawSignIn(username, password) {
  const body = JSON.stringify({ username, password })
  const head = `Host: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}`
  return `POST /.auth/login/custom HTTP/1.1\r\n${head}\r\n\r\n${body}`
}

test('registers and signs in users, whose tokens can read the table', async (t) => {
  const { register, signIn, read } = await start(t)
  for (const [username, userId] of [
    ['alice', 'Custom:1'],
    ['bob', 'Custom:2'],
  ]) {
    for (const answer of [await register(username), await signIn(username)]) {
      const { user, authenticationToken, ...more } = answer.body
      assert.equal(answer.status, 200)
      assert.deepEqual([user, more], [{ userId }, {}])
      const { claims } = verify(authenticationToken, MASTER_KEY, { audience: 'Custom' })
      assert.deepEqual([claims.uid, claims.ver], [userId, 2])
      assert.ok(Math.abs(claims.exp * 1000 - Date.now() - 86_400_000) < 60_000)
      assert.deepEqual(await read(authenticationToken), {
        status: 200,
        body: [{ id: 1, text: 'The first row', userId }],
      })
    }
  }
})

test('signs in and registers users who also send an expired token', async (t) => {
  const { register, signIn } = await start(t)
  for (const [index, token] of ['randomgoop', zumoJwt(0, 'Custom', 'Custom:9', MASTER_KEY)].entries()) {
    const headers = { 'x-zumo-auth': token }
    assert.equal((await register(`user${index}`, PASSWORD, headers)).status, 200)
    assert.equal((await signIn(`user${index}`, PASSWORD, headers)).status, 200)
  }
})

test('answers a wrong password and an unknown name alike, and compares names without case', async (t) => {
  const { register, signIn } = await start(t)
  await register('alice')
  assert.deepEqual(await signIn('alice', 'wrong password'), WRONG)
  assert.deepEqual(await signIn('nobody'), WRONG)
  assert.deepEqual(await register('Alice', 'another password'), TAKEN)
  assert.equal((await signIn('ALICE')).body.user.userId, 'Custom:1')
})

test('takes as long to refuse an unknown name as a wrong password', async (t) => {
  const { register, signIn } = await start(t)
  await register('known1')
  await register('known2')
  const times = { known: [], unknown: [] }
  for (let attempt = 0; attempt < 20; attempt++) {
    for (const name of Object.keys(times)) {
      const before = performance.now()
      assert.deepEqual(await signIn(`${name}${(attempt % 2) + 1}`, 'wrong password'), WRONG)
      times[name].push(performance.now() - before)
    }
  }
  const median = (name) => times[name].sort((a, b) => a - b)[10]
  assert.ok(median('unknown') > median('known') / 2, `${median('unknown')} ms to ${median('known')} ms`)
})

test('gives a name to one of many concurrent registrations', async (t) => {
  const { register, signIn } = await start(t)
  const passwords = Array.from({ length: 10 }, (_, i) => `${PASSWORD} ${i}`)
  const answers = await Promise.all(passwords.map((password) => register('alice', password)))
  assert.equal(answers.filter(({ status }) => status === 200).length, 1)
  for (const [i, answer] of answers.entries()) {
    if (answer.status !== 200) assert.deepEqual(answer, TAKEN)
    assert.equal((await signIn('alice', passwords[i])).status, answer.status === 200 ? 200 : 401)
  }
})

test('keeps a registration that it answered when it is killed', async (t) => {
  const folder = temporaryFolder(t)
  const service = await start(t, folder)
  const { userId } = (await service.register('alice')).body.user
  await service.kill()
  const { signIn, register } = await start(t, folder)
  assert.equal((await signIn('alice')).body.user?.userId, userId)
  assert.notEqual((await register('afterwards')).body.user.userId, userId)
})

test('stops guessing a password after ten failures, whatever other sign-ins there are', async (t) => {
  const { call, register, signIn } = await start(t)
  await register('alice')
  await register('bob')
  // More than ten that succeed, and at first some that are no attempt at all.
  for (let i = 0; i < 12; i++) assert.equal((await signIn('alice')).status, 200)
  for (let i = 0; i < 12; i++) assert.equal((await signIn('alice', 'short')).status, 400)
  for (const right of [false, true, false, true, true]) {
    assert.equal((await signIn('alice', right ? PASSWORD : 'a wrong password')).status, right ? 200 : 401)
  }
  const guesses = Array.from({ length: 13 }, (_, i) => signIn(i % 2 ? 'alice' : 'ALICE', `guess number ${i}`))
  const statuses = (await Promise.all(guesses)).map(({ status }) => status).sort()
  assert.deepEqual(statuses, [...Array(8).fill(401), ...Array(5).fill(429)])

  const body = { username: 'alice', password: PASSWORD }
  const refused = await call('POST', '/.auth/login/custom', { body })
  assertError(refused, 429, 'Too many failed sign-ins. Try again later.')
  const seconds = Number(refused.headers.get('retry-after'))
  assert.ok(seconds > 800 && seconds <= 900, `Retry-After is ${seconds}`)
  // What is refused does not count for the address.
  await Promise.all(Array.from({ length: 100 }, () => signIn('alice')))
  assert.equal((await signIn('bob')).status, 200)
})

test('counts a wrong password that the client aborts, and not a right one', async (t) => {
  const { call, open, register, signIn } = await start(t)
  for (const name of ['alice', 'bob', 'carol']) await register(name)
  const [right, wrong] = [rawSignIn('alice', PASSWORD), rawSignIn('bob', 'a wrong password')]
  const sockets = [...Array(10).fill(right), ...Array(10).fill(wrong)].map(open)
  // When these are answered, the sign-ins are read. Passwords are compared later, in the order in which they come.
  for (let i = 0; i < 2; i++) await call('OPTIONS', '/')
  for (const socket of sockets) socket.destroy()
  const statuses = []
  for (const name of ['carol', 'alice', 'bob']) statuses.push((await signIn(name)).status)
  assert.deepEqual(statuses, [200, 200, 429])
})

test('stops an address after a hundred failed sign-ins with any names, whatever right ones are between', async (t) => {
  const { register, signIn } = await start(t)
  await register('mallory')
  for (let attempt = 0; attempt < 100; attempt += 10) {
    const ten = Array.from({ length: 10 }, (_, i) => signIn(`user${attempt + i}`))
    for (const { status } of await Promise.all(ten)) assert.equal(status, 401)
    assert.equal((await signIn('mallory')).status, attempt < 90 ? 200 : 429)
  }
  assert.equal((await signIn('somebody')).status, 429)
})

test('makes a token for its caller that expired a second ago', async (t) => {
  const { as, call, read } = await start(t)
  const before = Date.now()
  const { status, body } = await as('Custom:7', 'GET', '/api/expired')
  const { exp } = decode(body.authenticationToken).claims
  assert.ok(exp * 1000 > before - 2000 && exp * 1000 <= Date.now() - 1000, `${exp}`)
  const now = new Date(exp * 1000 - 1)
  const { userId } = verify(body.authenticationToken, MASTER_KEY, { now })
  assert.deepEqual([status, body.user, userId], [200, { userId }, 'Custom:7'])
  assertError(await read(body.authenticationToken), 401, 'The authentication token has expired.')
  assertError(await call('GET', '/api/expired'), 401, 'Unauthorized')
  assertError(await call('GET', '/api/expired', { headers: MASTER }), 400, 'The master key names no user.')
})

test('lets an address register twenty users an hour', async (t) => {
  const { call, register } = await start(t)
  for (let i = 0; i < 20; i++) assert.equal((await register(`user${i}`)).status, 200)
  const refused = await call('POST', '/api/register', { body: { username: 'user20', password: PASSWORD } })
  assertError(refused, 429, 'Too many registrations. Try again later.')
  const seconds = Number(refused.headers.get('retry-after'))
  assert.ok(seconds > 3500 && seconds <= 3600, `Retry-After is ${seconds}`)
})

test('rejects invalid names, passwords and bodies', async (t) => {
  const { call, register, signIn } = await start(t)
  const noStrings = [undefined, null, 1, {}, ['alice']]
  const names = [...noStrings, '', 'a'.repeat(65), "' OR 1=1 --", 'a b', 'ä', 'a\n', 'a\0']
  const passwords = [null, 12345678, {}, ['a'.repeat(8)], 'a'.repeat(7), 'a'.repeat(129)]
  for (const send of [register, signIn]) {
    for (const name of names) assert.match((await send(name)).body.error, /^Error: The username must be/)
    for (const password of [...passwords, 'a lone \ud800 one', 'cut here\0']) {
      const { status, body } = await send('alice', password)
      assert.equal(status, 400)
      assert.match(body.error, /^Error: The password must be/)
    }
  }
  const password = "'); DROP TABLE users; -- 🔑"
  assert.equal((await register('alice', password)).status, 200)
  assert.equal((await signIn('alice', password)).status, 200)

  const headers = { 'content-type': 'application/json' }
  for (const [body, code, message] of [
    ['{"password":"secret', 400, 'Bad Request'],
    ['[]', 400, /The username must be/],
    ['1', 400, 'Bad Request'],
    [undefined, 400, /The username must be/],
    [`"${'a'.repeat(20_000)}"`, 413, 'Payload Too Large'],
  ]) {
    const answer = await call('POST', '/.auth/login/custom', { headers, body })
    assert.deepEqual([answer.status, answer.body.code], [code, code])
    assert.match(answer.body.error, message instanceof RegExp ? message : new RegExp(`^Error: ${message}$`))
  }
  assertError(await call('GET', '/.auth/login/custom'), 404, 'Not found.')
})
