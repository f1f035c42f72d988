'use strict'

const assert = require('node:assert/strict')
const { createServer } = require('node:http')
const { once } = require('node:events')
const { describe, test } = require('node:test')
const { setImmediate } = require('node:timers/promises')
const { runInNewContext } = require('node:vm')
const { sign, ZumoKey } = require('zumo-jwt')
const adapters = {
  express: require('zumo-jwt/express'),
  fastify: require('zumo-jwt/fastify'),
  koa: require('zumo-jwt/koa'),
  hono: require('zumo-jwt/hono'),
  fetch: require('zumo-jwt/fetch'),
}
const { SERVER_CHECKS_WITH_PROPERTY, readServerOptions } = require('../http/options.js')
const { MASTER_KEY, SIGNING_KEY, SITE, argumentError } = require('./helpers.js')
const apps = require('./http/apps.cjs')
const { APPLICATION_KEY, OTHER_KEY, SETS } = require('./http/sets.cjs')
const suite = require('./http/suite.cjs')

const { AUTH, MASTER, assertUnauthorized, call, testServer, token } = suite
const withoutNone = { sets: Object.keys(SETS).filter((set) => set !== 'none') }

testServer('Express 5', () => apps.connectStyle(require('express')()))
testServer('Express 4', () => apps.connectStyle(require('express4')()))
testServer('Connect', () => apps.connectStyle(require('connect')()))
testServer('http', apps.plainHttp)
testServer('Fastify 5', apps.fastify)
testServer('Fastify 5 through inject', apps.fastifyInject)
testServer('Koa 3', () => apps.koa(require('koa')))
testServer('Koa 2', () => apps.koa(require('koa2')))
testServer('Hono on Node.js', () => apps.onNode(apps.hono()))
testServer('Request and Response', () => apps.onNode(apps.fetchHandler()), withoutNone)
testServer('an event with a Request', () => apps.onNode(apps.eventHandler()), withoutNone)
testServer('@azure/functions', () => apps.onNode(apps.azureFunctions()), withoutNone)

const { express, fastify, koa, hono } = adapters
const OPTIONS = { masterKey: MASTER_KEY, applicationKey: APPLICATION_KEY }

const TYPE = 'ERR_INVALID_ARG_TYPE'
const VALUE = 'ERR_INVALID_ARG_VALUE'
const RANGE = 'ERR_OUT_OF_RANGE'
const appService = ZumoKey.fromSigningKey(SIGNING_KEY)
const mobileServices = ZumoKey.fromMasterKey(OTHER_KEY)
const MASTER_KEYS = 'a string or a Uint8Array, or an array of them.'
const KEYS = 'a ZumoKey, or an array of them.'
const ABSENT = 'absent: there is no such option.'
const NO_SPACES = 'a non-empty string of ASCII characters without spaces.'

/** [options, the name of one, code, message after "must be"] */
const BAD_OPTIONS = [
  ...[
    null,
    OTHER_KEY,
    [OTHER_KEY],
    new Map([['masterKey', OTHER_KEY]]),
    Object.create({ masterKey: OTHER_KEY }),
  ].map((options) => [options, '', TYPE, 'a plain object.']),
  ...[undefined, {}].map((options) => [options, '.masterKey', VALUE, 'given, or else "options.key".']),
  [{ masterKey: undefined, key: mobileServices }, '.masterKey', TYPE, `${MASTER_KEYS} It is undefined.`],
  [{ key: [mobileServices, appService] }, '.key', VALUE, 'keys of one service.'],
  [{ key: appService }, '.audience', VALUE, 'given where the key is an App Service key.'],
  [{ key: appService, audience: SITE }, '.issuer', VALUE, 'given where the key is an App Service key.'],
]

