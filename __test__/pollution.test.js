'use strict'

// No property of Object.prototype, Array.prototype or Function.prototype changes what the package does.

const assert = require('node:assert/strict')
const { once } = require('node:events')
const { createServer, get } = require('node:http')
const { before, describe, test } = require('node:test')
const { inspect } = require('node:util')
const fc = require('fast-check')
const { HEADER, ISSUER, MASTER_KEY, NOW, SIGNING_KEY, SITE } = require('./helpers.js')
const { anotherCopy, claims, signRaw } = require('./helpers.js')

const PROTOTYPES = [Object.prototype, Array.prototype, Function.prototype]
const APPLICATION_KEY = 'applicationKeyApplicationKey0123'
const GOOD = signRaw(HEADER, claims({ exp: 9e9 }))
const SITE_CLAIMS = { exp: 9e9, aud: SITE, iss: SITE, sub: 'sid:42' }
const SITE_TOKEN = signRaw({ typ: 'JWT', alg: 'HS256' }, SITE_CLAIMS, Buffer.from(SIGNING_KEY, 'hex'))
const now = new Date(NOW)

const TOKENS = [
  GOOD,
  signRaw({ typ: 'JWT', alg: 'HS256' }, claims({ exp: 9e9, aud: ['other', 'your-aud'] })),
  signRaw({ alg: 'HS256', x: 1 }, claims({ exp: 9e9 })),
  signRaw(HEADER, claims({ exp: 1 })),
  signRaw(HEADER, claims({ exp: 9e9, nbf: 8e9 })),
  signRaw(HEADER, claims({ exp: 9e9, iat: 8e9 })),
  signRaw(HEADER, claims({ exp: 9e9, iss: 'other' })),
  ...['exp', 'iss', 'ver', 'aud', 'uid'].map((name) =>
    signRaw(HEADER, claims({ exp: 9e9, [name]: undefined })),
  ),
  signRaw({ typ: 'JWT' }, claims({ exp: 9e9 })),
  signRaw({ ...HEADER, crit: ['exp'] }, claims({ exp: 9e9 })),
  signRaw(HEADER, claims({ exp: 9e9 }), 'another key'),
  'randomgoop',
]

/** Calls of the package that return or throw. */
function calls({ decode, sign, verify, zumoJwt, ZumoKey }) {
  const key = ZumoKey.fromMasterKey(MASTER_KEY)
  const siteKey = ZumoKey.fromSigningKey(SIGNING_KEY)
  const verifying = TOKENS.flatMap((token) => [
    () => verify(token, MASTER_KEY),
    () => key.verify(token),
    () => verify(token, MASTER_KEY, {}),
    () => key.verify(token, { now }),
    () => verify(token, ['another key', key], { audience: 'your-aud', clockTolerance: 1 }),
    () => key.verify(token, { audience: ['x', 'your-aud'], issuer: [ISSUER, 'x'] }),
    () => key.verify(token, { audience: 'x' }),
    () => key.verify(token, { issuer: 'x' }),
    () => decode(token),
  ])
  const others = [
    () => verify(undefined, key),
    () => verify(GOOD),
    () => verify(GOOD, []),
    () => verify(GOOD, [key, siteKey]),
    () => verify(GOOD, ZumoKey.prototype),
    () => key.verify(GOOD, []),
    () => key.verify(GOOD, { audience: undefined }),
    () => key.verify(GOOD, { audience: [] }),
    () => key.verify(GOOD, { audiance: 'your-aud' }),
    () => key.verify(GOOD, { now: NOW }),
    () => siteKey.verify(SITE_TOKEN, { audience: SITE, issuer: SITE }),
    () => siteKey.verify(SITE_TOKEN, { audience: SITE }),
    () => siteKey.verify(SITE_TOKEN, { issuer: SITE }),
    () => siteKey.verify(SITE_TOKEN),
    () => key.export(),
  ]
  const signing = [
    () => zumoJwt(NOW, 'a', 'u', MASTER_KEY),
    () => key.zumoJwt(now, 'a', 'u'),
    () => key.zumoJwt({ valueOf: () => NOW }, 'a', 'u'),
    () => zumoJwt(NOW, 'a', '', MASTER_KEY),
    () => zumoJwt(undefined, 'a', 'u', MASTER_KEY),
    () => sign({ exp: 1, aud: ['a', 'b'], uid: 'u', more: { list: [1, 'x'] } }, MASTER_KEY),
    () => key.sign({ exp: now, nbf: now, iat: now, aud: 'a', uid: 'u' }),
    () => sign({ exp: 1, aud: 'a', uid: 'u' }, key, { version: 1 }),
    () => sign({ exp: 1, aud: 'a', uid: 'u' }, key, {}),
    () => siteKey.sign(SITE_CLAIMS),
    () => sign({ aud: 'a', uid: 'u' }, key),
    () => sign({ exp: 1, uid: 'u' }, key),
    () => sign({ exp: 1, aud: 'a' }, key),
    () => sign([], key),
    () => sign({ exp: 1, aud: 'a', uid: 'u' }),
    () => new ZumoKey(),
  ]
  return [...verifying, ...others, ...signing.map((call) => Object.assign(call, { signs: true }))]
}

