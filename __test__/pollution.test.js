'use strict'

// JSON can put a property on Object.prototype, by a careless merge. None changes what the package does.

const assert = require('node:assert/strict')
const { once } = require('node:events')
const { readdirSync, readFileSync } = require('node:fs')
const { get } = require('node:http')
const { join } = require('node:path')
const { test } = require('node:test')
const { setImmediate } = require('node:timers/promises')
const ts = require('typescript')
const { HEADER, ISSUER, MASTER_KEY, NOW, SIGNING_KEY, SITE } = require('./helpers.js')
const { anotherCopy, claims, signRaw } = require('./helpers.js')

const APPLICATION_KEY = 'applicationKeyApplicationKey0123'
const GOOD = signRaw(HEADER, claims({ exp: 9e9 }))

/** A value of each kind that JSON has; text of the kind that the name would need to have an effect. */
const TEXTS = { 'x-zumo-master': MASTER_KEY, 'x-zumo-application': APPLICATION_KEY }
const valuesFor = (name) => [null, true, 1e15, TEXTS[name] ?? GOOD, ['your-aud', GOOD], { headers: {} }]

const TOKENS = [
  GOOD,
  signRaw({ alg: 'HS256', x: 1 }, claims({ aud: ['other', 'your-aud'] })),
  signRaw({ ...HEADER, crit: ['exp'] }, claims()),
  ...Object.keys(claims()).map((name) => signRaw(HEADER, claims({ [name]: undefined }))),
  signRaw(HEADER, claims({ iat: 8e9 })),
  signRaw(HEADER, claims(), 'another key'),
  'randomgoop',
]

/** Each name in the package's JavaScript that a property could have, and the one that only Response reads. */
function namesInSource() {
  const root = join(__dirname, '..')
  const inFolder = (folder) => readdirSync(join(root, folder)).map((name) => join(folder, name))
  const names = new Set(['statusText'])
  for (const file of ['index.js', ...inFolder('lib'), ...inFolder('http')]) {
    if (!file.endsWith('.js')) continue
    const visit = (node) => {
      if (ts.isPropertyAccessExpression(node) || ts.isObjectLiteralElement(node)) names.add(node.name?.text)
      if (ts.isBindingElement(node)) names.add((node.propertyName ?? node.name).text)
      // Names in quotes, such as those of headers.
      if (ts.isStringLiteral(node) && /^[a-z]+(-[a-z]+)*$/i.test(node.text)) names.add(node.text)
      ts.forEachChild(node, visit)
    }
    visit(ts.createSourceFile(file, readFileSync(join(root, file), 'utf8'), ts.ScriptTarget.Latest, true))
  }
  // JSON sets no private names, and the prototype of Object.prototype cannot be changed.
  return [...names].filter((name) => name !== undefined && !/^#|^__proto__$/.test(name))
}

/** Calls of every public function. */
function calls({ decode, sign, verify, zumoJwt, ZumoKey }) {
  const key = ZumoKey.fromMasterKey(MASTER_KEY)
  const siteKey = ZumoKey.fromSigningKey(SIGNING_KEY)
  const node6 = ZumoKey.fromMasterKey(MASTER_KEY, { node6: true })
  const now = new Date(NOW)
  const own = { exp: 1, aud: 'a', uid: 'u' }
  const siteClaims = { exp: 9e9, aud: SITE, iss: SITE, sub: 'sid:42' }
  const verifying = [{}, { audience: 'x' }, { issuer: [] }, { audience: undefined }, { audiance: 'x' }]
  const signing = [{ exp: now, nbf: now }, { exp: {} }, { more: [1, { x: 'y' }] }, { toJSON: () => own }]
  return [
    ...TOKENS.map((token) => () => verify(token, MASTER_KEY, { now })),
    ...verifying.map((options) => () => verify(GOOD, ['another key', key], options)),
    () => key.verify(GOOD, { now, audience: ['x', 'your-aud'], issuer: ISSUER, clockTolerance: 1 }),
    () => siteKey.verify(siteKey.sign(siteClaims), { audience: SITE, issuer: SITE }),
    () => siteKey.verify(GOOD, { audience: SITE }),
    ...[undefined, {}, [], node6, [key, siteKey]].map((it) => () => verify(GOOD, it)),
    ...[undefined, 'randomgoop', GOOD, TOKENS[1]].map((token) => () => decode(token)),
    ...[NOW, now, { valueOf: () => NOW }, {}, null].map((expiry) => () => key.zumoJwt(expiry, 'a', 'u')),
    ...[MASTER_KEY, Buffer.from(MASTER_KEY), '', {}, key].map((it) => () => zumoJwt(NOW, 'a', 'u', it)),
    ...signing.map((changes) => () => sign({ ...own, ...changes }, MASTER_KEY)),
    ...[undefined, {}, { version: 1 }, { version: '1' }, { x: 1 }, []].map((it) => () => sign(own, key, it)),
    () => sign([], key),
    () => key.export().toString('hex'),
    () => ZumoKey.fromMasterKey(MASTER_KEY, {}).export().toString('hex'),
    () => ZumoKey.fromMasterKey(MASTER_KEY, { node6: 1 }),
    () => ZumoKey.fromSigningKey(''),
    () => new ZumoKey(),
  ]
}

const REQUESTS = [
  {},
  { 'x-zumo-auth': GOOD, 'x-zumo-application': APPLICATION_KEY },
  { 'x-zumo-auth': signRaw(HEADER, claims({ exp: 1 })) },
  { 'x-zumo-master': MASTER_KEY },
]

/** What the two kinds of server give to their middleware: Node's requests, and those of fetch. None is answered. */
async function recordRequests(t) {
  const recorded = { express: [], fetch: [] }
  const app = require('express')().use((...args) => recorded.express.push(args))
  const server = app.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close().closeAllConnections())
  for (const headers of REQUESTS) {
    recorded.fetch.push([new Request('http://localhost/', { headers })])
    get({ host: '127.0.0.1', port: server.address().port, headers }).on('error', () => {})
    await once(server, 'request')
  }
  await setImmediate()
  assert.equal(recorded.express.length, REQUESTS.length)
  return recorded
}

