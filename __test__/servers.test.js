'use strict'

const assert = require('node:assert/strict')
const { Agent, createServer, request } = require('node:http')
const { once } = require('node:events')
const { describe, test } = require('node:test')
const { zumoJwt, sign, ZumoKey } = require('zumo-jwt')
const express = require('zumo-jwt/express')
const fastify = require('zumo-jwt/fastify')
const { MASTER_KEY, SIGNING_KEY, SITE, HEADER, claims, forge, mistake } = require('./helpers.js')

const APPLICATION_KEY = 'applicationKeyApplicationKey0123'
const OTHER_KEY = 'otherKeyOtherKeyOtherKeyOtherKey'
const OPTIONS = { masterKey: MASTER_KEY, applicationKey: APPLICATION_KEY }

const PERMISSIONS = ['public', 'application', 'user', 'authenticated', 'admin']
const NOW = Math.floor(Date.now() / 1000)
const SIGNATURE = "The authentication token's signature was malformed or signed by a different key."

function token(userId = 'Custom:42', masterKey = MASTER_KEY, expiry = Date.now() + 60_000) {
  return zumoJwt(expiry, 'Custom', userId, masterKey)
}

const changed = token().replace(/\.(.)/, (_, first) => `.${first === 'e' ? 'f' : 'e'}`)

const SECRETS = [MASTER_KEY, APPLICATION_KEY, OTHER_KEY, SIGNING_KEY]

// Each server answers /PERMISSION under that permission, and everything else to everyone, with
// request.user. What reaches its error handler is answered with the error's name and code; with a
// logger, it is left to what the server does by itself, which is to log it.
const SERVERS = {
  'Express 5': (options) => connectStyle(require('express')(), options),
  'Express 4': (options) => connectStyle(require('express4')(), options),
  Connect: (options) => connectStyle(require('connect')(), options),
  http: plainHttp,
  'Fastify 5': fastifyServer,
}

function answerUser(req, res) {
  res.setHeader('Content-Type', 'application/json')
  res.end(JSON.stringify(req.user))
}

function answerError(error, res) {
  res.statusCode = error.status ?? 500
  res.end(JSON.stringify(handled(error)))
}

function handled({ name, code, message }) {
  return { name, code, message }
}