/** Requests that a server received. */
let requests

/** Each request through each authenticate() and authorize(): who sent it, and what it may do. */
function accesses({ authenticate, authorize }, { ZumoKey }) {
  const servers = [
    authenticate({ masterKey: MASTER_KEY, applicationKey: APPLICATION_KEY, failWithError: true }),
    authenticate({ masterKey: ['another key', MASTER_KEY], audience: 'your-aud', failWithError: true }),
    authenticate({ key: ZumoKey.fromMasterKey(MASTER_KEY), issuer: ['x'], failWithError: true }),
  ]
  const permissions = ['public', 'application', 'user', 'authenticated', 'admin'].map(authorize)
  return servers.flatMap((server) =>
    requests.flatMap((request) => [
      () => {
        delete request.user
        passed(server, request)
        // An own property, or nothing.
        return Object.getOwnPropertyDescriptor(request, 'user')
      },
      ...permissions.map((permission) => () => passed(permission, request)),
    ]),
  )
}

/** Whether a middleware lets a request pass. Throws its error. */
function passed(middleware, request) {
  let isPassed = false
  let failure
  middleware(request, undefined, (error) => {
    isPassed = true
    failure = error
  })
  if (failure !== undefined) throw failure
  return isPassed
}

/** What each function does, now or while a prototype has a property. */
function results(functions, pollution) {
  // With their elements from the start, as a setter of a prototype would see what is added.
  const returned = functions.map(() => undefined)
  const thrown = functions.map(() => undefined)
  const run = () => {
    for (let at = 0; at < functions.length; at++) {
      try {
        returned[at] = functions[at]()
      } catch (error) {
        thrown[at] = error
      }
    }
  }
  if (pollution === undefined) run()
  else withProperty(pollution, run)
  return functions.map((_, at) => described(returned[at], thrown[at]))
}

function described(value, error) {
  if (error === undefined) return JSON.stringify(value)
  return `${error.constructor.name} ${error.code} ${error.claim} ${error.message}`
}

/** Runs a function while a prototype has a property. */
function withProperty({ prototype, name, descriptor }, run) {
  const own = Object.getOwnPropertyDescriptor(prototype, name)
  // The length of Array.prototype, which is an array.
  if (own?.configurable === false) return run()
  Object.defineProperty(prototype, name, { __proto__: null, configurable: true, ...descriptor })
  try {
    return run()
  } finally {
    if (own === undefined) {
      delete prototype[name]
      Array.prototype.length = 0
    } else Object.defineProperty(prototype, name, { __proto__: null, ...own })
  }
}

const NAMES = [
  ...['audience', 'issuer', 'clockTolerance', 'now', 'version'],
  ...['masterKey', 'key', 'applicationKey', 'getToken', 'failWithError', 'requestProperty'],
  ...[
    'exp',
    'nbf',
    'iat',
    'iss',
    'ver',
    'aud',
    'uid',
    'sub',
    'alg',
    'typ',
    'kid',
    'b64',
    'crit',
    'enc',
    'cty',
  ],
  ...['value', 'get', 'set', 'writable', 'enumerable', 'configurable'],
  ...[
    '0',
    '1',
    '2',
    '-1',
    '4294967295',
    'length',
    'code',
    'name',
    'message',
    'claim',
    'status',
    'stack',
    'cause',
  ],
  ...['then', 'toJSON', 'user', 'userId', 'claims', 'header', 'signature', 'level', 'headers', 'error'],
  ...['x-zumo-auth', 'x-zumo-master', 'x-zumo-application', 'token', 'signingKey', 'options', ''],
  ...[Symbol.toStringTag, Symbol.toPrimitive, Symbol.isConcatSpreadable, Symbol.for('zumo-jwt.ZumoKey')],
]

const VALUES = [
  ...[undefined, null, true, 0, 1, 1e15, '', 'your-aud', ISSUER, MASTER_KEY, GOOD, now, new Date(0)],
  ...[[], ['your-aud', 0], {}, { value: 1 }, () => true, () => GOOD],
]

