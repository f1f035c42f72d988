'use strict'

const assert = require('node:assert/strict')
const { once } = require('node:events')
const { createServer } = require('node:http')
const { test } = require('node:test')
const { setImmediate } = require('node:timers/promises')
const { runInNewContext } = require('node:vm')
const express = require('zumo-jwt/express')
const fastify = require('zumo-jwt/fastify')
const fetch = require('zumo-jwt/fetch')
const hono = require('zumo-jwt/hono')
const { MASTER_KEY } = require('./helpers.js')
const apps = require('./http/apps.cjs')
const { APPLICATION_KEY, OTHER_KEY } = require('./http/sets.cjs')
const suite = require('./http/suite.cjs')

const { AUTH, MASTER, assertUnauthorized, call, token } = suite
const OPTIONS = { masterKey: MASTER_KEY, applicationKey: APPLICATION_KEY }

async function listen(t, listener) {
  const server = (typeof listener === 'function' ? createServer(listener) : listener).listen(0, '127.0.0.1')
  t.after(() => server.close())
  await once(server, 'listening')
  const { port } = server.address()
  return (...args) => call({ port }, ...args)
}

/** Servers with two authenticate(), for MASTER_KEY and for OTHER_KEY, that go on when the second fails. */
const TWICE = {
  'Express 5': (t, options) => twiceInExpress(t, require('express')(), options),
  async Hono(t, [first, second]) {
    const app = new (require('hono').Hono)()
    const authenticateSecond = hono.authenticate(second)
    app.onError((error, c) => c.text(error.message, error.status))
    app.use(hono.authenticate(first))
    app.use(async (c, next) => {
      await authenticateSecond(c, async () => {}).catch(() => {})
      await next()
    })
    app.get('/secret', hono.authorize('user'), (c) => c.json(c.var.user))
    app.get('/', (c) => c.json(c.var.user))
    const { port, close } = await apps.onNode(app.fetch)
    t.after(close)
    return (...args) => call({ port }, ...args)
  },
}

function twiceInExpress(t, app, [first, second]) {
  app.set('env', 'test')
  app.use(express.authenticate(first))
  app.use(express.authenticate(second))
  app.use((_error, _req, _res, next) => next())
  app.get('/secret', express.authorize('user'), (req, res) => res.json(req.user))
  app.get('/', (req, res) => res.json(req.user))
  return listen(t, app)
}

for (const [name, start] of Object.entries(TWICE)) {
  const fail = { failWithError: true }
  const throws = () => {
    throw Object.assign(new Error('by an option'), { status: 401 })
  }

  for (const [what, second] of [
    ['refuses', { masterKey: OTHER_KEY, ...fail }],
    ['has a getToken that throws', { masterKey: [MASTER_KEY, OTHER_KEY], getToken: throws }],
    ['has an onRefusal that throws', { masterKey: OTHER_KEY, onRefusal: throws }],
  ]) {
    test(`${name}: where the second authenticate ${what}, nobody is authenticated`, async (t) => {
      const get = await start(t, [{ masterKey: MASTER_KEY, ...fail }, second])
      for (const headers of [AUTH, { ...AUTH, ...MASTER }, { ...AUTH, 'x-zumo-master': OTHER_KEY }]) {
        assert.deepEqual((await get('/', headers)).json(), { level: 'anonymous' })
        assert.equal((await get('/secret', headers)).status, 401)
      }
    })
  }

  test(`${name}: the second authenticate replaces the result of the first`, async (t) => {
    const get = await start(t, [
      { masterKey: [MASTER_KEY, OTHER_KEY], ...fail },
      { masterKey: OTHER_KEY, ...fail, getToken: () => undefined },
    ])
    const headers = { 'x-zumo-auth': token('a', OTHER_KEY), ...MASTER }
    assert.deepEqual((await get('/', headers)).json(), { level: 'anonymous' })
    assert.equal((await get('/secret', headers)).status, 401)
    const admin = { ...AUTH, 'x-zumo-master': OTHER_KEY }
    assert.deepEqual((await get('/secret', admin)).json(), { level: 'admin' })
  })
}

test('authorize uses the result of authenticate, even where req.user is replaced', async (t) => {
  const app = require('express')()
  app.use(express.authenticate(OPTIONS))
  app.use((req, _res, next) => {
    Object.assign(req.user, { level: 'admin' })
    req.user = { level: 'admin' }
    next()
  })
  app.get('/admin', express.authorize('admin'), (_req, res) => res.end())
  const get = await listen(t, app)
  assertUnauthorized(await get('/admin', AUTH), 'Unauthorized')
})