/** [option beside a master key, value, code, message after "must be", the element] */
for (const [option, value, code, must, element = ''] of [
  ['masterKey', undefined, TYPE, `${MASTER_KEYS} It is undefined.`],
  ['masterKey', null, TYPE, MASTER_KEYS],
  ['masterKey', mobileServices, TYPE, `${MASTER_KEYS} It is a ZumoKey.`],
  ['masterKey', [], VALUE, 'non-empty.'],
  ['masterKey', '', VALUE, 'non-empty.'],
  ['masterKey', 'Schlüssel', VALUE, 'ASCII text; a key of other bytes is given as a Uint8Array.'],
  ['masterKey', [OTHER_KEY, 1], TYPE, 'a string or a Uint8Array.', '[1]'],
  ['masterKey', [OTHER_KEY, undefined], TYPE, 'a string or a Uint8Array. It is undefined.', '[1]'],
  ['key', undefined, TYPE, `${KEYS} It is undefined.`],
  ['key', OTHER_KEY, TYPE, KEYS],
  ['key', [mobileServices, OTHER_KEY], TYPE, 'a ZumoKey.', '[1]'],
  ['key', Object.create(ZumoKey.prototype), TYPE, `${KEYS} It is a ZumoKey of another copy of zumo-jwt.`],
  ['key', [], VALUE, 'non-empty.'],
  ['key', appService, VALUE, 'keys of one service.'],
  ['audience', 1, TYPE, 'a string, or an array of them.'],
  ['issuer', [], VALUE, 'non-empty.'],
  ['clockTolerance', -1, RANGE, 'a finite number of seconds, at least 0.'],
  ['applicationKey', '', VALUE, NO_SPACES],
  ['applicationKey', ` ${APPLICATION_KEY}`, VALUE, NO_SPACES],
  ['applicationKey', `${APPLICATION_KEY}\n`, VALUE, NO_SPACES],
  ['applicationKey', 12, TYPE, 'a string.'],
  ['applicationKey', MASTER_KEY, VALUE, 'another key than the master key.'],
  ['applicationKey', OTHER_KEY, VALUE, 'another key than the master key.'],
  ['getToken', 'x-token', TYPE, 'a function.'],
  ['onRefusal', console, TYPE, 'a function.'],
  ['onRefusal', undefined, TYPE, 'a function. It is undefined.'],
  ['failWithError', 1, TYPE, 'a boolean.'],
  ['requestProperty', '', VALUE, 'a non-empty string.'],
  ['requestProperty', 1, TYPE, 'a string.'],
  ['now', new Date(0), VALUE, ABSENT],
]) {
  const masterKey = [MASTER_KEY, Buffer.from(OTHER_KEY)]
  BAD_OPTIONS.push([{ masterKey, [option]: value }, `.${option}${element}`, code, must])
}

for (const [options, name, code, must] of BAD_OPTIONS) {
  test(`options${name} must be ${must}`, () => {
    const expected = argumentError(`options${name}`, code, [OTHER_KEY], must)
    assert.throws(() => readServerOptions(options, SERVER_CHECKS_WITH_PROPERTY), expected)
  })
}

for (const [name, authenticate, badOption] of [
  ['express', express.authenticate, 'masterkey'],
  ['fastify', (options) => require('fastify')().register(fastify.authenticate, options), 'masterkey'],
  ['koa', koa.authenticate, 'requestProperty'],
  ['hono', hono.authenticate, 'requestProperty'],
  ['fetch', adapters.fetch.authenticate, 'requestProperty'],
]) {
  test(`${name}: an option that does not exist is an error when it is set up`, async () => {
    const options = { masterKey: OTHER_KEY, [badOption]: 'user' }
    const expected = argumentError(`options.${badOption}`, VALUE, [OTHER_KEY], ABSENT)
    await assert.rejects(async () => authenticate(options), expected)
  })
}

for (const permission of [undefined, null, '', 'User', 'toString', '__proto__', ['user']]) {
  test(`${JSON.stringify(permission)} is not a permission`, () => {
    const note = permission === undefined ? ' It is undefined.' : ''
    const must = `one of public, application, user, authenticated, admin.${note}`
    const expected = argumentError('permission', VALUE, [], must)
    for (const { authorize } of [express, fastify, koa, hono]) {
      assert.throws(() => authorize(permission), expected)
    }
    const authorize = adapters.fetch.authenticate(OPTIONS)
    assert.throws(() => authorize(permission, () => {}), expected)
  })
}

test('a handler that is not a function is an error when it is set up', () => {
  const authorize = adapters.fetch.authenticate(OPTIONS)
  assert.throws(() => authorize('user'), argumentError('handler', TYPE, [], 'a function. It is undefined.'))
  for (const handler of [null, {}, 'handler']) {
    assert.throws(() => authorize('user', handler), argumentError('handler', TYPE, [], 'a function.'))
  }
})