async function listen(listener) {
  const server = createServer({ maxHeaderSize: 1 << 20 }, listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { port: server.address().port, close: () => server.close() }
}

function connectStyle(app, { logger, ...options }) {
  if (options.masterKey || options.key) app.use(express.authenticate(options))
  for (const permission of PERMISSIONS) app.use(`/${permission}`, express.authorize(permission))
  app.use(answerUser)
  if (!logger) app.use((error, _req, res, _next) => answerError(error, res))
  return listen(app)
}

function plainHttp({ logger, ...options }) {
  const chain = []
  if (options.masterKey || options.key) chain.push(express.authenticate(options))
  const guards = new Map(PERMISSIONS.map((permission) => [`/${permission}`, express.authorize(permission)]))
  return listen((req, res) => {
    const handlers = [...chain, guards.get(req.url) ?? ((_req, _res, next) => next()), answerUser]
    const next = (error) => {
      if (error && logger) console.error(error)
      if (error) answerError(error, res)
      else handlers.shift()(req, res, next)
    }
    next()
  })
}

async function fastifyServer({ logger = false, ...options }) {
  const app = require('fastify')({ http: { maxHeaderSize: 1 << 20 }, logger })
  if (options.masterKey || options.key) app.register(fastify.authenticate, options)
  else app.decorateRequest('user', null)
  if (!logger)
    app.setErrorHandler((error, _req, reply) => reply.code(error.status ?? 500).send(handled(error)))
  const answer = async (req) => req.user
  for (const permission of PERMISSIONS) {
    app.all(`/${permission}`, { onRequest: fastify.authorize(permission) }, answer)
  }
  app.all('/', answer)
  await app.listen({ port: 0, host: '127.0.0.1' })
  return { port: app.server.address().port, close: () => app.close() }
}

const agent = new Agent({ keepAlive: true, maxSockets: 100 })

async function call(port, path, headers = {}, method = 'GET') {
  const req = request({ agent, port, path, method, headers, host: '127.0.0.1' }).end()
  const [res] = await once(req, 'response')
  let text = ''
  for await (const chunk of res.setEncoding('utf8')) text += chunk
  const answer = text + res.rawHeaders.join()
  for (const secret of [...SECRETS, ...[headers['x-zumo-auth'] ?? []].flat().filter(Boolean)]) {
    assert.ok(!answer.includes(secret), 'an answer holds a key or a token')
  }
  return { status: res.statusCode, headers: res.headers, text, json: () => JSON.parse(text) }
}

function assertRefused(answer, message) {
  assert.equal(answer.text, `{"code":401,"error":"Error: ${message}"}`)
  assert.equal(answer.status, 401)
  assert.equal(answer.headers['content-type'], 'application/json')
  assert.equal(answer.headers['www-authenticate'], undefined)
}

const BAD_TOKENS = [
  ['random goop', 'randomgoop', SIGNATURE],
  ['a signature of another key', token('Custom:42', OTHER_KEY), SIGNATURE],
  ['changed claims', changed, SIGNATURE],
  ['an expired token', token('Custom:42', MASTER_KEY, 1e12), 'The authentication token has expired.'],
  [
    'no exp',
    forge(HEADER, claims({ exp: undefined })),
    'The authentication token requires expiration claim.',
  ],
  [
    'nbf ahead',
    forge(HEADER, claims({ exp: NOW + 900, nbf: NOW + 600 })),
    'The authentication token is not valid until after its NotBefore.',
  ],
  [
    'iat ahead',
    forge(HEADER, claims({ exp: NOW + 900, iat: NOW + 600 })),
    'The authentication token is not valid until after its IssuedAt.',
  ],
  ['the scheme Bearer', `Bearer ${token()}`, SIGNATURE],
  ['two tokens', [token(), token()], SIGNATURE],
  ['64 KiB of text', 'a'.repeat(65_536), SIGNATURE],
  [
    'a good token of more than 64 KiB',
    forge(HEADER, claims({ exp: NOW + 900, more: 'a'.repeat(65_536) })),
    SIGNATURE,
  ],
]

const MASTER = { 'x-zumo-master': MASTER_KEY }
const APPLICATION = { 'x-zumo-application': APPLICATION_KEY }
const AUTH = { 'x-zumo-auth': token() }
const WRONG = { 'x-zumo-master': OTHER_KEY, 'x-zumo-application': OTHER_KEY }
const ALL = PERMISSIONS
const OF_USERS = ['public', 'user', 'authenticated']
const ANONYMOUS = { level: 'anonymous' }
const AUTHENTICATED = { level: 'authenticated', userId: 'Custom:42' }
const ADMIN = { level: 'admin' }

const CREDENTIALS = [
  ['nothing', {}, ANONYMOUS, ['public']],
  ['an empty token', { 'x-zumo-auth': '' }, ANONYMOUS, ['public']],
  ['the application key', APPLICATION, ANONYMOUS, ['public', 'application']],
  ['a token', AUTH, AUTHENTICATED, OF_USERS],
  [
    'a token and the application key',
    { ...AUTH, ...APPLICATION },
    AUTHENTICATED,
    [...OF_USERS, 'application'],
  ],
  ['the master key', MASTER, ADMIN, ALL],
  ['the master key and a token', { ...MASTER, ...AUTH }, { ...AUTHENTICATED, level: 'admin' }, ALL],
  ['wrong keys', WRONG, ANONYMOUS, ['public']],
  ['wrong keys and a token', { ...WRONG, ...AUTH }, AUTHENTICATED, OF_USERS],
  [
    'the keys in place of each other',
    { 'x-zumo-master': APPLICATION_KEY, 'x-zumo-application': MASTER_KEY },
    ANONYMOUS,
    ['public'],
  ],
  ['the master key twice', { 'x-zumo-master': [MASTER_KEY, MASTER_KEY] }, ANONYMOUS, ['public']],
  ['empty keys', { 'x-zumo-master': '', 'x-zumo-application': '' }, ANONYMOUS, ['public']],
  ['a part of each key', { 'x-zumo-master': 'm', 'x-zumo-application': 'a' }, ANONYMOUS, ['public']],
]

for (const [name, start] of Object.entries(SERVERS)) {
  describe(name, { concurrency: false }, () => {
    async function started(t, options = OPTIONS) {
      const { port, close } = await start(options)
      t.after(close)
      return (...args) => call(port, ...args)
    }

    test('answers 401 to a bad token, on every route and also beside the keys', async (t) => {
      const get = await started(t)
      for (const [, bad, message] of BAD_TOKENS) {
        for (const path of ['/', '/public', '/user', '/admin']) {
          assertRefused(await get(path, { 'x-zumo-auth': bad }), message)
          assertRefused(await get(path, { 'x-zumo-auth': bad, ...MASTER, ...APPLICATION }), message)
        }
      }
    })

    for (const [sent, headers, user, open] of CREDENTIALS) {
      test(`opens to ${sent}: ${open.join(', ')}`, async (t) => {
        const get = await started(t)
        for (const permission of ['', ...PERMISSIONS]) {
          const answer = await get(`/${permission}`, headers)
          if (permission === '' || open.includes(permission)) {
            const { claims, ...rest } = answer.json()
            assert.equal(answer.status, 200)
            assert.deepEqual(rest, user)
            assert.equal(claims?.uid, user.userId)
            assert.equal(claims?.ver, user.userId && 1)
          } else {
            assertRefused(answer, 'Unauthorized')
          }
        }
      })
    }

    test('treats HEAD as GET, without a body', async (t) => {
      const send = await started(t)
      for (const headers of [{}, AUTH, { 'x-zumo-auth': 'randomgoop' }]) {
        const [get, head] = [await send('/user', headers), await send('/user', headers, 'HEAD')]
        assert.equal(head.status, get.status)
        assert.equal(head.headers['content-type'], get.headers['content-type'])
        assert.equal(head.text, '')
      }
    })

    test('asks the same of OPTIONS: it passes without a token where no permission is needed', async (t) => {
      const send = await started(t)
      assert.equal((await send('/public', {}, 'OPTIONS')).status, 200)
      assertRefused(await send('/user', {}, 'OPTIONS'), 'Unauthorized')
      assert.equal((await send('/user', AUTH, 'OPTIONS')).status, 200)
    })

    test('knows several master keys while they are rotated', async (t) => {
      const bytes = Buffer.from('Ünïcode', 'latin1')
      const get = await started(t, { masterKey: [OTHER_KEY, MASTER_KEY, bytes] })
      for (const masterKey of [OTHER_KEY, MASTER_KEY, bytes]) {
        assert.equal((await get('/user', { 'x-zumo-auth': token('a', masterKey) })).json().userId, 'a')
        assert.equal((await get('/admin', { 'x-zumo-master': masterKey.toString('latin1') })).status, 200)
      }
      assertRefused(await get('/user', { 'x-zumo-auth': token('a', 'retired') }), SIGNATURE)
      assertRefused(await get('/admin', { 'x-zumo-master': 'retired' }), 'Unauthorized')
    })

    test('opens application to the master key alone where there is no application key', async (t) => {
      const get = await started(t, { masterKey: MASTER_KEY })
      for (const sent of ['', 'undefined', APPLICATION_KEY]) {
        assertRefused(await get('/application', { 'x-zumo-application': sent, ...AUTH }), 'Unauthorized')
      }
      assert.equal((await get('/application', MASTER)).status, 200)
    })

    test('accepts the tokens of its audience only', async (t) => {
      const get = await started(t, { ...OPTIONS, audience: ['Custom', 'other'] })
      assert.equal((await get('/user', AUTH)).status, 200)
      const other = await get('/', { 'x-zumo-auth': zumoJwt(Date.now() + 60_000, 'custom', 'a', MASTER_KEY) })
      assert.equal(other.status, 401)
      assert.match(other.json().error, /audience|aud/)
    })

    test('with a key alone verifies tokens and has no admin', async (t) => {
      const get = await started(t, { key: ZumoKey.fromMasterKey(MASTER_KEY) })
      assert.equal((await get('/user', AUTH)).json().userId, 'Custom:42')
      assertRefused(await get('/admin', { ...AUTH, ...MASTER }), 'Unauthorized')
    })

    test('accepts App Service tokens of its site', async (t) => {
      const key = ZumoKey.fromSigningKey(SIGNING_KEY)
      const get = await started(t, { key: [key], audience: SITE, issuer: SITE })
      const claims = { exp: NOW + 60, sub: 'sid:1', aud: SITE, iss: SITE }
      assert.equal((await get('/user', { 'x-zumo-auth': sign(claims, key) })).json().userId, 'sid:1')
      const elsewhere = sign({ ...claims, iss: 'https://other.azurewebsites.net/' }, key)
      assert.equal((await get('/user', { 'x-zumo-auth': elsewhere })).status, 401)
      assertRefused(await get('/user', AUTH), SIGNATURE)
    })

    test('reads the token from where getToken finds it', async (t) => {
      const getToken = (req) => new URL(req.url, 'http://localhost').searchParams.get('token')
      const get = await started(t, { ...OPTIONS, getToken })
      assert.equal((await get(`/?token=${token('Custom:7')}`)).json().userId, 'Custom:7')
      assert.equal((await get('/?token=')).json().level, 'anonymous')
      assert.equal((await get('/', { 'x-zumo-auth': 'randomgoop' })).json().level, 'anonymous')
      assertRefused(await get('/?token=randomgoop'), SIGNATURE)
    })

    test('gives the error handler what getToken throws, or a token that is no text', async (t) => {
      const getToken = (req) => {
        if (req.headers.number) return 1
        throw new RangeError('by getToken')
      }
      const get = await started(t, { ...OPTIONS, getToken })
      const [thrown, number] = [await get('/'), await get('/', { number: 1 })]
      assert.equal(thrown.status, 500)
      assert.deepEqual(thrown.json(), { name: 'RangeError', message: 'by getToken' })
      assert.equal(number.status, 500)
      assert.equal(number.json().code, 'ERR_INVALID_ARG_TYPE')
    })

    test('gives refusals to the error handler with failWithError', async (t) => {
      const get = await started(t, { ...OPTIONS, failWithError: true })
      const [bad, none] = [await get('/public', { 'x-zumo-auth': 'randomgoop' }), await get('/user')]
      assert.equal(bad.status, 401)
      assert.deepEqual(bad.json(), {
        name: 'ZumoJwtError',
        code: 'ERR_ZUMO_JWT_MALFORMED',
        message: SIGNATURE,
      })
      assert.equal(none.status, 401)
      assert.deepEqual(none.json(), { name: 'UnauthorizedError', message: 'Unauthorized' })
      assert.equal((await get('/user', AUTH)).status, 200)
    })

    test('says so where authorize runs without authenticate', async (t) => {
      const get = await started(t, {})
      for (const permission of PERMISSIONS) {
        const answer = await get(`/${permission}`, { ...AUTH, ...MASTER, ...APPLICATION })
        assert.equal(answer.status, 500)
        assert.equal(answer.json().message, 'authorize() needs authenticate() to run before it.')
      }
    })

    test('answers 2,000 concurrent requests each as its own user', async (t) => {
      const get = await started(t)
      await Promise.all(
        Array.from({ length: 2000 }, async (_, i) => {
          const userId = `Custom:${i}`
          if (i % 5 === 0) {
            assertRefused(await get('/user', { 'x-zumo-auth': token(userId, OTHER_KEY) }), SIGNATURE)
          } else if (i % 5 === 1) {
            assertRefused(await get('/user'), 'Unauthorized')
          } else {
            const master = i % 5 === 2 ? MASTER : {}
            const { level, ...user } = (
              await get('/user', { 'x-zumo-auth': token(userId), ...master })
            ).json()
            assert.equal(level, i % 5 === 2 ? 'admin' : 'authenticated')
            assert.equal(user.userId, userId)
            assert.equal(user.claims.uid, userId)
          }
        }),
      )
    })

    test('writes no key and no token to a log', async (t) => {
      let log = ''
      const write = (text) => {
        log += text
        return true
      }
      t.mock.method(process.stderr, 'write', write)
      const logger = { level: 'trace', stream: { write } }
      const get = await started(t, { ...OPTIONS, failWithError: true, logger })
      for (const [, bad] of BAD_TOKENS) await get('/user', { 'x-zumo-auth': bad, ...MASTER, ...APPLICATION })
      await get('/admin', AUTH)
      await get('/', { ...AUTH, ...MASTER })
      process.stderr.write.mock.restore()
      assert.match(log, /ZumoJwtError/)
      assert.match(log, /Unauthorized/)
      const tokens = [token(), ...BAD_TOKENS.flatMap(([, bad]) => bad)]
      for (const secret of [...SECRETS, ...tokens]) assert.ok(!log.includes(secret))
    })
  })
}

const BAD_OPTIONS = [
  [undefined, 'ERR_INVALID_ARG_TYPE', 'options'],
  [null, 'ERR_INVALID_ARG_TYPE', 'options'],
  [{}, 'ERR_INVALID_ARG_VALUE', 'options.masterKey'],
  [{ masterKey: undefined }, 'ERR_INVALID_ARG_VALUE', 'options.masterKey'],
  [{ masterKey: [] }, 'ERR_INVALID_ARG_VALUE', 'options.masterKey'],
  [{ masterKey: '' }, 'ERR_INVALID_ARG_VALUE', 'masterKey'],
  [{ masterKey: 'Schlüssel' }, 'ERR_INVALID_ARG_VALUE', 'masterKey'],
  [{ masterKey: [OTHER_KEY, 1] }, 'ERR_INVALID_ARG_TYPE', 'masterKey'],
  [{ masterKey: ZumoKey.fromMasterKey(OTHER_KEY) }, 'ERR_INVALID_ARG_TYPE', 'masterKey'],
  [{ masterKey: OTHER_KEY, key: ZumoKey.fromMasterKey(OTHER_KEY) }, 'ERR_INVALID_ARG_VALUE', 'options.key'],
  [{ key: OTHER_KEY }, 'ERR_INVALID_ARG_TYPE', 'options.key'],
  [{ key: [] }, 'ERR_INVALID_ARG_VALUE', 'key'],
  [{ key: ZumoKey.fromSigningKey(SIGNING_KEY) }, 'ERR_INVALID_ARG_VALUE', 'options.audience'],
  [{ key: ZumoKey.fromSigningKey(SIGNING_KEY), audience: SITE }, 'ERR_INVALID_ARG_VALUE', 'options.issuer'],
  [{ masterKey: OTHER_KEY, audience: 1 }, 'ERR_INVALID_ARG_TYPE', 'options.audience'],
  [{ masterKey: OTHER_KEY, issuer: [] }, 'ERR_INVALID_ARG_VALUE', 'options.issuer'],
  [{ masterKey: OTHER_KEY, applicationKey: '' }, 'ERR_INVALID_ARG_VALUE', 'options.applicationKey'],
  [
    { masterKey: OTHER_KEY, applicationKey: `${OTHER_KEY}\n` },
    'ERR_INVALID_ARG_VALUE',
    'options.applicationKey',
  ],
  [{ masterKey: OTHER_KEY, applicationKey: 12 }, 'ERR_INVALID_ARG_VALUE', 'options.applicationKey'],
  [{ masterKey: OTHER_KEY, getToken: 'x-token' }, 'ERR_INVALID_ARG_TYPE', 'options.getToken'],
  [{ masterKey: OTHER_KEY, failWithError: 1 }, 'ERR_INVALID_ARG_TYPE', 'options.failWithError'],
  [{ masterKey: OTHER_KEY, masterkey: 'a' }, 'ERR_INVALID_ARG_VALUE', 'options.masterkey'],
]

for (const [i, [options, code, name]] of BAD_OPTIONS.entries()) {
  test(`bad options ${i + 1} are refused at once: ${name}, ${code}`, async () => {
    const expected = mistake(name, code, [OTHER_KEY])
    assert.throws(() => express.authenticate(options), expected)
    // Fastify makes an empty object of absent options.
    if (options) {
      await assert.rejects(async () => require('fastify')().register(fastify.authenticate, options), expected)
    }
  })
}

for (const permission of [undefined, null, '', 'User', 'toString', ['user']]) {
  test(`${JSON.stringify(permission)} is no permission`, () => {
    for (const { authorize } of [express, fastify]) {
      assert.throws(() => authorize(permission), mistake('permission', 'ERR_INVALID_ARG_VALUE'))
    }
  })
}

test('authorize goes by what authenticate found, whatever became of req.user', async (t) => {
  const app = require('express')()
  app.use(express.authenticate(OPTIONS))
  app.use((req, _res, next) => {
    Object.assign(req.user, { level: 'admin' })
    next()
  })
  app.get('/admin', express.authorize('admin'), answerUser)
  const { port, close } = await listen(app)
  t.after(close)
  assertRefused(await call(port, '/admin', AUTH), 'Unauthorized')
})

test('a server with the usual limit answers 431 to a header of 64 KiB itself', async (t) => {
  const server = createServer(() => assert.fail('the request came through')).listen(0, '127.0.0.1')
  t.after(() => server.close())
  await once(server, 'listening')
  const answer = await call(server.address().port, '/', { 'x-zumo-auth': 'a'.repeat(65_536) })
  assert.equal(answer.status, 431)
})

test('Fastify: the scope that registers the plugin has the user, its children too, others not', async (t) => {
  const app = require('fastify')()
  t.after(() => app.close())
  const user = async (req) => ({ user: req.user ?? null })
  app.get('/outside', user)
  app.register(async (scope) => {
    await scope.register(fastify.authenticate, OPTIONS)
    scope.get('/inside', user)
    scope.register(async (child) => child.get('/child', { preHandler: fastify.authorize('user') }, user))
  })
  const get = (url, token) =>
    app.inject({ url, headers: token === undefined ? {} : { 'x-zumo-auth': token } })
  assert.deepEqual((await get('/outside', 'randomgoop')).json(), { user: null })
  assert.equal((await get('/inside')).json().user.level, 'anonymous')
  assert.equal((await get('/inside', 'randomgoop')).statusCode, 401)
  assert.equal((await get('/child')).statusCode, 401)
  assert.equal((await get('/child', token())).json().user.userId, 'Custom:42')
})

test('Fastify: two scopes have each their own keys', async (t) => {
  const app = require('fastify')()
  t.after(() => app.close())
  for (const masterKey of [MASTER_KEY, OTHER_KEY]) {
    app.register(async (scope) => {
      await scope.register(fastify.authenticate, { masterKey })
      scope.get(`/${masterKey}`, { onRequest: fastify.authorize('user') }, async (req) => req.user)
    })
  }
  for (const masterKey of [MASTER_KEY, OTHER_KEY]) {
    const headers = { 'x-zumo-auth': token('Custom:1', masterKey) }
    for (const url of [`/${MASTER_KEY}`, `/${OTHER_KEY}`]) {
      assert.equal((await app.inject({ url, headers })).statusCode, url === `/${masterKey}` ? 200 : 401)
    }
  }
})

test('Fastify: a bad token is refused on a route that does not exist', async (t) => {
  const app = require('fastify')()
  t.after(() => app.close())
  await app.register(fastify.authenticate, OPTIONS)
  assert.equal((await app.inject({ url: '/none', headers: AUTH })).statusCode, 404)
  assert.equal((await app.inject({ url: '/none', headers: { 'x-zumo-auth': 'randomgoop' } })).statusCode, 401)
})

test('Fastify: the plugin names itself where the decorator is taken', async () => {
  const app = require('fastify')()
  await app.register(fastify.authenticate, OPTIONS)
  assert.ok(app.hasPlugin('zumo-jwt'))
  await assert.rejects(async () => app.register(fastify.authenticate, OPTIONS), {
    code: 'FST_ERR_DEC_ALREADY_PRESENT',
  })
  await app.close()
})

test('ES modules import both functions by name', async () => {
  const modules = await Promise.all([import('zumo-jwt/express'), import('zumo-jwt/fastify')])
  assert.deepEqual(
    modules.map(({ authenticate, authorize }) => [authenticate, authorize]),
    [express, fastify].map(({ authenticate, authorize }) => [authenticate, authorize]),
  )
})
