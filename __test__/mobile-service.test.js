'use strict'

const assert = require('node:assert/strict')
const { execFileSync, spawnSync } = require('node:child_process')
const { once } = require('node:events')
const { chmodSync, cpSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } = require('node:fs')
const { connect } = require('node:net')
const { tmpdir } = require('node:os')
const { join } = require('node:path')
const { text: readText } = require('node:stream/consumers')
const { test } = require('node:test')
const { setTimeout } = require('node:timers/promises')
const Database = require('libsql')
const { raw } = require('sql-template-tag')
const { sign, verify, zumoJwt } = require('zumo-jwt')
const { readQuery } = require('../examples/mobile-service/query.js')
const { childEnvironment } = require('./helpers.js')
const { INDEX, MASTER_KEY, start: startService } = require('./mobile-service-helpers.js')

const MASTER = { 'x-zumo-master': MASTER_KEY }
const PASSWORD = 'correct horse battery staple'
const ROW = { text: 'Milk', complete: false }

function temporaryFolder(t) {
  const folder = mkdtempSync(join(tmpdir(), 'mobile-service-'))
  t.after(() => rmSync(folder, { recursive: true }))
  return folder
}

async function start(t, folder = temporaryFolder(t), env) {
  const service = await startService(folder, env === undefined ? {} : { env })
  t.after(service.kill)
  const { call } = service
  const post = async (path, username, password, headers) => {
    const answer = await call('POST', path, { headers, body: { username, password } })
    return { status: answer.status, body: answer.body }
  }
  return {
    ...service,
    register: (username, password = PASSWORD, headers = {}) =>
      post('/api/register', username, password, headers),
    signIn: (username, password = PASSWORD, headers = {}) =>
      post('/.auth/login/custom', username, password, headers),
    /** A connection of its own, which sends that text. */
    open(text) {
      const socket = connect(new URL(service.url).port, '127.0.0.1')
      socket.write(text)
      return socket
    },
    /** Calls with a token of that user, made here. */
    async as(userId, method, path, body) {
      const headers = { 'x-zumo-auth': token(userId) }
      return call(method, path, { headers, body })
    },
    async read(token) {
      const headers = token === undefined ? {} : { 'x-zumo-auth': token }
      const { status, body } = await call('GET', '/tables/foo', { headers })
      return { status, body }
    },
  }
}

/** A filter with as many levels, and 2 to that power comparisons. */
const balanced = (levels) =>
  Array(levels)
    .fill()
    .reduce((one) => `(${one} or ${one})`, 'complete')

const token = (userId) => zumoJwt(Date.now() + 60_000, 'Custom', userId, MASTER_KEY)

function rawSignIn(username, password) {
  const body = JSON.stringify({ username, password })
  const head = `Host: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}`
  return `POST /.auth/login/custom HTTP/1.1\r\n${head}\r\n\r\n${body}`
}

function errorAnswer(code, message) {
  return { status: code, body: { code, error: `Error: ${message}` } }
}

function assertError(answer, code, message) {
  assert.deepEqual({ status: answer.status, body: answer.body }, errorAnswer(code, message))
}

const WRONG = errorAnswer(401, 'The username or the password is wrong.')
const TAKEN = errorAnswer(409, 'The username is taken.')
const NO_ROW = 'There is no such row.'

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
      assert.equal(claims.uid, userId)
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