test('changing the options after authenticate has no effect', async () => {
  const bytes = Buffer.from(OTHER_KEY)
  const options = {
    masterKey: [MASTER_KEY, bytes],
    applicationKey: APPLICATION_KEY,
    audience: ['Custom'],
    issuer: ['urn:microsoft:windows-azure:zumo'],
  }
  const keys = [ZumoKey.fromMasterKey(MASTER_KEY)]
  const handlers = [options, { key: keys }].map((own) =>
    adapters.fetch.authenticate(own)('user', (_request, user) => Response.json(user)),
  )
  bytes.fill('a')
  options.masterKey.splice(0, 2, 'changed')
  options.audience[0] = 'changed'
  options.issuer.length = 0
  options.failWithError = true
  keys[0] = appService
  const ask = (handler, headers) => handler(new Request('http://localhost', { headers })).status
  for (const handler of handlers) {
    assert.equal(ask(handler, AUTH), 200)
    assert.equal(ask(handler, { 'x-zumo-auth': token('a', 'changed') }), 401)
  }
  assert.equal(ask(handlers[0], { 'x-zumo-auth': token('a', OTHER_KEY) }), 200)
  assert.equal(ask(handlers[0], { 'x-zumo-master': OTHER_KEY }), 200)
  assert.equal(ask(handlers[0], { 'x-zumo-master': 'a'.repeat(OTHER_KEY.length) }), 401)
})

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
  'Express 4': (t, options) => twiceInExpress(t, require('express4')(), options),
  async Koa(t, [first, second]) {
    const app = new (require('koa'))()
    const authenticateSecond = koa.authenticate(second)
    app.silent = true
    app.use(koa.authenticate(first))
    app.use(async (ctx, next) => {
      try {
        await authenticateSecond(ctx, async () => {})
      } catch {}
      await next()
    })
    app.use((ctx, next) => (ctx.path === '/secret' ? koa.authorize('user')(ctx, next) : next()))
    app.use((ctx) => {
      ctx.body = ctx.state.user
    })
    return listen(t, app.callback())
  },
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

test('Express: requestProperty leaves req.user to passport', async (t) => {
  const passport = new (require('passport').Passport)()
  class ByHeader extends require('passport').Strategy {
    name = 'by-header'
    authenticate(req) {
      this.success({ name: req.headers.name })
    }
  }
  passport.use(new ByHeader())
  const app = require('express')()
  app.use(passport.authenticate('by-header', { session: false }))
  app.use(express.authenticate({ ...OPTIONS, requestProperty: 'zumo' }))
  app.get('/', express.authorize('user'), (req, res) => res.json([req.user.name, req.zumo.userId]))
  const get = await listen(t, app)
  assert.deepEqual((await get('/', { ...AUTH, name: 'Ann' })).json(), ['Ann', 'Custom:42'])
  assertUnauthorized(await get('/', { name: 'Ann' }), 'Unauthorized')
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
      const handler = adapters.fetch.authenticate({ ...OPTIONS, [name]: option })('user', () => assert.fail())
      assert.throws(
        () => handler(new Request('http://localhost')),
        (thrown) => thrown === error,
      )
    }
  }
})

test('a failure of verify that is no fault of the token is thrown, and no refusal', (t) => {
  const onRefusal = () => assert.fail()
  const handler = adapters.fetch.authenticate({ ...OPTIONS, onRefusal })('public', () => assert.fail())
  t.mock.method(Date, 'now', () => 'no number')
  const message = 'zumo-jwt failed unexpectedly'
  assert.throws(() => handler(new Request('http://localhost', { headers: AUTH })), { message })
})