test('getToken can read the user of other middleware, and cannot change its own', async (t) => {
  const app = require('express')()
  const getToken = ({ user }) => Object.assign(user, { level: 'admin' }).session
  app.use((req, _res, next) => {
    req.user = { session: req.headers.session }
    next()
  })
  app.use(express.authenticate({ ...OPTIONS, getToken }))
  app.get('/user', express.authorize('user'), (req, res) => res.json(req.user.userId))
  app.get('/admin', express.authorize('admin'), (_req, res) => res.end())
  const get = await listen(t, app)
  assert.equal((await get('/user', { session: token() })).text, '"Custom:42"')
  for (const path of ['/user', '/admin']) assertUnauthorized(await get(path), 'Unauthorized')
})

test('Hono: authorize uses the result of authenticate, even where the request is replaced', async () => {
  const app = new (require('hono').Hono)()
  app.use(hono.authenticate(OPTIONS))
  app.use((c, next) => {
    c.req.raw = new Request(c.req.raw, { headers: MASTER })
    return next()
  })
  app.get('/:permission', (c, next) => hono.authorize(c.req.param('permission'))(c, next))
  app.get('/:permission', (c) => c.json(c.var.user))
  const get = async (path) => (await app.request(path, { headers: AUTH })).status
  assert.equal(await get('/user'), 200)
  assert.equal(await get('/admin'), 401)
})

test('Hono: a 401 has the headers that other middleware sets', async () => {
  const app = new (require('hono').Hono)()
  app.use(require('hono/cors').cors())
  app.use(hono.authenticate(OPTIONS))
  const refused = await app.request('/', { headers: { 'x-zumo-auth': 'randomgoop' } })
  assert.equal(refused.status, 401)
  assert.equal(refused.headers.get('access-control-allow-origin'), '*')
})

test('after an error that the error handler ignores, a request has no application key', async (t) => {
  const app = require('express')()
  app.use(express.authenticate({ ...OPTIONS, failWithError: true }))
  app.use((_error, _req, _res, next) => next())
  app.get('/', express.authorize('application'), (_req, res) => res.end())
  app.use((error, _req, res, _next) => res.status(error.status).end())
  const get = await listen(t, app)
  assert.equal((await get('/', suite.APPLICATION)).status, 200)
  assert.equal((await get('/', { ...suite.APPLICATION, 'x-zumo-auth': 'randomgoop' })).status, 401)
})

test('an Error that getToken or onRefusal throws is thrown on as it is, also one of another realm', () => {
  for (const error of [
    new RangeError('by an option'),
    runInNewContext("new RangeError('by an option')"),
    Object.create(Error.prototype),
  ]) {
    for (const name of ['getToken', 'onRefusal']) {
      const option = () => {
        throw error
      }
      const handler = fetch.authenticate({ ...OPTIONS, [name]: option })('user', () => assert.fail())
      assert.throws(
        () => handler(new Request('http://localhost')),
        (thrown) => thrown === error,
      )
    }
  }
})

test('a failure of verify that is no fault of the token is thrown, and no refusal', (t) => {
  const onRefusal = () => assert.fail()
  const handler = fetch.authenticate({ ...OPTIONS, onRefusal })('public', () => assert.fail())
  t.mock.method(Date, 'now', () => 'no number')
  const message = 'zumo-jwt failed unexpectedly'
  assert.throws(() => handler(new Request('http://localhost', { headers: AUTH })), { message })
})

test('onRefusal gets the error and the request that failWithError and getToken get', () => {
  const seen = []
  const authorize = fetch.authenticate({
    ...OPTIONS,
    failWithError: true,
    onRefusal: (...args) => seen.push(args),
  })
  for (const headers of [{}, { 'x-zumo-auth': 'randomgoop' }]) {
    const request = new Request('http://localhost', { headers })
    assert.throws(
      () => authorize('user', () => assert.fail())(request),
      (error) => {
        assert.deepEqual(seen.pop(), [error, request])
        return true
      },
    )
    assert.deepEqual(seen, [])
  }
})

