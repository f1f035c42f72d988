'use strict'

// The example service: its settings, files, headers and log.

const assert = require('node:assert/strict')
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