test('keeps every registration it answered when it is killed', async (t) => {
  const folder = temporaryFolder(t)
  const service = await start(t, folder)
  const answered = new Map()
  const registrations = Array.from({ length: 20 }, async (_, i) => {
    const { body } = await service.register(`user${i}`)
    answered.set(`user${i}`, body.user.userId)
    if (answered.size === 5) await service.kill()
  })
  await Promise.allSettled(registrations)
  assert.ok(answered.size >= 5 && answered.size < 20, `${answered.size} were answered`)
  const { signIn, register } = await start(t, folder)
  for (const [name, userId] of answered) assert.equal((await signIn(name)).body.user?.userId, userId)
  const { userId } = (await register('afterwards')).body.user
  assert.ok(![...answered.values()].includes(userId))
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

test('answers the page before the third of a hundred sign-ins', async (t) => {
  const { call, open } = await start(t)
  await call('GET', '/')
  const socket = open(Array.from({ length: 100 }, (_, i) => rawSignIn(`user${i}`, PASSWORD)).join(''))
  let answers = ''
  socket.on('data', (chunk) => {
    answers += chunk
  })
  const answered = () => answers.split('HTTP/1.1 401').length - 1
  while (answered() === 0) await once(socket, 'data')
  assert.equal((await call('GET', '/')).status, 200)
  assert.ok(answered() < 3, `${answered()} sign-ins were answered before`)
  while (answered() < 100) await once(socket, 'data')
  socket.destroy()
})

test('makes a token for its caller that expired a second ago', async (t) => {
  const { as, call, read } = await start(t)
  const { status, body } = await as('Custom:7', 'GET', '/api/expired')
  const now = new Date(Date.now() - 2000)
  const { userId, claims } = verify(body.authenticationToken, MASTER_KEY, { now })
  assert.deepEqual([status, body.user, userId], [200, { userId }, 'Custom:7'])
  assert.ok(claims.exp * 1000 > now && claims.exp * 1000 <= Date.now() - 1000)
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

test('allows users to read the table foo, and everything else there to the master key', async (t) => {
  const { as, call, read } = await start(t)
  const writes = [
    ['POST', '/tables/foo', 201, { id: 2, text: 'new' }],
    ['PATCH', '/tables/foo/1', 200, { id: 1, text: 'new' }],
    ['DELETE', '/tables/foo/1', 204, ''],
  ]
  for (const [method, path, status, expected] of writes) {
    const body = method === 'DELETE' ? undefined : { text: 'new' }
    assertError(await call(method, path, { body }), 401, 'Unauthorized')
    assertError(await as('Custom:1', method, path, body), 401, 'Unauthorized')
    const answer = await call(method, path, { headers: MASTER, body })
    assert.deepEqual([answer.status, answer.body], [status, expected])
    if (path.endsWith('1') && method === 'DELETE') {
      assertError(await call(method, path, { headers: MASTER }), 404, NO_ROW)
    }
  }
  assert.deepEqual((await as('Custom:1', 'GET', '/tables/foo')).body, [
    { id: 2, text: 'new', userId: 'Custom:1' },
  ])
  assert.deepEqual(await read(), errorAnswer(401, 'Unauthorized'))
  assert.deepEqual((await call('GET', '/tables/foo', { headers: MASTER })).body, [{ id: 2, text: 'new' }])
})

test("inserts, looks up, updates and deletes a user's own items", async (t) => {
  const { as } = await start(t)
  const alice = as.bind(null, 'Custom:1')
  const row = { id: 1, ...ROW, userId: 'Custom:1' }
  const inserted = await alice('POST', '/tables/todoitem', ROW)
  assert.deepEqual([inserted.status, inserted.body], [201, row])
  assert.equal(inserted.headers.get('etag'), null)
  assert.deepEqual((await alice('POST', '/tables/todoitem', { text: 'Bread' })).body.complete, false)
  assert.deepEqual((await alice('GET', '/tables/todoitem/1')).body, row)
  assert.deepEqual((await alice('PATCH', '/tables/todoitem/1', { complete: true })).body, {
    ...row,
    complete: true,
  })
  // As Microsoft's client sends it: the whole row.
  assert.deepEqual((await alice('PATCH', '/tables/TodoItem/1', row)).body, row)
  assert.equal((await alice('DELETE', '/tables/todoitem/1')).status, 204)
  for (const method of ['GET', 'PATCH', 'DELETE']) {
    const body = method === 'PATCH' ? { complete: true } : undefined
    assertError(await alice(method, '/tables/todoitem/1', body), 404, NO_ROW)
    assertError(await alice(method, `/tables/todoitem/${encodeURIComponent('2 OR 1=1')}`, body), 404, NO_ROW)
  }
  assertError(await alice('GET', '/tables/todoitem/%E0%A4'), 400, 'Bad Request')
  assertError(await alice('GET', '/tables/users'), 404, 'Not found.')
})

test('neither shows nor changes items of other users', async (t) => {
  const { as, call } = await start(t)
  const path = '/tables/todoitem'
  await as('Custom:1', 'POST', path, ROW)
  const strangers = {
    bob: as.bind(null, 'Custom:2'),
    'a name that NUL would cut': as.bind(null, 'Custom:1\0'),
    'the master key': (method, path, body) => call(method, path, { headers: MASTER, body }),
  }
  for (const [name, stranger] of Object.entries(strangers)) {
    for (const query of ['', '$filter=1 eq 1', '$filter=1 eq 1 or 1 eq 1', '$inlinecount=allpages&$top=0']) {
      const { status, body } = await stranger('GET', `${path}?${query}`)
      if (status !== 400) assert.deepEqual(body.results ?? body, [], name)
      assert.equal(body.count ?? 0, 0, name)
    }
    for (const [method, change] of [
      ['GET', undefined],
      ['PATCH', { complete: true }],
      ['DELETE', undefined],
    ]) {
      const { status } = await stranger(method, `${path}/1`, change)
      assert.ok(status === 404 || status === 400, `${name} ${method} ${status}`)
    }
  }
  // userId is no column that a request can set.
  assert.equal((await strangers.bob('POST', path, { ...ROW, userId: 'Custom:1' })).status, 400)
  await strangers.bob('POST', path, ROW)
  assert.equal((await strangers.bob('PATCH', `${path}/2`, { userId: 'Custom:1' })).status, 400)
  assert.deepEqual((await as('Custom:1', 'GET', path)).body, [{ id: 1, ...ROW, userId: 'Custom:1' }])
})

test('rejects invalid rows, and stores SQL and HTML as plain text', async (t) => {
  const { as } = await start(t)
  const alice = as.bind(null, 'Custom:1')
  const path = '/tables/todoitem'
  const plain = ["'); DROP TABLE todoitem; --", '<img src=x onerror=alert(1)>', 'a'.repeat(1000), '😀\u2028']
  for (const text of plain) assert.equal((await alice('POST', path, { text })).body.text, text)
  const texts = [undefined, null, 1, [], '', 'a'.repeat(1001), 'cut\0here', 'a lone \ud800 one', '\udc00']
  for (const [body, message] of [
    ...texts.map((text) => [{ text, complete: false }, /^Error: The text must be/]),
    [{ ...ROW, complete: 'true' }, /^Error: The value of complete must be/],
    [{ ...ROW, complete: 1 }, /^Error: The value of complete must be/],
    [{ ...ROW, other: 1 }, /no column/],
    [{ ...ROW, id: 7 }, /no column/],
    ['{"text":"a","__proto__":{"complete":true}}', /no column/],
    [[ROW], /no column|The text must be/],
    ['null', /Bad Request/],
    ['', /The text must be/],
  ]) {
    const answer = await alice('POST', path, body)
    assert.equal(answer.status, 400, JSON.stringify(body))
    assert.match(answer.body.error, message)
  }
  const ids = [2, { toString: 1 }, ['1'], null].map((id) => ({ id, text: 'a' }))
  const userIds = ids.map(({ id, text }) => ({ userId: id, text }))
  for (const body of [{}, { id: 1 }, { text: '' }, ...ids, ...userIds, { complete: null }, [], undefined]) {
    assert.equal((await alice('PATCH', `${path}/1`, body)).status, 400, JSON.stringify(body))
  }
  assert.equal((await alice('GET', path)).body.length, 4)
})

test('keeps a thousand rows of each user', async (t) => {
  const folder = temporaryFolder(t)
  const { as } = await start(t, folder)
  const database = new Database(join(folder, 'service.db'))
  database.exec(`
    WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 999)
    INSERT INTO todoitem (userId, text) SELECT 'Custom:1', n FROM numbers`)
  database.close()
  const post = (userId) => as(userId, 'POST', '/tables/todoitem', ROW)
  assert.equal((await post('Custom:1')).status, 201)
  assertError(await post('Custom:1'), 403, 'There are 1000 rows. Delete one first.')
  assert.equal((await post('Custom:2')).status, 201)
  await as('Custom:1', 'DELETE', '/tables/todoitem/1')
  assert.equal((await post('Custom:1')).status, 201)
})

test("answers the queries of Microsoft's client", async (t) => {
  const { as } = await start(t)
  for (const [text, complete] of [
    ['Milk', false],
    ['bread', true],
    ["it's", false],
    ['an Apple, a pear & 100 %', true],
    ['Milk shake', true],
  ]) {
    await as('Custom:1', 'POST', '/tables/todoitem', { text, complete })
  }
  const ids = async (query) => {
    const { status, body } = await as('Custom:1', 'GET', `/tables/todoitem?${query}`)
    assert.equal(status, 200, `${query} ${JSON.stringify(body)}`)
    return body.map(({ id }) => id)
  }
  const filters = {
    '(complete eq false)': [1, 3],
    'complete eq true': [2, 4, 5],
    complete: [2, 4, 5],
    'not (complete eq true)': [1, 3],
    "text eq 'it''s'": [3],
    "(text ne 'Milk')": [2, 3, 4, 5],
    'text eq null': [],
    'null ne text': [1, 2, 3, 4, 5],
    '(id gt 3)': [4, 5],
    '((id ge 2) and (id le 4))': [2, 3, 4],
    'id eq 1 or id eq 2 and complete eq false': [1],
    '(id lt 2) or (id gt 4)': [1, 5],
    "substringof('il',text)": [1, 5],
    "substringof('100 %',text)": [4],
    "substringof('_',text)": [],
    "startswith(text,'Milk')": [1, 5],
    "endswith(text,'ad')": [2],
    "endswith(text,'a longer text than this row has')": [],
    "(indexof(text,'a') eq 3)": [2],
    "tolower(text) eq 'milk'": [1],
    "toupper(text) eq 'BREAD'": [2],
    '(length(trim(text)) eq 4)': [1, 3],
  }
  for (const [filter, expected] of Object.entries(filters)) {
    assert.deepEqual(await ids(`$filter=${encodeURIComponent(filter)}`), expected, filter)
    assert.deepEqual(await ids(new URLSearchParams({ $filter: filter })), expected, filter)
  }
  assert.deepEqual(await ids("$filter=text ne 'Is it?'&$top=2"), [1, 2])
  assert.deepEqual(await ids('$orderby=text'), [1, 5, 4, 2, 3])
  assert.deepEqual(await ids('$orderby=complete desc,id desc'), [5, 4, 2, 3, 1])
  assert.deepEqual(await ids('$skip=1&$top=2'), [2, 3])
  assert.deepEqual(await ids('$top=0'), [])
  const { body } = await as('Custom:1', 'GET', '/tables/todoitem?$select=text,complete&$filter=id eq 2')
  assert.deepEqual(body, [{ text: 'bread', complete: true }])
  const counted = await as('Custom:1', 'GET', '/tables/todoitem?$inlinecount=allpages&$top=1&$filter=id gt 2')
  assert.deepEqual(
    [counted.body.count, counted.body.results.map(({ id }) => id), counted.headers.get('link')],
    [3, [3], null],
  )
})

test('rejects invalid queries', async (t) => {
  const { as } = await start(t)
  const queries = [
    '$filter=',
    '$filter=text eq',
    "$filter=text eq 'a",
    '$filter=nope eq 1',
    "$filter=userId eq 'Custom:2'",
    '$filter=todoitem/text eq 1',
    '$filter=constructor eq 1',
    '$filter=__proto__ eq 1',
    "$filter=replace(text,'a','b') eq 'b'",
    '$filter=year(text) eq 2012',
    "$filter=text eq datetime'2012-12-30T00:00:00Z'",
    '$filter=id in (1,2)',
    '$filter=1 eq 1) or (1 eq 1',
    "$filter=text eq 'cut%00here'",
    '$filter=%FF',
    `$filter=${'('.repeat(5000)}1 eq 1${')'.repeat(5000)}`,
    `$filter=${'not '.repeat(500)}complete`,
    `$filter=${'endswith(text,'.repeat(26)}text${')'.repeat(26)}`,
    `$filter=${'not '.repeat(99)}complete`,
    `$filter=${balanced(7)}`,
    `$filter=complete&$orderby=${Array(200).fill('id')}`,
    '$orderby=nope',
    '$orderby=text sideways',
    '$orderby=text;DROP TABLE todoitem',
    ...['nope', '', '*'].map((names) => `$select=${names}`),
    ...['-1', '1.5', 'x', '', '99999999999999999999', '1&$top=2'].map((top) => `$top=${top}`),
    ...['$skip=1e3', '$inlinecount=some', '$expand=text', '$unknown=1', 'unknown=1', '__proto__=1'],
  ]
  for (const query of queries) {
    const { status, body } = await as('Custom:1', 'GET', `/tables/todoitem?${query}`)
    assert.deepEqual([status, body.code], [400, 400], query)
    assert.match(body.error, /^Error: (The query |Text must be)/)
  }
})

test('reads up to 200 nodes of a query, and finds by the start and the end of a text as JavaScript does', async (t) => {
  const { as } = await start(t)
  const texts = ['a', 'aa', 'ab', 'aba', 'Ä', 'äa', '😀a😀', "it's", '%', '10']
  for (const text of texts) await as('Custom:1', 'POST', '/tables/todoitem', { text })
  const find = async (query) => (await as('Custom:1', 'GET', `/tables/todoitem?${query}`)).body
  for (const part of [...texts, '', 'A', 'b', '_', '😀']) {
    for (const name of ['startsWith', 'endsWith']) {
      const filter = `${name.toLowerCase()}(text,'${part.replaceAll("'", "''")}')`
      const found = (await find(`$filter=${encodeURIComponent(filter)}`)).map(({ text }) => text)
      const expected = texts.filter((text) => text[name](part))
      assert.deepEqual(found, expected, filter)
    }
  }
  assert.equal((await find(`$orderby=${Array(200).fill('id')}`)).length, texts.length)
  // SQLite returns at most 2000 columns.
  assert.deepEqual(await find(`$top=1&$select=${Array(3000).fill('id')}`), [{ id: 1 }])
  assert.equal((await find(`$filter=not ${balanced(6)}`)).length, texts.length)
})

test('writes each operand of a query once', () => {
  const comparisons = ['eq', 'ne', 'lt', 'le', 'gt', 'ge', 'and', 'or'].map((name) => `@ ${name} text`)
  const ofTwo = ['substringof', 'startswith', 'endswith', 'indexof'].map((name) => `${name}(@,text)`)
  const ofOne = ['length', 'tolower', 'toupper', 'trim'].map((name) => `${name}(@)`)
  const turned = [...comparisons, ...ofTwo].map((one) => one.replace(/@(.*)text/, 'text$1@'))
  for (const operator of ['not @', ...comparisons, ...ofTwo, ...ofOne, ...turned]) {
    const [one, two, four, eight] = [1, 2, 4, 8].map((levels) => {
      let nested = 'complete'
      for (let level = 0; level < levels; level++) nested = operator.replace('@', `(${nested})`)
      const columns = new Map(['text', 'complete'].map((name) => [name, raw(name)]))
      return readQuery(new URLSearchParams({ $filter: nested }).toString(), columns).$filter.sql.length
    })
    assert.ok(two > one, operator)
    assert.deepEqual([four - two, eight - four], [2 * (two - one), 4 * (two - one)], operator)
  }
})

test('answers 400 for a target that is no URL, and links without a host that it was not told', async (t) => {
  const { as, lines, open } = await start(t)
  const before = lines.length
  const head = `X-ZUMO-AUTH: ${token('Custom:1')}\r\nConnection: close\r\n\r\n`
  for (const target of ['http://x:99999/tables/todoitem', '//x:99999/', 'http://%/tables/todoitem']) {
    const answer = await readText(open(`GET ${target} HTTP/1.1\r\nHost: x\r\n${head}`))
    assert.match(answer, /^HTTP\/1.1 400 .*\{"code":400,"error":"Error: The URL is not valid."\}$/s, target)
  }
  for (let i = 0; i < 51; i++) await as('Custom:1', 'POST', '/tables/todoitem', ROW)
  for (const [version, origin] of [
    ['1.0', ''],
    ['1.1\r\nHost:', ''],
    ['1.1\r\nHost: x:1', 'http://x:1'],
  ]) {
    const answer = await readText(open(`GET /tables/todoitem HTTP/${version}\r\n${head}`))
    const [, link] = answer.match(/^Link: (.*); rel=next\r$/m)
    assert.equal(link, `${origin}/tables/todoitem?%24skip=50`)
  }
  assert.deepEqual(lines.slice(before), [])
})

test('returns many rows in pages with a Link header', async (t) => {
  const { as, url } = await start(t)
  for (let i = 0; i < 120; i++) await as('Custom:1', 'POST', '/tables/todoitem', { text: `Item; ${i}` })
  async function pages(path) {
    const all = []
    for (let next = path; next; ) {
      const { body, headers } = await as('Custom:1', 'GET', next)
      all.push((body.results ?? body).map(({ id }) => id))
      const [, link] = headers.get('link')?.match(/^(.*?);\s*rel\s*=\s*next$/) ?? []
      if (link) assert.ok(link.startsWith(`${url}/tables/todoitem?`), link)
      next = link?.slice(url.length)
    }
    return all
  }
  const range = (first, last) => Array.from({ length: last - first + 1 }, (_, i) => first + i)
  const path = '/tables/todoitem'
  assert.deepEqual(await pages(path), [range(1, 50), range(51, 100), range(101, 120)])
  assert.deepEqual(await pages(`${path}?$top=70&$skip=5`), [range(6, 55), range(56, 75)])
  assert.deepEqual(await pages(`${path}?$top=50`), [range(1, 50)])
  assert.deepEqual(
    await pages(`${path}?$inlinecount=allpages&$filter=substringof('m; ',text) and id gt 60`),
    [range(61, 110), range(111, 120)],
  )
})

test('answers preflights from this machine, or from the origins configured', async (t) => {
  const requested =
    'x-zumo-auth,x-zumo-installation-id,x-zumo-version,x-zumo-features,zumo-api-version,if-match'
  async function allows({ call }, origin) {
    const headers = {
      origin,
      'access-control-request-method': 'PATCH',
      'access-control-request-headers': requested,
    }
    const preflight = await call('OPTIONS', '/tables/todoitem/1', { headers })
    const answer = await call('GET', '/tables/foo', { headers: { origin } })
    assert.equal(answer.status, 401)
    const allowed = preflight.headers.get('access-control-allow-origin')
    assert.equal(answer.headers.get('access-control-allow-origin'), allowed)
    if (allowed !== origin) return false
    assert.equal(preflight.status, 204)
    assert.equal(preflight.headers.get('access-control-allow-headers'), requested)
    assert.match(preflight.headers.get('access-control-allow-methods'), /PATCH/)
    assert.match(answer.headers.get('access-control-expose-headers'), /Link, ?ETag/)
    return true
  }
  const service = await start(t)
  const local = ['http://localhost:8080', 'http://127.0.0.1', 'https://localhost']
  for (const origin of local) assert.ok(await allows(service, origin), origin)
  const others = ['https://app.example', 'http://localhost.example', 'null', 'http://127.0.0.1.example:80']
  for (const origin of others) assert.ok(!(await allows(service, origin)), origin)
  const ALLOWED_ORIGINS = 'https://app.example, http://other.example:8080'
  const told = await start(t, undefined, { ZUMO_MASTER_KEY: MASTER_KEY, ALLOWED_ORIGINS })
  assert.ok(await allows(told, 'https://app.example'))
  assert.ok(await allows(told, 'http://other.example:8080'))
  assert.ok(!(await allows(told, 'http://localhost:8080')))
})

test('serves the page with a strict content security policy', async (t) => {
  const { call } = await start(t)
  const { status, headers, body } = await call('GET', '/')
  assert.equal(status, 200)
  assert.match(headers.get('content-type'), /^text\/html/)
  const policy = headers.get('content-security-policy')
  assert.match(policy, /^default-src 'none';/)
  assert.doesNotMatch(policy, /unsafe|\*/)
  for (const [, file] of body.matchAll(/(?:src|href)="([^"]+)"/g)) {
    assert.equal((await call('GET', `/${file}`)).status, 200, file)
  }
})

test('creates a key at the first start and keeps it, also where the variable is empty', async (t) => {
  const folder = temporaryFolder(t)
  const file = join(folder, '.env')
  const first = await start(t, folder, { ZUMO_MASTER_KEY: '' })
  const [, key] = readFileSync(file, 'utf8').match(/^ZUMO_MASTER_KEY=([0-9a-f]{32})\n$/)
  assert.equal(first.lines[0], `A master key was made. It is kept in ${file}`)
  const token = sign({ exp: Date.now() / 1000 + 60, aud: 'Custom', uid: 'Custom:9' }, key)
  assert.equal((await first.read(token)).status, 200)
  await first.kill()

  for (const env of [{}, { ZUMO_MASTER_KEY: '' }]) {
    const next = await start(t, folder, env)
    assert.match(next.lines[0], /^The mobile service listens/)
    assert.equal((await next.read(token)).status, 200)
    await next.kill()
  }
  assert.equal(readFileSync(file, 'utf8'), `ZUMO_MASTER_KEY=${key}\n`)
})

test('keeps its key in a file of the owner that has lines already', async (t) => {
  const folder = temporaryFolder(t)
  const file = join(folder, '.env')
  writeFileSync(file, 'OTHER=1')
  const first = await start(t, folder, {})
  const { authenticationToken } = (await first.register('alice')).body
  await first.kill()
  assert.match(readFileSync(file, 'utf8'), /^OTHER=1\nZUMO_MASTER_KEY=\w{32}\n$/)
  const second = await start(t, folder, {})
  assert.equal((await second.read(authenticationToken)).status, 200)
})

test('starts four times at once on a new folder, with one key', async (t) => {
  const folder = temporaryFolder(t)
  // Holds all of them at the same place.
  const database = new Database(join(folder, 'service.db'))
  database.exec('BEGIN IMMEDIATE')
  const starting = Promise.all(Array.from({ length: 4 }, () => start(t, folder, {})))
  await setTimeout(1500)
  database.exec('COMMIT')
  database.close()

  const services = await starting
  assert.match(readFileSync(join(folder, '.env'), 'utf8'), /^ZUMO_MASTER_KEY=\w{32}\n$/)
  const { authenticationToken } = (await services[0].register('alice')).body
  for (const service of services) assert.equal((await service.read(authenticationToken)).status, 200)
})

test('makes its files readable by their owner only', { skip: process.platform === 'win32' }, async (t) => {
  const folder = temporaryFolder(t)
  const database = join(folder, 'service.db')
  const files = [database, join(folder, '.env')]
  for (const file of files) {
    writeFileSync(file, '')
    chmodSync(file, 0o644)
  }
  await start(t, folder, {})
  for (const file of files) assert.equal(statSync(file).mode & 0o777, 0o600, file)
})

test('says in one sentence why it cannot start', async (t) => {
  const { url } = await start(t)
  const folder = temporaryFolder(t)
  const file = join(folder, 'file')
  writeFileSync(file, 'no database')
  writeFileSync(join(folder, 'service.db'), 'no database'.repeat(100))
  const copy = join(folder, 'copy')
  cpSync(join(INDEX, '..'), copy, { recursive: true })
  const cases = [
    [{ PORT: 'abc' }, /^PORT must be a number from 0 to 65535\.$/],
    [{ PORT: '65536' }, /^PORT must be a number from 0 to 65535\.$/],
    [{ PORT: new URL(url).port }, /^Port \d+ is in use\. Set PORT to another one\.$/],
    [{ ALLOWED_ORIGINS: 'app.example' }, /^ALLOWED_ORIGINS must be origins such as .*\.$/],
    [{ ZUMO_MASTER_KEY: 'ä' }, /^The "options.masterKey" \S+ must be .*$/],
    [{ DATA_FOLDER: file }, /^EEXIST: .*$/],
    [{ DATA_FOLDER: folder }, /^file is not a database$/],
    [{}, /^A package is not installed\. Run npm ci first\.$/, join(copy, 'index.js')],
  ]
  const settings = { ZUMO_MASTER_KEY: MASTER_KEY, DATA_FOLDER: temporaryFolder(t), PORT: '0' }
  for (const [changes, sentence, index = INDEX] of cases) {
    const env = childEnvironment({ ...settings, ...changes })
    const { status, stdout, stderr } = spawnSync(process.execPath, [index], { env, encoding: 'utf8' })
    assert.deepEqual([status, stdout], [1, ''], stderr)
    assert.match(stderr.trimEnd(), sentence)
  }
})

test('shows three curl lines that work when pasted', { skip: process.platform === 'win32' }, async (t) => {
  const { lines, url } = await start(t)
  const commands = lines.filter((line) => line.startsWith('  curl '))
  assert.equal(commands.length, 3)
  const answers = commands.map((line) => {
    return JSON.parse(
      execFileSync('sh', ['-c', `${line.trim()} --silent --noproxy '*'`], { encoding: 'utf8' }),
    )
  })
  assert.equal(answers[0].user.userId, 'Custom:1')
  assert.equal(verify(answers[1].authenticationToken, MASTER_KEY).userId, 'Custom:1')
  assert.deepEqual(answers[2], [{ id: 1, text: 'The first row', userId: 'Custom:1' }])
  assert.equal(lines[0], `The mobile service listens on ${url}`)
})

test('writes no key, token or password of a request to its log', async (t) => {
  const { lines, register, signIn, read, call } = await start(t)
  const { authenticationToken } = (await register('alice')).body
  const before = lines.length
  await signIn('alice', 'wrong password')
  await read(authenticationToken)
  await read(`${authenticationToken}A`)
  await call('POST', '/.auth/login/custom', {
    headers: { 'content-type': 'application/json' },
    body: '{"password":"wrong password',
  })
  await call('POST', '/tables/foo', { headers: { ...MASTER, 'x-zumo-auth': authenticationToken }, body: {} })
  assert.deepEqual(lines.slice(before), [])
  assert.ok(!lines.join('\n').includes(MASTER_KEY))
})