/** Properties that Node.js cannot make a Response with. */
const NOT_OURS = new Map(Object.entries({ get: 'fetch', set: 'fetch' }))

/** Returns the user where the request may go on, else the answer. */
function runMiddleware(middleware, [req, res]) {
  let answer
  res.end = (body) => (answer = [res.statusCode, res.getHeader('content-type'), body])
  middleware(req, res, (error) => (answer = error ?? Object.entries(req.user)))
  if (answer instanceof Error) throw answer
  return answer
}

/** Each request through authenticate() and authorize(). What all adapters share is enough to be tested in one. */
function accesses(load, { ZumoKey }, recorded) {
  const permissions = ['application', 'admin']
  const options = { masterKey: MASTER_KEY, applicationKey: APPLICATION_KEY }
  const more = { key: ZumoKey.fromMasterKey(MASTER_KEY), audience: ['x', 'your-aud'], failWithError: true }
  const express = load('../http/express.js')
  const { authenticate } = load('../http/fetch.js')
  const middlewares = [express.authenticate(options), ...permissions.map(express.authorize)]
  const answer = (_request, user) => Object.entries(user)
  const handlers = permissions.flatMap((permission) =>
    [options, more].map((options) => authenticate(options)(permission, answer)),
  )
  const { express: ofNode, fetch: requests } = recorded
  return [
    ['express', ofNode.flatMap((args) => middlewares.map((run) => () => runMiddleware(run, args)))],
    ['fetch', requests.flatMap((args) => handlers.map((run) => () => run(...args)))],
  ]
}

/** Runs a function for each value while Object.prototype has it, as JSON would put it there. */
function withProperty(name, values, run) {
  const own = Object.getOwnPropertyDescriptor(Object.prototype, name)
  try {
    return values.map((value) => {
      Object.prototype[name] = value
      return run()
    })
  } finally {
    if (own === undefined) delete Object.prototype[name]
    else Object.defineProperty(Object.prototype, name, own)
  }
}

const runAll = (functions) =>
  functions.map((call) => {
    try {
      return call()
    } catch (error) {
      return error
    }
  })

/** What the calls returned or threw, as text. Awaits only what has to be: so many promises take long. */
async function describeAll(results) {
  const texts = []
  for (let result of results) {
    if (result instanceof Promise) result = await result
    if (result instanceof Error) texts.push([result.name, result.code, result.claim, result.message].join())
    else if (!(result instanceof Response)) texts.push(JSON.stringify(result))
    else
      texts.push(
        [result.status, result.statusText, result.headers.get('content-type'), await result.text()].join(),
      )
  }
  return texts
}

test('a property of Object.prototype changes no result of any function or adapter', async (t) => {
  const names = namesInSource()
  assert.ok(names.length >= 60)
  // Most of what is thrown is not shown.
  Error.stackTraceLimit = 0
  const recorded = await recordRequests(t)
  const prepare = (load) => {
    const api = load('../index.js')
    return [['core', calls(api)], ...accesses(load, api, recorded)]
  }
  const groups = prepare(require)
  const expected = {}
  for (const [group, functions] of groups) expected[group] = await describeAll(runAll(functions))
  for (const name of names) {
    const isOurs = ([group]) => NOT_OURS.get(name) !== group
    const run = () =>
      [groups, anotherCopy(prepare)].flatMap((all) =>
        all.filter(isOurs).map(([group, functions]) => [group, runAll(functions)]),
      )
    const values = valuesFor(name)
    for (const [at, results] of withProperty(name, values, run).entries()) {
      const property = JSON.stringify({ [name]: values[at] })
      for (const [group, result] of results) {
        assert.deepEqual(await describeAll(result), expected[group], `${group}, with ${property}`)
      }
    }
  }
})
