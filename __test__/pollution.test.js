'use strict'

// JSON can put a property on Object.prototype, by a careless merge. None changes what the package does.

const assert = require('node:assert/strict')
const { once } = require('node:events')
const { readdirSync, readFileSync } = require('node:fs')
const { createServer, get } = require('node:http')
const { join } = require('node:path')
const { test } = require('node:test')
const { setImmediate } = require('node:timers/promises')
const ts = require('typescript')
const { HEADER, ISSUER, MASTER_KEY, NOW, SIGNING_KEY, SITE } = require('./helpers.js')
const { anotherCopy, claims, signRaw } = require('./helpers.js')

const APPLICATION_KEY = 'applicationKeyApplicationKey0123'
const ADAPTERS = ['express', 'fastify', 'koa', 'hono', 'fetch']
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
  const verifying = [
    {},
    { audience: 'x' },
    { issuer: [] },
    { audience: undefined },
    { audiance: 'x' },
    { now: 1 },
  ]
  const signing = [
    { exp: now, nbf: now },
    { exp: {} },
    { more: [1, { x: 'y' }] },
    { toJSON: () => own },
    { aud: 1 },
  ]
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

/** Real requests, with what is beside them, as each framework gives them to its middleware. None is answered. */
async function recordRequests(t) {
  const recorded = Object.fromEntries(ADAPTERS.map((name) => [name, []]))
  const never = new Promise(() => {})
  const fastify = require('fastify')()
  fastify.get('/', { onRequest: (...args) => recorded.fastify.push(args) }, () => {})
  await fastify.ready()
  const koa = new (require('koa'))().use((...args) => recorded.koa.push(args) && never)
  const hono = new (require('hono').Hono)().use((...args) => recorded.hono.push(args) && never)
  const express = require('express')().use((...args) => recorded.express.push(args))

  const listeners = [express, koa.callback(), fastify.routing.bind(fastify)]
  const servers = listeners.map((listener) => createServer(listener).listen(0, '127.0.0.1'))
  await Promise.all(servers.map((server) => once(server, 'listening')))
  for (const headers of REQUESTS) {
    const request = new Request('http://localhost/', { headers })
    recorded.fetch.push([request])
    hono.fetch(request)
    for (const server of servers) {
      get({ host: '127.0.0.1', port: server.address().port, headers }).on('error', () => {})
      await once(server, 'request')
    }
  }
  await setImmediate()
  t.after(() => {
    for (const server of servers) server.close().closeAllConnections()
  })
  for (const requests of Object.values(recorded)) assert.equal(requests.length, REQUESTS.length)
  return recorded
}

/** Properties that Node.js or a framework cannot make a Response with. */
const NOT_OURS = new Map(
  Object.entries({ get: ['hono', 'fetch'], set: ['hono', 'fetch'], statusText: ['hono'] }),
)

/** How a middleware of each framework is called. Returns the user where the request may go on, else the answer. */
const RUN = {
  express(middleware, [req, res]) {
    let answer
    res.end = (body) => (answer = [res.statusCode, res.getHeader('content-type'), body])
    middleware(req, res, (error) => (answer = error ?? Object.entries(req.user)))
    if (answer instanceof Error) throw answer
    return answer
  },
  fastify(middleware, [request, reply]) {
    let answer
    reply.send = (body) => (answer = [reply.statusCode, reply.getHeader('content-type'), String(body)])
    middleware(request, reply, () => (answer = Object.entries(request.user)))
    return answer
  },
  koa(middleware, [ctx]) {
    const passed = middleware(ctx, () => Object.entries(ctx.state.user))
    return passed ?? [ctx.status, ctx.response.get('content-type'), ctx.body]
  },
  hono(middleware, [c]) {
    return middleware(c, () => Object.entries(c.get('user'))).catch((error) => error)
  },
  fetch: (handler, [request]) => handler(request),
}

/** Each request through each authenticate() and authorize() of an adapter. */
function accesses(name, load, { ZumoKey }, requests) {
  const { authenticate, authorize } = load(`../http/${name}.js`)
  const sets = [{ masterKey: MASTER_KEY, applicationKey: APPLICATION_KEY }]
  // What all adapters share is enough to be tested in one.
  const key = ZumoKey.fromMasterKey(MASTER_KEY)
  if (name === 'fetch') sets.push({ key, audience: ['x', 'your-aud'], failWithError: true })
  const permissions = ['application', 'admin']
  const middlewares = (options) => {
    if (name === 'fetch') {
      const answer = (_request, user) => Object.entries(user)
      return permissions.map((permission) => authenticate(options)(permission, answer))
    }
    if (name !== 'fastify') return [authenticate(options), ...permissions.map(authorize)]
    const hooks = []
    authenticate({ decorateRequest() {}, addHook: (_name, hook) => hooks.push(hook) }, options)
    return [...hooks, ...permissions.map(authorize)]
  }
  return sets.flatMap((options) => {
    const run = middlewares(options)
    return requests.flatMap((args) => run.map((middleware) => () => RUN[name](middleware, args)))
  })
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
    const ofAdapter = (name) => [name, accesses(name, load, api, recorded[name])]
    return [['core', calls(api)], ...ADAPTERS.map(ofAdapter)]
  }
  const groups = prepare(require)
  const expected = {}
  for (const [group, functions] of groups) expected[group] = await describeAll(runAll(functions))
  for (const name of names) {
    const isOurs = ([group]) => !NOT_OURS.get(name)?.includes(group)
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