const getAndSet = (value) => ({ get: () => value, set() {}, enumerable: true })
const throwing = () => {
  throw new Error('a property of a prototype was used')
}
const TAG = 'Temporal.Instant'
const READABLE = { value: GOOD, writable: true, enumerable: true }
const THROWING = { get: throwing, set: throwing }
const DESCRIPTORS = [
  { value: 1, writable: true },
  { value: 1, enumerable: true },
  READABLE,
  THROWING,
  { set() {} },
  getAndSet(undefined),
  getAndSet(() => true),
  getAndSet(TAG),
]

const anyNewName = fc.oneof(fc.constantFrom(...NAMES), fc.string(), fc.nat().map(String))
const anyDescriptor = fc.oneof(
  fc.record({ value: fc.constantFrom(...VALUES), writable: fc.boolean(), enumerable: fc.boolean() }),
  fc.constantFrom(...VALUES).map(getAndSet),
)
const anyPrototype = fc.constantFrom(...PROTOTYPES)
const anyAddition = fc.record({ prototype: anyPrototype, name: anyNewName, descriptor: anyDescriptor })

/** Each property that a prototype has from the start, with another value. */
const REPLACEMENTS = PROTOTYPES.flatMap((prototype) =>
  Reflect.ownKeys(prototype).flatMap((name) =>
    [undefined, () => true, () => undefined, () => [], function* () {}].map((value) => ({
      prototype,
      name,
      descriptor: { value, writable: true },
    })),
  ),
)

before(async () => {
  const received = []
  const server = createServer((req, res) => {
    received.push(req)
    res.end()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  for (const headers of [
    {},
    ...[GOOD, TOKENS[3], TOKENS[6], 'randomgoop'].map((token) => ({ 'x-zumo-auth': token })),
    { 'x-zumo-master': MASTER_KEY },
    { 'x-zumo-master': 'another' },
    { 'x-zumo-application': APPLICATION_KEY, 'x-zumo-auth': GOOD },
    { 'x-zumo-application': 'another' },
  ]) {
    const [res] = await once(get({ host: '127.0.0.1', port, headers }), 'response')
    await once(res.resume(), 'end')
  }
  server.close()
  requests = received
})

/** Every call of a copy of the package. */
function prepared(load) {
  const api = load('zumo-jwt')
  return [...calls(api), ...accesses(load('zumo-jwt/express'), api)]
}

function assertSame(functions, actual, expected, { prototype, name, descriptor }) {
  for (const [at, call] of functions.entries()) {
    // JSON.stringify() calls toJSON() wherever it comes from.
    if (name === 'toJSON' && call.signs) continue
    if (actual[at] === expected[at]) continue
    assert.equal(actual[at], expected[at], inspect({ call: String(call), prototype, name, descriptor }))
  }
}

describe('a property of a prototype changes no result', () => {
  let functions
  let expected
  before(() => {
    functions = prepared(require)
    expected = results(functions)
  })
  const ADDITIONS = PROTOTYPES.flatMap((prototype) =>
    NAMES.flatMap((name) => DESCRIPTORS.map((descriptor) => ({ prototype, name, descriptor }))),
  )
  const check = (pollution) => assertSame(functions, results(functions, pollution), expected, pollution)

  test('where it is added after the package was loaded and set up', () => {
    ADDITIONS.forEach(check)
    fc.assert(fc.property(anyAddition, check), { numRuns: 1000 })
  })

  test('where it is replaced after the package was loaded and set up', () => REPLACEMENTS.forEach(check))

  test('where it is added before the package is loaded', () => {
    // Node.js itself loads no module where elements of arrays or Symbol.toPrimitive are changed like that.
    const isLoadable = ({ name, descriptor }) =>
      name !== Symbol.toPrimitive && (!/^\d+$/.test(String(name)) || descriptor.writable === true)
    const checkLoad = (pollution) => {
      const loaded = withProperty(pollution, () => anotherCopy(prepared))
      assertSame(loaded, results(loaded, pollution), expected, pollution)
    }
    const some = ADDITIONS.filter(({ descriptor }) => [READABLE, THROWING].includes(descriptor))
    some.filter(isLoadable).forEach(checkLoad)
    // Node.js and the generated loader need the properties that are there from the start.
    const isNew = ({ prototype, name }) => !Object.hasOwn(prototype, name)
    fc.assert(fc.property(anyAddition.filter(isLoadable).filter(isNew), checkLoad), { numRuns: 100 })
  })
})

test('a toJSON() of Object.prototype changes no answer to a refusal', async () => {
  const authorize = require('zumo-jwt/fetch').authenticate({ masterKey: MASTER_KEY })
  const handler = authorize('user', () => new Response())
  const answer = () => handler(new Request('http://localhost/'))
  const expected = await answer().text()
  const pollution = {
    prototype: Object.prototype,
    name: 'toJSON',
    descriptor: { value: () => ({ user: 1 }) },
  }
  assert.equal(await withProperty(pollution, answer).text(), expected)
})
