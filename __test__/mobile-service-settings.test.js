'use strict'

// The example service: its settings, files, headers and log.

const assert = require('node:assert/strict')
const { execFileSync, spawnSync } = require('node:child_process')
const { chmodSync, cpSync, readFileSync, statSync, writeFileSync } = require('node:fs')
const { open } = require('node:fs/promises')
const { join } = require('node:path')
const { test } = require('node:test')
const { setTimeout } = require('node:timers/promises')
const Database = require('libsql')
const { sign, verify } = require('zumo-jwt')
const { openDatabase } = require('../examples/mobile-service/database.js')
const { childEnvironment } = require('./helpers.js')
const { INDEX, MASTER, MASTER_KEY, start, temporaryFolder } = require('./mobile-service-helpers.js')
const { isListening } = require('./start-server.js')

const windows = process.platform === 'win32'

/** The lines that a service has written since its start. It listens a moment before it says so. */
async function linesOf({ output }) {
  while (!output.stdout.includes('curl -s')) await setTimeout(5)
  return output.stdout.split('\n')
}

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
    assert.match(answer.headers.get('access-control-expose-headers'), /Link, ?ETag, ?Retry-After/)
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

test('serves the page and its files, with headers that protect every answer', async (t) => {
  const { as, call } = await start(t)
  const page = await call('GET', '/')
  assert.equal(page.status, 200)
  assert.match(page.headers.get('content-type'), /^text\/html/)
  const files = [...page.body.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, file]) => `/${file}`)
  assert.ok(files.length > 0)
  const answers = [page, await call('GET', '/none'), await as('Custom:1', 'GET', '/tables/todoitem')]
  for (const file of files) {
    const answer = await call('GET', file)
    assert.equal(answer.status, 200, file)
    answers.push(answer)
  }
  for (const { headers } of answers) {
    const policy = headers.get('content-security-policy')
    assert.match(policy, /^default-src 'none';.* frame-ancestors 'none';/)
    assert.doesNotMatch(policy, /unsafe|\*/)
    assert.equal(headers.get('x-content-type-options'), 'nosniff')
    assert.equal(headers.get('referrer-policy'), 'no-referrer')
    assert.equal(headers.get('cache-control'), 'no-store')
    assert.equal(headers.get('x-powered-by'), null)
  }
})

test('listens on the loopback address only', async (t) => {
  const { port } = await start(t)
  assert.equal(await isListening(port), true)
  for (const other of ['127.0.0.2', '::1']) assert.equal(await isListening(port, other), false, other)
})

test('writes to the disk before it answers', (t) => {
  const { run } = openDatabase(join(temporaryFolder(t), 'service.db'))
  assert.deepEqual(run({ sql: 'PRAGMA synchronous', values: [] }), [{ synchronous: 2 }])
})

for (const [what, lines] of [
  ['in a new file', ''],
  ['after the lines that its file has', 'OTHER=1'],
]) {
  test(`creates a key at the first start and keeps it ${what}, also where the variable is empty`, async (t) => {
    const folder = temporaryFolder(t)
    const file = join(folder, '.env')
    if (lines) writeFileSync(file, lines)
    const first = await start(t, folder, { ZUMO_MASTER_KEY: '' })
    const text = readFileSync(file, 'utf8')
    const [, before, key] = text.match(/^(OTHER=1\n|)ZUMO_MASTER_KEY=([0-9a-f]{32})\n$/)
    assert.equal(before, lines && `${lines}\n`)
    assert.equal((await linesOf(first))[0], `A master key was made. It is kept in ${file}`)
    const token = sign({ exp: Date.now() / 1000 + 60, aud: 'Custom', uid: 'Custom:9' }, key)
    assert.equal((await first.read(token)).status, 200)
    await first.kill()

    for (const env of [{}, { ZUMO_MASTER_KEY: '' }]) {
      const next = await start(t, folder, env)
      assert.match((await linesOf(next))[0], /^The mobile service listens/)
      assert.equal((await next.read(token)).status, 200)
      await next.kill()
    }
    assert.equal(readFileSync(file, 'utf8'), text)
  })
}

test('looks for its key, and makes it, while no other service can', {
  skip: windows,
  timeout: 60_000,
}, async (t) => {
  const folder = temporaryFolder(t)
  const file = join(folder, '.env')
  execFileSync('mkfifo', [file])
  const starting = start(t, folder, {})
  // Opens when the service reads the file.
  const pipe = await open(file, 'w')
  const other = new Database(join(folder, 'service.db'), { timeout: 0 })
  assert.throws(() => other.exec('BEGIN IMMEDIATE'), { code: 'SQLITE_BUSY' })
  other.close()
  await pipe.writeFile(`ZUMO_MASTER_KEY=${MASTER_KEY}\n`)
  await pipe.close()
  const { as } = await starting
  assert.equal((await as('Custom:1', 'GET', '/tables/foo')).status, 200)
})

test('makes its folder and its files readable by their owner only', { skip: windows }, async (t) => {
  const folder = temporaryFolder(t)
  const made = join(folder, 'made', 'here')
  await start(t, made, {})
  assert.equal(statSync(made).mode & 0o777, 0o700)

  const files = [join(folder, 'service.db'), join(folder, '.env')]
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
    ...['app.example', 'https://app.example/path', 'https://app.example/', 'https://a.example,'].map(
      (ALLOWED_ORIGINS) => [{ ALLOWED_ORIGINS }, /^ALLOWED_ORIGINS must be origins such as .*\.$/],
    ),
    [{ ZUMO_MASTER_KEY: 'ä' }, /^The "options.masterKey" \S+ must be .*$/],
    [{ DATA_FOLDER: file }, /^EEXIST: .*$/],
    [{ DATA_FOLDER: folder }, /^file is not a database$/],
    [{}, /^A package is not installed\. Run npm ci first\.$/, join(copy, 'index.js')],
  ]
  const settings = { ZUMO_MASTER_KEY: MASTER_KEY, DATA_FOLDER: temporaryFolder(t), PORT: '0' }
  for (const [changes, sentence, index = INDEX] of cases) {
    const env = childEnvironment({ ...settings, ...changes })
    const options = { env, encoding: 'utf8', timeout: 30_000 }
    const { status, stdout, stderr } = spawnSync(process.execPath, [index], options)
    assert.deepEqual([status, stdout], [1, ''], stderr)
    assert.match(stderr.trimEnd(), sentence)
  }
})

test('shows three curl lines that work when pasted', { skip: windows }, async (t) => {
  const service = await start(t)
  const lines = await linesOf(service)
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
  assert.equal(lines[0], `The mobile service listens on ${service.url}`)
})

test('writes nothing of a request to its log, and not its key', async (t) => {
  const service = await start(t)
  const before = await linesOf(service)
  const { authenticationToken } = (await service.register('alice')).body
  await service.signIn('alice', 'wrong password')
  await service.read(authenticationToken)
  await service.read(`${authenticationToken}A`)
  await service.call('POST', '/.auth/login/custom', {
    headers: { 'content-type': 'application/json' },
    body: '{"password":"wrong password',
  })
  const headers = { ...MASTER, 'x-zumo-auth': authenticationToken }
  await service.call('POST', '/tables/foo', { headers, body: {} })
  await service.kill()
  assert.deepEqual([await linesOf(service), service.output.stderr], [before, ''])
  assert.ok(!before.join().includes(MASTER_KEY))
})
