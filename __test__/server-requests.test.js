'use strict'

const assert = require('node:assert/strict')
const { test } = require('node:test')
const { setImmediate } = require('node:timers/promises')
const { runInNewContext } = require('node:vm')
const express = require('zumo-jwt/express')
const fastify = require('zumo-jwt/fastify')
const fetch = require('zumo-jwt/fetch')
const hono = require('zumo-jwt/hono')
const koa = require('zumo-jwt/koa')
const { MASTER_KEY } = require('./helpers.js')
const apps = require('./http/apps.cjs')
const { APPLICATION_KEY, OTHER_KEY } = require('./http/sets.cjs')
const suite = require('./http/suite.cjs')

const { AUTH, MASTER, assertUnauthorized, call, token } = suite
const OPTIONS = { masterKey: MASTER_KEY, applicationKey: APPLICATION_KEY }

/** Starts a server for one test. Returns the function that sends it a request. */
async function serve(t, starting) {
  const server = await starting
  t.after(server.close)
  return (...args) => call(server, ...args)
}

const listen = (t, listener) => serve(t, apps.listen(listener))

const throws = () => {
  throw Object.assign(new Error('by an option'), { status: 401 })
}

for (const [what, second] of [
  ['refuses', { masterKey: OTHER_KEY, failWithError: true }],
  ['has a getToken that throws', { masterKey: [MASTER_KEY, OTHER_KEY], getToken: throws }],
  ['has an onRefusal that throws', { masterKey: OTHER_KEY, onRefusal: throws }],
]) {
  test(`where the second authenticate ${what}, and its error is ignored, nobody is authenticated`, async (t) => {
    const app = require('express')()
    app.set('env', 'test')
    app.use(express.authenticate(OPTIONS))
    app.use(express.authenticate({ ...second, applicationKey: APPLICATION_KEY }))
    app.use((_error, _req, _res, next) => next())
    app.get('/user', express.authorize('user'))
    app.get('/application', express.authorize('application'))
    app.get('/', (req, res) => res.json(req.user))
    const get = await listen(t, app)
    for (const keys of [{}, MASTER, { 'x-zumo-master': OTHER_KEY }, suite.APPLICATION]) {
      const headers = { ...AUTH, ...keys }
      assert.deepEqual((await get('/', headers)).json(), { level: 'anonymous' })
      for (const path of ['/user', '/application']) assert.equal((await get(path, headers)).status, 401)
    }
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

test('Express: requestProperty leaves req.user to other middleware', async (t) => {
  const app = require('express')()
  app.use((req, _res, next) => {
    req.user = { name: req.headers.name }
    next()
  })
  app.use(express.authenticate({ ...OPTIONS, requestProperty: 'zumo' }))
  app.get('/', express.authorize('user'), (req, res) => res.json([req.user.name, req.zumo.userId]))
  const get = await listen(t, app)
  assert.deepEqual((await get('/', { ...AUTH, name: 'Ann' })).json(), ['Ann', 'Custom:42'])
  assertUnauthorized(await get('/', { name: 'Ann' }), 'Unauthorized')
})

test('an Error that an option throws is thrown on as it is, also one of another realm', () => {
  for (const error of [runInNewContext("new RangeError('by an option')"), Object.create(Error.prototype)]) {
    const getToken = () => {
      throw error
    }
    const handler = fetch.authenticate({ ...OPTIONS, getToken })('user', () => assert.fail())
    assert.throws(
      () => handler(new Request('http://localhost')),
      (thrown) => thrown === error,
    )
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
  for (const headers of [{}, { 'x-zumo-auth': 'randomgoop' }]) {
    const request = new Request('http://localhost', { headers })
    const seen = []
    const onRefusal = (...args) => seen.push(args)
    const authorize = fetch.authenticate({ ...OPTIONS, failWithError: true, onRefusal })
    assert.throws(
      () => authorize('user', () => assert.fail())(request),
      (error) => {
        assert.deepEqual(seen, [[error, request]])
        return true
      },
    )
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
    const started = await apps.listen((req, res) => {
      res.write('')
      check(req, res, (error) => res.end(text(error)))
    })
    // The pattern of ws.
    started.server.on('upgrade', (req, socket) =>
      check(req, {}, (error) => socket.end(`HTTP/1.1 401 Unauthorized\r\n\r\n${text(error)}`)),
    )
    const get = await serve(t, started)
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

/** Servers with an authenticate() for each of the options, which answer the user. Their error handler is the default. */
const SERVERS = {
  Express(t, all) {
    const app = require('express')()
    app.set('env', 'development')
    app.use(all.map((options) => express.authenticate(options)))
    app.use('/user', express.authorize('user'))
    app.use((req, res) => res.json(req.user))
    return listen(t, app)
  },
  Fastify(t, all, write = () => {}) {
    const app = require('fastify')({ logger: { level: 'trace', stream: { write } } })
    for (const options of all) app.register(fastify.authenticate, options)
    app.get('/', async (request) => request.user)
    app.get('/user', { onRequest: fastify.authorize('user') }, async () => '')
    return serve(t, apps.listenFastify(app))
  },
  Koa(t, all) {
    const app = new (require('koa'))()
    // Koa logs no error that it shows to the client.
    app.on('error', (error) => console.error(error))
    for (const options of all) app.use(koa.authenticate(options))
    app.use((ctx, next) => (ctx.path === '/user' ? koa.authorize('user')(ctx, next) : next()))
    app.use((ctx) => {
      ctx.body = ctx.state.user
    })
    return listen(t, app.callback())
  },
  Hono(t, all) {
    const app = new (require('hono').Hono)()
    for (const options of all) app.use(hono.authenticate(options))
    app.get('/user', hono.authorize('user'))
    app.get('/', (c) => c.json(c.var.user))
    return serve(t, apps.onNode(app.fetch))
  },
}

for (const [name, start] of Object.entries(SERVERS)) {
  test(`${name}: the second authenticate replaces the user of the first`, async (t) => {
    const get = await start(t, [OPTIONS, { masterKey: OTHER_KEY, getToken: () => undefined }])
    for (const [masterKey, level] of [
      [MASTER_KEY, 'anonymous'],
      [OTHER_KEY, 'admin'],
    ]) {
      assert.deepEqual((await get('/', { ...AUTH, 'x-zumo-master': masterKey })).json(), { level })
    }
  })

  test(`${name}: writes no key and no token to its log`, async (t) => {
    let log = ''
    const write = (text) => {
      log += text
      return true
    }
    t.mock.method(process.stderr, 'write', write)
    const get = await start(t, [{ ...OPTIONS, failWithError: true }], write)
    for (const [, bad] of suite.BAD_TOKENS) {
      const answer = await get('/user', { 'x-zumo-auth': bad, ...MASTER, ...suite.APPLICATION })
      assert.equal(answer.status, name === 'Hono' ? 500 : 401)
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
