'use strict'

// The example service: who may do what with its tables, and what they store.

const assert = require('node:assert/strict')
const { join } = require('node:path')
const { test } = require('node:test')
const Database = require('libsql')
const { MASTER, assertError, start, temporaryFolder } = require('./mobile-service-helpers.js')

const ROW = { text: 'Milk', complete: false }
const NO_ROW = 'There is no such row.'

test('allows users to read the table foo, and everything else there to the master key', async (t) => {
  const { as, call } = await start(t)
  const writes = [
    ['POST', '/tables/foo', 201, { id: 2, text: 'new' }],
    ['PATCH', '/tables/foo/1', 200, { id: 1, text: 'new' }],
    ['DELETE', '/tables/foo/1', 204, ''],
  ]
  for (const [method, path, status, expected] of writes) {
    const body = method === 'DELETE' ? undefined : { text: 'new' }
    assertError(await as('Custom:1', method, path, body), 401, 'Unauthorized')
    const answer = await call(method, path, { headers: MASTER, body })
    assert.deepEqual([answer.status, answer.body], [status, expected])
  }
  assert.deepEqual((await as('Custom:1', 'GET', '/tables/foo')).body, [
    { id: 2, text: 'new', userId: 'Custom:1' },
  ])
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
    const { status, body } = await stranger('GET', path)
    if (status !== 400) assert.deepEqual(body, [], name)
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

test('answers requests without a token on no table', async (t) => {
  const { call } = await start(t)
  for (const [method, id] of [['GET'], ['GET', '/1'], ['POST'], ['PATCH', '/1'], ['DELETE', '/1']]) {
    const body = ['POST', 'PATCH'].includes(method) ? ROW : undefined
    for (const table of ['todoitem', 'foo']) {
      assertError(await call(method, `/tables/${table}${id ?? ''}`, { body }), 401, 'Unauthorized')
    }
  }
})

test('answers no queries', async (t) => {
  const { as } = await start(t)
  const inserted = await as('Custom:1', 'POST', '/tables/todoitem', ROW)
  assert.equal(inserted.status, 201)
  for (const query of ['$filter=complete eq true', '$top=1', 'unknown', '__proto__=1', '%']) {
    for (const [method, path] of [
      ['GET', '/tables/todoitem'],
      ['GET', '/tables/todoitem/1'],
      ['GET', '/tables/foo'],
      ['DELETE', '/tables/todoitem/1'],
    ]) {
      const answer = await as('Custom:1', method, `${path}?${query}`)
      assertError(answer, 400, 'This example answers no queries.')
    }
  }
  assert.equal((await as('Custom:1', 'GET', '/tables/todoitem?')).body.length, 1)
})

test('keeps 200 rows of each user, also if two services write them', async (t) => {
  const folder = temporaryFolder(t)
  const services = [await start(t, folder), await start(t, folder)]
  const database = new Database(join(folder, 'service.db'))
  database.exec(`
    WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 190)
    INSERT INTO todoitem (userId, text) SELECT 'Custom:1', n FROM numbers`)
  database.close()
  const [{ as }] = services
  const post = (userId, service = services[0]) => service.as(userId, 'POST', '/tables/todoitem', ROW)
  const answers = await Promise.all(Array.from({ length: 40 }, (_, at) => post('Custom:1', services[at % 2])))
  assert.equal(answers.filter(({ status }) => status === 201).length, 10)
  assertError(await post('Custom:1'), 403, 'There are 200 rows. Delete one first.')
  const { body } = await as('Custom:1', 'GET', '/tables/todoitem')
  assert.deepEqual(
    [body.length, body.map(({ id }) => id)],
    [200, body.map(({ id }) => id).sort((a, b) => a - b)],
  )
  assert.equal((await post('Custom:2')).status, 201)
  await as('Custom:1', 'DELETE', '/tables/todoitem/1')
  assert.equal((await post('Custom:1')).status, 201)
})