for (const [what, onRefusal, causes] of [
  ['with what went wrong as its cause', () => {}, ['ERR_HTTP_HEADERS_SENT', 'TypeError']],
  ['without a cause if onRefusal has frozen it', Object.freeze, [undefined, undefined]],
]) {
  test(`Express: where no answer can be written, next gets the refusal, ${what}`, async (t) => {
    const authenticate = express.authenticate({ ...OPTIONS, onRefusal })
    const authorize = express.authorize('user')
    const check = (req, res, next) =>
      authenticate(req, res, (error) => (error ? next(error) : authorize(req, res, next)))
    const text = ({ code, cause }) => `${code} ${cause?.code ?? cause?.name}`
    const server = createServer((req, res) => {
      res.write('')
      check(req, res, (error) => res.end(text(error)))
    })
    // The pattern of ws.
    server.on('upgrade', (req, socket) =>
      check(req, {}, (error) => socket.end(`HTTP/1.1 401 Unauthorized\r\n\r\n${text(error)}`)),
    )
    const get = await listen(t, server)
    const upgrade = { connection: 'upgrade', upgrade: 'websocket' }
    for (const [headers, code] of [
      [{}, 'ERR_ZUMO_UNAUTHORIZED'],
      [{ 'x-zumo-auth': 'randomgoop' }, 'ERR_ZUMO_JWT_MALFORMED'],
    ]) {
      assert.equal((await get('/', headers)).text, `${code} ${causes[0]}`)
      assert.equal((await get('/', { ...headers, ...upgrade })).text, `${code} ${causes[1]}`)
    }
  })
}

test('Express: what next throws is not caught', () => {
  const failure = new Error('by a later handler')
  for (const headers of [{}, { 'x-zumo-auth': 'randomgoop' }]) {
    for (const failWithError of [true, false]) {
      let calls = 0
      const next = () => {
        calls++
        throw failure
      }
      const check = express.authenticate({ ...OPTIONS, failWithError })
      assert.throws(
        () => check({ headers }, {}, next),
        (error) => error === failure,
      )
      assert.equal(calls, 1)
    }
  }
})

test('Hono: authorize refuses a mounted application, whose request is another object', async () => {
  const { Hono } = require('hono')
  const inner = new Hono().get('/', hono.authorize('user'), (c) => c.text('open'))
  inner.onError((error, c) => c.text(error.code, 500))
  const app = new Hono()
  app.use(hono.authenticate(OPTIONS))
  app.mount('/inner', inner.fetch)
  const answer = await app.request('/inner', { headers: AUTH })
  assert.equal(await answer.text(), 'ERR_ZUMO_NO_AUTHENTICATE')
})

test('a key in characters that a header cannot have is not a key with the same low bytes', () => {
  const handle = fetch.authenticate({ ...OPTIONS, applicationKey: 'ApplicationKey' })
  const status = (permission, name, key) => {
    const headers = { get: (header) => (header === name ? key : null) }
    return handle(permission, () => ({ status: 200 }))({ headers }).status
  }
  const moved = (key) => String.fromCharCode(...Array.from(key, (character) => character.charCodeAt(0) + 256))
  for (const [permission, name, key] of [
    ['admin', 'x-zumo-master', MASTER_KEY],
    ['application', 'x-zumo-application', 'ApplicationKey'],
  ]) {
    assert.equal(status(permission, name, key), 200)
    assert.equal(status(permission, name, moved(key)), 401)
  }
})

/** Each framework as it is: failWithError, and no error handler. */
const LOGGING = {
  async Express(t) {
    const app = require('express')()
    app.set('env', 'development')
    app.use(express.authenticate({ ...OPTIONS, failWithError: true }))
    app.get('/user', express.authorize('user'), (_req, res) => res.end())
    return listen(t, app)
  },
  async Fastify(t, write) {
    const app = require('fastify')({ logger: { level: 'trace', stream: { write } } })
    app.register(fastify.authenticate, { ...OPTIONS, failWithError: true })
    app.get('/user', { onRequest: fastify.authorize('user') }, async () => '')
    await app.listen({ port: 0, host: '127.0.0.1' })
    t.after(() => app.close())
    return (...args) => call({ port: app.server.address().port }, ...args)
  },
}

for (const [name, start] of Object.entries(LOGGING)) {
  test(`${name}: writes no key and no token to its log`, async (t) => {
    let log = ''
    const write = (text) => {
      log += text
      return true
    }
    t.mock.method(process.stderr, 'write', write)
    const get = await start(t, write)
    for (const [, bad] of suite.BAD_TOKENS) {
      const answer = await get('/user', { 'x-zumo-auth': bad, ...MASTER, ...suite.APPLICATION })
      assert.equal(answer.status, 401)
    }
    await get('/user')
    // Express logs after it has answered.
    await setImmediate()
    process.stderr.write.mock.restore()
    assert.match(log, /ZumoJwtError/)
    assert.match(log, /Unauthorized/)
    const tokens = suite.BAD_TOKENS.flatMap(([, bad]) => bad)
    for (const secret of [...suite.SECRETS, ...tokens]) assert.ok(!log.includes(secret))
  })
}
