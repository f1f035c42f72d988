'use strict'

const assert = require('node:assert/strict')
const { fork } = require('node:child_process')
const { createServer } = require('node:http')
const { once } = require('node:events')
const { after, before, describe, test } = require('node:test')
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
const { MASTER_KEY, SIGNING_KEY, SITE, argumentError } = require('./helpers.js')
const apps = require('./http/apps.cjs')
const { APPLICATION_KEY, OTHER_KEY, SETS } = require('./http/sets.cjs')
const suite = require('./http/suite.cjs')

const { AUTH, MASTER, SIGNATURE, assertUnauthorized, call, testServer, token } = suite
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

/** Ways to give options to each adapter. */
const SET_UP = {
  express: (options) => express.authenticate(options),
  // Fastify makes an empty object of absent options.
  fastify: (options) => require('fastify')().register(fastify.authenticate, options),
  koa: (options) => koa.authenticate(options),
  hono: (options) => hono.authenticate(options),
  fetch: (options) => adapters.fetch.authenticate(options),
}

const TYPE = 'ERR_INVALID_ARG_TYPE'
const VALUE = 'ERR_INVALID_ARG_VALUE'
const RANGE = 'ERR_OUT_OF_RANGE'
const appService = ZumoKey.fromSigningKey(SIGNING_KEY)
const mobileServices = ZumoKey.fromMasterKey(OTHER_KEY)

const { proxy: revoked, revoke } = Proxy.revocable([], {})
revoke()