test('onRefusal gets the error and the request that failWithError and getToken get', () => {
  const seen = []
  const authorize = adapters.fetch.authenticate({
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

test('Express: where no answer can be written, next gets the refusal, with what went wrong as its cause', async (t) => {
  const authenticate = express.authenticate(OPTIONS)
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
    assert.equal((await get('/', headers)).text, `${code} ERR_HTTP_HEADERS_SENT`)
    assert.equal((await get('/', { ...headers, ...upgrade })).text, `${code} TypeError`)
  }
})

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
  inner.onError((error, c) => c.text(error.message, 500))
  const app = new Hono()
  app.use(hono.authenticate(OPTIONS))
  app.mount('/inner', inner.fetch)
  const answer = await app.request('/inner', { headers: AUTH })
  assert.equal(await answer.text(), 'authorize() needs authenticate() to run before it.')
})

test('a key in characters that a header cannot have is not a key with the same low bytes', () => {
  const handle = adapters.fetch.authenticate({ ...OPTIONS, applicationKey: 'ApplicationKey' })
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

describe('Fastify', () => {
  function create(t) {
    const app = require('fastify')()
    t.after(() => app.close())
    return app
  }
  const user = async (request) => ({ user: request.user ?? null })
  const asking = (app) => (url, auth) =>
    app.inject({ url, headers: auth === undefined ? {} : { 'x-zumo-auth': auth } })

  test('the user is known in the scope that registers the plugin and its children, and in no other', async (t) => {
    const app = create(t)
    app.get('/outside', user)
    app.register(async (scope) => {
      await scope.register(fastify.authenticate, OPTIONS)
      scope.get('/inside', user)
      scope.register(async (child) => child.get('/child', { preHandler: fastify.authorize('user') }, user))
    })
    const get = asking(app)
    assert.deepEqual((await get('/outside', 'randomgoop')).json(), { user: null })
    assert.equal((await get('/inside')).json().user.level, 'anonymous')
    assert.equal((await get('/inside', 'randomgoop')).statusCode, 401)
    assert.equal((await get('/child')).statusCode, 401)
    assert.equal((await get('/child', token())).json().user.userId, 'Custom:42')
  })

  test('two scopes can have different keys', async (t) => {
    const app = create(t)
    for (const masterKey of [MASTER_KEY, OTHER_KEY]) {
      app.register(async (scope) => {
        await scope.register(fastify.authenticate, { masterKey })
        scope.get(`/${masterKey}`, { onRequest: fastify.authorize('user') }, user)
      })
    }
    const get = asking(app)
    for (const masterKey of [MASTER_KEY, OTHER_KEY]) {
      for (const url of [`/${MASTER_KEY}`, `/${OTHER_KEY}`]) {
        const { statusCode } = await get(url, token('Custom:1', masterKey))
        assert.equal(statusCode, url === `/${masterKey}` ? 200 : 401)
      }
    }
  })

  test('authenticate of a child scope replaces the result of its parent', async (t) => {
    const app = create(t)
    await app.register(fastify.authenticate, { masterKey: [MASTER_KEY, OTHER_KEY] })
    app.get('/parent', { onRequest: fastify.authorize('user') }, user)
    app.register(async (scope) => {
      await scope.register(fastify.authenticate, { masterKey: OTHER_KEY })
      scope.get('/child', { onRequest: fastify.authorize('user') }, user)
    })
    app.register(async (scope) => {
      await scope.register(fastify.authenticate, { masterKey: OTHER_KEY, getToken: () => null })
      scope.get('/nobody', { preHandler: fastify.authorize('user') }, user)
    })
    const get = asking(app)
    for (const [masterKey, ...statuses] of [
      [MASTER_KEY, 200, 401, 401],
      [OTHER_KEY, 200, 200, 401],
    ]) {
      for (const [at, url] of ['/parent', '/child', '/nobody'].entries()) {
        assert.equal((await get(url, token('a', masterKey))).statusCode, statuses[at], url)
      }
    }
  })

  test('authenticate of a child scope decides, whichever is registered first', async (t) => {
    for (const parentComesFirst of [true, false]) {
      const app = create(t)
      const registerChild = () =>
        app.register(async (scope) => {
          const getToken = ({ headers }) => headers['x-child-token']
          await scope.register(fastify.authenticate, { masterKey: OTHER_KEY, getToken })
          scope.get('/child', { onRequest: fastify.authorize('user') }, user)
          scope.get('/child/admin', { onRequest: fastify.authorize('admin') }, user)
        })
      if (!parentComesFirst) registerChild()
      app.register(fastify.authenticate, OPTIONS)
      if (parentComesFirst) registerChild()
      const status = async (url, headers) => (await app.inject({ url, headers })).statusCode
      const ofChild = token('a', OTHER_KEY)
      assert.equal(await status('/child', { 'x-zumo-auth': token() }), 401)
      assert.equal(await status('/child', { 'x-child-token': ofChild }), 200)
      assert.equal(await status('/child/admin', { 'x-zumo-master': MASTER_KEY }), 401)
      assert.equal(await status('/child/admin', { 'x-zumo-master': OTHER_KEY }), 200)
    }
  })

  test('hooks of a parent have a user where a child scope has its own authenticate', async (t) => {
    const app = create(t)
    const levels = []
    await app.register(fastify.authenticate, { ...OPTIONS, requestProperty: 'first' })
    app.addHook('onRequest', fastify.authorize('user'))
    app.addHook('onRequest', async (request) => levels.push(request.first.level))
    app.register(async (scope) => {
      await scope.register(fastify.authenticate, { ...OPTIONS, audience: 'another' })
      scope.get('/child', user)
    })
    app.get('/parent', async () => 'ok')
    const get = asking(app)
    assert.equal((await get('/parent', token())).statusCode, 200)
    assert.equal((await get('/parent')).statusCode, 401)
    assert.equal((await get('/child', token())).statusCode, 401)
    assert.equal(
      (await get('/child', sign({ exp: 9e9, aud: 'another', uid: 'a' }, MASTER_KEY))).json().user.userId,
      'a',
    )
    assert.deepEqual(levels, Array(3).fill('authenticated'))
  })

  test('a scope can register the plugin twice', async (t) => {
    const app = create(t)
    await app.register(fastify.authenticate, { masterKey: [MASTER_KEY, OTHER_KEY] })
    await app.register(fastify.authenticate, { masterKey: OTHER_KEY })
    app.get('/', user)
    const get = asking(app)
    assert.equal((await get('/', token())).statusCode, 401)
    assert.equal((await get('/', token('a', OTHER_KEY))).json().user.userId, 'a')
  })

  test('an invalid token is rejected on a route that does not exist', async (t) => {
    const app = create(t)
    await app.register(fastify.authenticate, OPTIONS)
    const get = asking(app)
    assert.equal((await get('/none', token())).statusCode, 404)
    assert.equal((await get('/none', 'randomgoop')).statusCode, 401)
  })

  test('requestProperty leaves request.user to @fastify/jwt', async (t) => {
    const app = create(t)
    await app.register(require('@fastify/jwt'), { secret: 'a secret of another library' })
    await app.register(fastify.authenticate, { ...OPTIONS, requestProperty: 'zumo' })
    const onRequest = [(request) => request.jwtVerify(), fastify.authorize('user')]
    app.get('/', { onRequest }, async (request) => [request.user.name, request.zumo.userId])
    const authorization = `Bearer ${app.jwt.sign({ name: 'Ann' })}`
    const response = await app.inject({ url: '/', headers: { authorization, ...AUTH } })
    assert.deepEqual(response.json(), ['Ann', 'Custom:42'])
    assert.equal((await app.inject({ url: '/', headers: { authorization } })).statusCode, 401)
  })

  test('the plugin has a name, which the error for a property of another plugin contains', async (t) => {
    const app = create(t)
    await app.register(fastify.authenticate, OPTIONS)
    assert.ok(app.hasPlugin('zumo-jwt'))
    assert.equal(app.pluginName, 'fastify -> zumo-jwt')
    const taken = create(t).decorateRequest('user', null)
    await assert.rejects(async () => taken.register(fastify.authenticate, OPTIONS), {
      code: 'FST_ERR_DEC_ALREADY_PRESENT',
    })
    const old = fastify.authenticate[Symbol.for('plugin-meta')]
    assert.deepEqual(old, { name: 'zumo-jwt', fastify: '5.x' })
  })
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
  async Koa(t) {
    const app = new (require('koa'))()
    // Koa logs no error that it shows to the client.
    app.on('error', (error) => console.error(error))
    app.use(koa.authenticate({ ...OPTIONS, failWithError: true }))
    app.use(koa.authorize('user'))
    return listen(t, app.callback())
  },
  async Hono(t) {
    const app = new (require('hono').Hono)()
    app.use(hono.authenticate({ ...OPTIONS, failWithError: true }))
    app.get('/user', hono.authorize('user'), (c) => c.text(''))
    const { port, close } = await apps.onNode(app.fetch)
    t.after(close)
    return (...args) => call({ port }, ...args)
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

test('ES modules import the functions by name', async () => {
  for (const [name, adapter] of Object.entries(adapters)) {
    const imported = await import(`zumo-jwt/${name}`)
    for (const [key, value] of Object.entries(adapter)) assert.equal(imported[key], value)
  }
})
