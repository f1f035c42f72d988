'use strict'

const assert = require('node:assert/strict')
const { test } = require('node:test')
const { ZumoKey } = require('zumo-jwt')
const adapters = {
  express: require('zumo-jwt/express'),
  fastify: require('zumo-jwt/fastify'),
  koa: require('zumo-jwt/koa'),
  hono: require('zumo-jwt/hono'),
  fetch: require('zumo-jwt/fetch'),
}
const { MASTER_KEY, SIGNING_KEY, SITE, argumentError } = require('./helpers.js')
const { APPLICATION_KEY, OTHER_KEY } = require('./http/sets.cjs')
const { AUTH, token } = require('./http/suite.cjs')

const { express, fastify, koa, hono } = adapters
const OPTIONS = { masterKey: MASTER_KEY, applicationKey: APPLICATION_KEY }

const TYPE = 'ERR_INVALID_ARG_TYPE'
const VALUE = 'ERR_INVALID_ARG_VALUE'
const RANGE = 'ERR_OUT_OF_RANGE'
const appService = ZumoKey.fromSigningKey(SIGNING_KEY)
const mobileServices = ZumoKey.fromMasterKey(OTHER_KEY)
const MASTER_KEYS = 'a string or a Uint8Array, or an array of them.'
const KEYS = 'a ZumoKey, or an array of them.'
const ABSENT =
  'absent: there is no such option. Choose from audience, issuer, clockTolerance, masterKey, key, applicationKey, ' +
  'getToken, onRefusal, failWithError'
const NO_SPACES = 'a non-empty string of ASCII characters without spaces.'

/** [options, the name of one, code, message after "must be"] */
const BAD_OPTIONS = [
  ...[null, new Map([['masterKey', OTHER_KEY]])].map((options) => [options, '', TYPE, 'a plain object.']),
  ...[undefined, {}].map((options) => [options, '.masterKey', VALUE, 'given, or else "options.key".']),
  [{ masterKey: undefined, key: mobileServices }, '.masterKey', TYPE, `${MASTER_KEYS} It is undefined.`],
  [{ key: [mobileServices, appService] }, '.key', VALUE, 'keys of one service.'],
  [{ key: appService }, '.audience', VALUE, 'given where the key is an App Service key.'],
  [{ key: appService, audience: SITE }, '.issuer', VALUE, 'given where the key is an App Service key.'],
]

/** [option beside a master key, value, code, message after "must be", the element] */
for (const [option, value, code, must, element = ''] of [
  ['masterKey', undefined, TYPE, `${MASTER_KEYS} It is undefined.`],
  ['masterKey', mobileServices, TYPE, `${MASTER_KEYS} It is a ZumoKey: give it as options.key.`],
  [
    'masterKey',
    [mobileServices],
    TYPE,
    `a string or a Uint8Array. It is a ZumoKey: give it as options.key.`,
    '[0]',
  ],
  ['masterKey', [OTHER_KEY, 1], TYPE, 'a string or a Uint8Array.', '[1]'],
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
  ['now', new Date(0), VALUE, `${ABSENT}, requestProperty.`],
]) {
  const masterKey = [MASTER_KEY, Buffer.from(OTHER_KEY)]
  BAD_OPTIONS.push([{ masterKey, [option]: value }, `.${option}${element}`, code, must])
}

/** Asserts that a call fails as it should, and that the stack shows which line of the caller did it. */
function assertMistake(call, expected) {
  assert.throws(call, (error) => {
    assert.ok(error.stack.includes(__filename), error.stack)
    return expected(error)
  })
}

for (const [options, name, code, must] of BAD_OPTIONS) {
  test(`options${name} must be ${must}`, async () => {
    const errorEnding = (ending) => argumentError(`options${name}`, code, [OTHER_KEY], ending)
    assertMistake(() => express.authenticate(options), errorEnding(must))
    // Fastify gives the plugin an object if the options are null or undefined.
    if (options === null) return
    const register = async () => require('fastify')().register(fastify.authenticate, options)
    await assert.rejects(register, errorEnding(`${must} These are the options of zumo-jwt/fastify.`))
  })
}

for (const [name, { authenticate }] of Object.entries({ koa, hono, fetch: adapters.fetch })) {
  test(`${name}: a mistake in the options is an error when it is set up`, () => {
    const unknown = argumentError('options.requestProperty', VALUE, [OTHER_KEY], `${ABSENT}.`)
    assertMistake(() => authenticate({ masterKey: OTHER_KEY, requestProperty: 'user' }), unknown)
    const deep = argumentError('options.masterKey[0]', VALUE, [], 'non-empty.')
    assertMistake(() => authenticate({ masterKey: [''] }), deep)
  })
}

for (const permission of [undefined, null, '', 'User', 'toString', '__proto__', ['user']]) {
  test(`${JSON.stringify(permission)} is not a permission`, () => {
    const note = permission === undefined ? ' It is undefined.' : ''
    const must = `one of public, application, user, authenticated, admin.${note}`
    const expected = argumentError('permission', VALUE, [], must)
    for (const { authorize } of [express, fastify, koa, hono]) {
      assertMistake(() => authorize(permission), expected)
    }
    const authorize = adapters.fetch.authenticate(OPTIONS)
    assertMistake(() => authorize(permission, () => {}), expected)
  })
}

test('a handler that is not a function is an error when it is set up', () => {
  const authorize = adapters.fetch.authenticate(OPTIONS)
  assertMistake(() => authorize('user'), argumentError('handler', TYPE, [], 'a function. It is undefined.'))
  for (const handler of [null, {}, 'handler']) {
    assertMistake(() => authorize('user', handler), argumentError('handler', TYPE, [], 'a function.'))
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