/** [what, options, code, name, message after "must be"] */
const BAD_OPTIONS = [
  ['undefined', undefined, TYPE, 'options', 'a plain object. It is undefined.'],
  ['null', null, TYPE, 'options', 'a plain object.'],
  ['text', OTHER_KEY, TYPE, 'options', 'a plain object.'],
  ['an array', [OTHER_KEY], TYPE, 'options', 'a plain object.'],
  ['a Map', new Map([['masterKey', OTHER_KEY]]), TYPE, 'options', 'a plain object.'],
  ['inherited options', Object.create({ masterKey: OTHER_KEY }), TYPE, 'options', 'a plain object.'],
  ['no key', {}, VALUE, 'options.masterKey', 'given, or else "options.key".'],
  [
    'a master key that is undefined',
    { masterKey: undefined },
    TYPE,
    'options.masterKey',
    'a string, a Uint8Array or an array of them. It is undefined.',
  ],
  [
    'a master key that is null',
    { masterKey: null },
    TYPE,
    'options.masterKey',
    'a string, a Uint8Array or an array of them.',
  ],
  [
    'a master key that cannot be read',
    { masterKey: revoked },
    TYPE,
    'options.masterKey',
    'a string, a Uint8Array or an array of them.',
  ],
  [
    'no master keys',
    { masterKey: [] },
    VALUE,
    'options.masterKey',
    'a string, a Uint8Array or a non-empty array of them.',
  ],
  ['an empty master key', { masterKey: '' }, VALUE, 'options.masterKey', 'non-empty.'],
  [
    'a master key that is not ASCII',
    { masterKey: 'Schlüssel' },
    VALUE,
    'options.masterKey',
    'ASCII text; a key of other bytes is given as a Uint8Array.',
  ],
  [
    'one master key of a wrong type',
    { masterKey: [OTHER_KEY, 1] },
    TYPE,
    'options.masterKey[1]',
    'a string or a Uint8Array.',
  ],
  [
    'an undefined master key',
    { masterKey: [OTHER_KEY, undefined] },
    TYPE,
    'options.masterKey[1]',
    'a string or a Uint8Array. It is undefined.',
  ],
  [
    'a ZumoKey as master key',
    { masterKey: mobileServices },
    TYPE,
    'options.masterKey',
    'a string, a Uint8Array or an array of them. It is a ZumoKey.',
  ],
  [
    'two kinds of keys',
    { masterKey: OTHER_KEY, key: mobileServices },
    VALUE,
    'options.key',
    'absent where "options.masterKey" is given.',
  ],
  [
    'a key that is undefined',
    { masterKey: OTHER_KEY, key: undefined },
    TYPE,
    'options.key',
    'a ZumoKey or an array of them. It is undefined.',
  ],
  ['a master key as key', { key: OTHER_KEY }, TYPE, 'options.key', 'a ZumoKey or an array of them.'],
  ['a master key among the keys', { key: [mobileServices, OTHER_KEY] }, TYPE, 'options.key[1]', 'a ZumoKey.'],
  [
    'an object like a ZumoKey',
    { key: Object.create(ZumoKey.prototype) },
    TYPE,
    'options.key',
    'a ZumoKey or an array of them. It is a ZumoKey of another copy of zumo-jwt.',
  ],
  ['a key that cannot be read', { key: revoked }, TYPE, 'options.key', 'a ZumoKey or an array of them.'],
  ['no keys', { key: [] }, VALUE, 'options.key', 'a ZumoKey or a non-empty array of them.'],
  [
    'keys of two services',
    { key: [mobileServices, appService] },
    VALUE,
    'options.key',
    'keys of one service.',
  ],
  [
    'App Service without audience',
    { key: appService },
    VALUE,
    'options.audience',
    'given where the key is an App Service key.',
  ],
  [
    'App Service without issuer',
    { key: appService, audience: SITE },
    VALUE,
    'options.issuer',
    'given where the key is an App Service key.',
  ],
  [
    'an audience of a wrong type',
    { masterKey: OTHER_KEY, audience: 1 },
    TYPE,
    'options.audience',
    'a string or an array of strings.',
  ],
  [
    'an undefined audience',
    { masterKey: OTHER_KEY, audience: undefined },
    TYPE,
    'options.audience',
    'a string or an array of strings. It is undefined.',
  ],
  [
    'no issuers',
    { masterKey: OTHER_KEY, issuer: [] },
    VALUE,
    'options.issuer',
    'a string or a non-empty array of strings.',
  ],
  [
    'a negative tolerance',
    { masterKey: OTHER_KEY, clockTolerance: -1 },
    RANGE,
    'options.clockTolerance',
    'a finite number of seconds, at least 0.',
  ],
  [
    'a tolerance as text',
    { masterKey: OTHER_KEY, clockTolerance: '5' },
    TYPE,
    'options.clockTolerance',
    'a number of seconds.',
  ],
  [
    'an empty application key',
    { masterKey: OTHER_KEY, applicationKey: '' },
    VALUE,
    'options.applicationKey',
    'a non-empty string of ASCII characters without spaces.',
  ],
  [
    'an application key with a space before it',
    { masterKey: OTHER_KEY, applicationKey: ` ${APPLICATION_KEY}` },
    VALUE,
    'options.applicationKey',
    'a non-empty string of ASCII characters without spaces.',
  ],
  [
    'an application key with a line break',
    { masterKey: OTHER_KEY, applicationKey: `${APPLICATION_KEY}\n` },
    VALUE,
    'options.applicationKey',
    'a non-empty string of ASCII characters without spaces.',
  ],
  [
    'an application key of a wrong type',
    { masterKey: OTHER_KEY, applicationKey: 12 },
    TYPE,
    'options.applicationKey',
    'a string.',
  ],
  [
    'an application key that is the master key',
    { masterKey: OTHER_KEY, applicationKey: OTHER_KEY },
    VALUE,
    'options.applicationKey',
    'another key than the master key.',
  ],
  [
    'an application key that is one of the master keys',
    { masterKey: [MASTER_KEY, Buffer.from(OTHER_KEY)], applicationKey: OTHER_KEY },
    VALUE,
    'options.applicationKey',
    'another key than the master key.',
  ],
  [
    'a getToken of a wrong type',
    { masterKey: OTHER_KEY, getToken: 'x-token' },
    TYPE,
    'options.getToken',
    'a function.',
  ],
  [
    'failWithError as a number',
    { masterKey: OTHER_KEY, failWithError: 1 },
    TYPE,
    'options.failWithError',
    'a boolean.',
  ],
  [
    'a misspelt option',
    { masterKey: OTHER_KEY, masterkey: 'a' },
    VALUE,
    'options.masterkey',
    'absent: there is no such option.',
  ],
  [
    'an option of verify alone',
    { masterKey: OTHER_KEY, now: new Date(0) },
    VALUE,
    'options.now',
    'absent: there is no such option.',
  ],
]

