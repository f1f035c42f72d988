'use strict'

const assert = require('node:assert/strict')
const { test } = require('node:test')
const { sign } = require('zumo-jwt')
const fastify = require('zumo-jwt/fastify')
const { MASTER_KEY } = require('./helpers.js')
const { APPLICATION_KEY, OTHER_KEY } = require('./http/sets.cjs')
const { AUTH, token } = require('./http/suite.cjs')

const OPTIONS = { masterKey: MASTER_KEY, applicationKey: APPLICATION_KEY }

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
