'use strict'

// Sets of options for authenticate(). Each test server of apps.cjs has all of them, each under its own name.
const { verify, ZumoKey } = require('zumo-jwt')
const { MASTER_KEY, SIGNING_KEY, SITE } = require('../helpers.js')

const APPLICATION_KEY = 'applicationKeyApplicationKey0123'
const OTHER_KEY = 'otherKeyOtherKeyOtherKeyOtherKey'
const LATIN1_KEY = Buffer.from('Ünïcode', 'latin1')

const PERMISSIONS = ['public', 'application', 'user', 'authenticated', 'admin']

/** What getToken does with `?value=NAME`, and onRefusal with `?refusal=NAME`. */
const VALUES = {
  zero: () => 0,
  false: () => false,
  object: () => ({ toString: () => 'token' }),
  function: () => () => 'token',
  undefined: () => undefined,
  null: () => null,
  promise: () => Promise.resolve('token'),
  rejection: () => Promise.reject(new Error('rejected')),
  // biome-ignore lint/suspicious/noThenProperty: this one is meant to be a thenable
  thenable: () => ({ then: (_resolve, reject) => setImmediate(() => reject?.(new Error('rejected'))) }),
  'then throws': () => ({
    // biome-ignore lint/suspicious/noThenProperty: this one too
    get then() {
      throw 'route'
    },
  }),
  'thrown error': () => {
    throw new RangeError('by an option')
  },
  'thrown ZumoJwtError': () => verify('', MASTER_KEY),
  'thrown undefined': () => {
    throw undefined
  },
  'thrown text': () => {
    throw 'route'
  },
}

/** What onRefusal does to the error with `?refusal=NAME`. */
const CHANGES = {
  'unreadable message': (error) =>
    Object.defineProperty(error, 'message', {
      get() {
        throw undefined
      },
    }),
  'another status': (error) => Object.assign(error, { status: 200, message: 'changed' }),
  frozen: Object.freeze,
}

const queryOf = (request) =>
  new URL((request.req ?? request.request ?? request).url, 'http://localhost').searchParams

/** The token in the query; several are an array, as in the query of Express and Fastify. */
function getToken(request) {
  const query = queryOf(request)
  if (query.has('value')) return VALUES[query.get('value')]()
  const tokens = query.getAll('token')
  return tokens.length > 1 ? tokens : tokens[0]
}

const refusals = {}

/** Keeps the refusals of `?id=ID`, which it throws for `?report=ID`: a test may run in another process. */
function onRefusal(error, request) {
  const query = queryOf(request)
  if (query.has('report')) throw new Error(JSON.stringify(refusals[query.get('report')] ?? []))
  refusals[query.get('id')] = [...(refusals[query.get('id')] ?? []), error.code]
  return { ...VALUES, ...CHANGES }[query.get('refusal')]?.(error)
}

const both = { masterKey: MASTER_KEY, applicationKey: APPLICATION_KEY }

const SETS = {
  both,
  rotated: { masterKey: [OTHER_KEY, MASTER_KEY, LATIN1_KEY] },
  'master-key': { masterKey: MASTER_KEY },
  audience: { ...both, audience: ['Custom', 'other'] },
  tolerance: { ...both, clockTolerance: 3600 },
  key: { key: ZumoKey.fromMasterKey(MASTER_KEY) },
  node6: { masterKey: MASTER_KEY, key: ZumoKey.fromMasterKey(MASTER_KEY, { node6: true }) },
  'app-service': { key: [ZumoKey.fromSigningKey(SIGNING_KEY)], audience: SITE, issuer: SITE },
  functions: { ...both, getToken, onRefusal },
  'fail-with-error': { ...both, failWithError: true },
  /** Without authenticate. */
  none: undefined,
}

module.exports = { APPLICATION_KEY, CHANGES, LATIN1_KEY, OTHER_KEY, PERMISSIONS, SETS, VALUES }