for (const [name, setUp] of Object.entries(SET_UP)) {
  describe(`${name}: invalid options are errors when they are set up`, () => {
    for (const [what, options, code, property, must] of BAD_OPTIONS) {
      // Fastify reads options of its own from what is registered, and takes a function for a way to make them.
      if (name === 'fastify' && property === 'options') continue
      test(what, async () => {
        await assert.rejects(async () => setUp(options), argumentError(property, code, [OTHER_KEY], must))
      })
    }

    const isKept = name === 'express' || name === 'fastify'
    for (const [value, code, must] of isKept
      ? [
          ['', VALUE, 'a non-empty string.'],
          [1, TYPE, 'a string.'],
          [undefined, TYPE, 'a string. It is undefined.'],
        ]
      : [['user', VALUE, 'absent: there is no such option.']]) {
      test(`requestProperty ${JSON.stringify(value)}`, async () => {
        const options = { ...OPTIONS, requestProperty: value }
        await assert.rejects(
          async () => setUp(options),
          argumentError('options.requestProperty', code, [], must),
        )
      })
    }
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
  const server = createServer(listener).listen(0, '127.0.0.1')
  t.after(() => server.close())
  await once(server, 'listening')
  const { port } = server.address()
  return (...args) => call({ port }, ...args)
}

/** Servers with two authenticate(), for MASTER_KEY and for OTHER_KEY, that go on when the second fails. */
const TWICE = {
  async 'Express 5'(t, options) {
    return twiceInExpress(t, require('express')(), options)
  },
  async 'Express 4'(t, options) {
    return twiceInExpress(t, require('express4')(), options)
  },
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

  test(`${name}: where the second authenticate rejects, nobody is authenticated`, async (t) => {
    const get = await start(t, [
      { masterKey: MASTER_KEY, ...fail },
      { masterKey: OTHER_KEY, ...fail },
    ])
    for (const headers of [AUTH, { ...AUTH, ...MASTER }, { ...AUTH, 'x-zumo-master': OTHER_KEY }]) {
      assert.deepEqual((await get('/', headers)).json(), { level: 'anonymous' })
      assert.equal((await get('/secret', headers)).status, 401)
    }
  })

  test(`${name}: where getToken of the second authenticate throws, nobody is authenticated`, async (t) => {
    const getToken = () => {
      throw new Error('by getToken')
    }
    const get = await start(t, [
      { masterKey: MASTER_KEY, ...fail },
      { masterKey: MASTER_KEY, ...fail, getToken },
    ])
    assert.deepEqual((await get('/', AUTH)).json(), { level: 'anonymous' })
    assert.equal((await get('/secret', AUTH)).status, 401)
  })

  test(`${name}: where getToken throws a proxy that throws, nobody is authenticated`, async (t) => {
    const { proxy, revoke } = Proxy.revocable({}, {})
    revoke()
    const hostile = new Proxy(
      {},
      {
        getPrototypeOf() {
          throw undefined
        },
      },
    )
    for (const thrown of [proxy, hostile]) {
      const getToken = () => {
        throw thrown
      }
      const get = await start(t, [
        { masterKey: MASTER_KEY, ...fail },
        { masterKey: MASTER_KEY, ...fail, getToken },
      ])
      assert.deepEqual((await get('/', AUTH)).json(), { level: 'anonymous' })
      assert.equal((await get('/secret', AUTH)).status, 401)
    }
  })

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

// Small enough to be read at once: closing a connection with unread data resets it.
test('a server with the usual limit of 16 KiB answers 431 to a longer header itself', async (t) => {
  const get = await listen(t, () => assert.fail('the request came through'))
  assert.equal((await get('/', { 'x-zumo-auth': 'a'.repeat(20_000) })).status, 431)
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

test('an Error that getToken throws is thrown on as it is, also one of another realm', () => {
  for (const error of [
    new RangeError('by getToken'),
    runInNewContext("new RangeError('by getToken')"),
    Object.create(Error.prototype),
  ]) {
    const getToken = () => {
      throw error
    }
    const handler = adapters.fetch.authenticate({ ...OPTIONS, getToken })('public', () => assert.fail())
    assert.throws(
      () => handler(new Request('http://localhost')),
      (thrown) => thrown === error,
    )
  }
})

test('what cannot be asked for its prototype is thrown on in an Error', () => {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  const getToken = () => {
    throw proxy
  }
  const handler = adapters.fetch.authenticate({ ...OPTIONS, getToken })('public', () => assert.fail())
  assert.throws(() => handler(new Request('http://localhost')), {
    name: 'Error',
    message: 'getToken threw a value that is not an Error.',
  })
})

test('an UnauthorizedError has its name as built-in errors have theirs', () => {
  const handler = adapters.fetch.authenticate({ ...OPTIONS, failWithError: true })('user', () =>
    assert.fail(),
  )
  assert.throws(
    () => handler(new Request('http://localhost')),
    (error) => {
      const expected = Object.getOwnPropertyDescriptor(TypeError.prototype, 'name')
      assert.deepEqual(Object.getOwnPropertyDescriptor(Object.getPrototypeOf(error), 'name'), {
        ...expected,
        value: 'UnauthorizedError',
      })
      return true
    },
  )
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

test('the user is an enumerable property, as one that is assigned', async (t) => {
  const check = (object) => assert.ok(Object.keys(object).includes('user'))
  const inExpress = require('express')()
  inExpress.use(express.authenticate(OPTIONS))
  inExpress.use((req, res) => {
    check(req)
    res.end()
  })
  const inFastify = require('fastify')()
  t.after(() => inFastify.close())
  await inFastify.register(fastify.authenticate, OPTIONS)
  inFastify.get('/', async (request) => check(request))
  const inKoa = new (require('koa'))()
  inKoa.use(koa.authenticate(OPTIONS))
  inKoa.use((ctx) => {
    check(ctx.state)
    ctx.status = 200
  })
  assert.equal((await (await listen(t, inExpress))('/')).status, 200)
  assert.equal((await inFastify.inject('/')).statusCode, 200)
  assert.equal((await (await listen(t, inKoa.callback()))('/')).status, 200)
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

// Each server runs in a process of its own, as its client must not be polluted.
const POLLUTED = ['http', 'express', 'fastify', 'koa', 'hono', 'fetch', 'event']
const NAMES = {
  'x-zumo-auth': token(),
  'x-zumo-master': MASTER_KEY,
  'x-zumo-application': APPLICATION_KEY,
  masterKey: 'polluted',
  applicationKey: 'polluted',
  clockTolerance: 1e9,
  now: 0,
  exp: 4e9,
  level: 'admin',
  hasApplicationKey: true,
  userId: 'Custom:1',
  uid: 'Custom:1',
  user: 'polluted',
  request: { headers: { 'x-zumo-master': MASTER_KEY } },
  requestProperty: 'headers',
  failWithError: true,
  code: 'polluted',
  0: 'polluted',
}
for (const app of POLLUTED) {
  describe(`${app}: properties of Object.prototype have no effect`, () => {
    let child
    let port
    before(async () => {
      child = fork(`${__dirname}/http/serve.cjs`, [app])
      ;[port] = await once(child, 'message')
    })
    after(() => child.kill())

    for (const [name, value] of Object.entries(NAMES)) {
      test(name, async () => {
        child.send({ name, value })
        await once(child, 'message')
        const expired = { 'x-zumo-auth': token('a', MASTER_KEY, Date.now() - 1000) }
        for (const [path, headers, decision] of [
          ['user', {}, 'Unauthorized'],
          ['application', AUTH, 'Unauthorized'],
          ['admin', AUTH, 'Unauthorized'],
          ['admin', suite.APPLICATION, 'Unauthorized'],
          ['user', expired, 'The authentication token has expired.'],
          ['public', { 'x-zumo-auth': 'randomgoop' }, SIGNATURE],
          ['user', AUTH, { level: 'authenticated', userId: 'Custom:42' }],
          ['admin', MASTER, { level: 'admin' }],
        ]) {
          // Node.js itself appends a header that is sent to one of that name on Object.prototype.
          if (Object.hasOwn(headers, name)) continue
          const answer = await call({ port }, `/both/${path}`, headers)
          if (typeof decision === 'string') assertUnauthorized(answer, decision)
          else {
            const { level, userId } = answer.json()
            assert.deepEqual({ level, userId }, { userId: undefined, ...decision })
          }
        }
      })
    }
  })
}

test('ES modules import the functions by name', async () => {
  for (const [name, adapter] of Object.entries(adapters)) {
    const imported = await import(`zumo-jwt/${name}`)
    for (const [key, value] of Object.entries(adapter)) assert.equal(imported[key], value)
  }
})
