'use strict'

// Every public function and method with every wrong kind of every argument, option and claim.

const assert = require('node:assert/strict')
const { test } = require('node:test')
const { runInNewContext } = require('node:vm')
const { decode, sign, verify, zumoJwt, ZumoJwtError, ZumoKey } = require('zumo-jwt')
const { HEADER, ISSUER, MASTER_KEY, NOW, SIGNING_KEY } = require('../helpers.js')
const { anotherCopy, assertHoldsNone, claims, signRaw } = require('../helpers.js')

// What no error may hold, as text, as a name and as digits.
const SECRET = 'SecretValue'
const DIGITS = 4242424242
// The name of an option is shown.
const MEMBER = 'member'
const SECRETS = [SECRET, String(DIGITS), MASTER_KEY, SIGNING_KEY]

const BYTES = Buffer.from(MASTER_KEY)
const inMemory = (memory, bytes = BYTES) => {
  const view = new Uint8Array(memory)
  view.set(bytes)
  return view
}
const detached = new Uint8Array(8)
structuredClone(detached.buffer, { transfer: [detached.buffer] })
const shrunk = new Uint8Array(new ArrayBuffer(8, { maxByteLength: 8 }), 4)
shrunk.buffer.resize(2)

class LyingBytes extends Uint8Array {
  get buffer() {
    return new SharedArrayBuffer(1)
  }
  get length() {
    return 1
  }
  get byteLength() {
    return 1
  }
  get [Symbol.toStringTag]() {
    return SECRET
  }
}

class LyingArray extends Array {
  static get [Symbol.species]() {
    return () => assert.fail('elements of an argument reach its own class')
  }
  map() {
    assert.fail('an argument runs its own methods')
  }
  [Symbol.iterator]() {
    assert.fail('an argument runs its own methods')
  }
}

const revoked = (target) => {
  const { proxy, revoke } = Proxy.revocable(target, {})
  revoke()
  return proxy
}

const foreign = (code) => runInNewContext(code, { SECRET, NOW, BYTES: [...BYTES] })

/** As Temporal.Instant, which Node.js has from version 26 on. */
class Instant {
  get [Symbol.toStringTag]() {
    return 'Temporal.Instant'
  }
  valueOf() {
    throw new TypeError(SECRET)
  }
}

/** As moment, dayjs and Luxon have. */
class Time {
  valueOf() {
    return NOW - 1
  }
}

/** Values of every kind, in groups of which some arguments take all. */
const KINDS = {
  absent: {
    undefined: undefined,
  },
  strings: {
    'an empty string': '',
    'a string with a lone surrogate': `${SECRET}\ud800`,
    'a string that is not ASCII': `${SECRET}Ł`,
    'a string of 1 MB': SECRET.repeat(1e5),
  },
  numbers: {
    NaN: Number.NaN,
    Infinity: Infinity,
    'a negative number': -DIGITS,
    'a fraction': DIGITS + 0.5,
    'a number': DIGITS,
  },
  times: {
    'a Date': new Date(NOW - 1),
    'a Date of another realm': foreign('new Date(NOW - 1)'),
    'an object with a valueOf': { valueOf: () => NOW - 1 },
    'a boxed number': Object(DIGITS),
    'an object with a valueOf and a tag': new (class extends Time {
      get [Symbol.toStringTag]() {
        return 'Time'
      }
    })(),
    'an object with a valueOf and a tag that is no text': new (class extends Time {
      get [Symbol.toStringTag]() {
        return DIGITS
      }
    })(),
  },
  'invalid times': {
    'an invalid Date': new Date(Number.NaN),
    'an invalid Date of another realm': foreign('new Date(NaN)'),
    'an object whose valueOf gives NaN': { valueOf: () => Number.NaN },
  },
  bytes: {
    'a Buffer': BYTES,
    'a Uint8Array': new Uint8Array(BYTES),
    'a Uint8Array of another realm': foreign('Uint8Array.from(BYTES)'),
    'a Uint8Array over a part of its buffer': inMemory(new ArrayBuffer(64)).subarray(0, 32),
    'a Uint8Array over shared memory': inMemory(new SharedArrayBuffer(32)),
    'a Uint8Array over growable shared memory': inMemory(new SharedArrayBuffer(32, { maxByteLength: 64 })),
    'a Uint8Array over a resizable buffer': inMemory(new ArrayBuffer(32, { maxByteLength: 64 })),
    'a Uint8Array that lies about its memory': LyingBytes.from(BYTES),
    'a Uint8Array over shared memory that lies about it': Object.defineProperty(
      inMemory(new SharedArrayBuffer(32)),
      'buffer',
      { value: new ArrayBuffer(32) },
    ),
  },
  'no bytes': {
    'an empty Uint8Array': new Uint8Array(),
    'a detached Uint8Array': detached,
    'a Uint8Array beyond the end of its resized buffer': shrunk,
  },
  'other memory': {
    'a Uint8ClampedArray': new Uint8ClampedArray(BYTES),
    'an Int8Array': new Int8Array(BYTES),
    'a Uint16Array': new Uint16Array(BYTES.length),
    'a Float64Array': new Float64Array(4),
    'a BigUint64Array': new BigUint64Array(4),
    'a DataView': new DataView(new ArrayBuffer(32)),
    'an ArrayBuffer': new ArrayBuffer(32),
    'a SharedArrayBuffer': new SharedArrayBuffer(32),
  },
  keys: {
    'a ZumoKey': ZumoKey.fromMasterKey(MASTER_KEY),
  },
  'keys of another copy': {
    'a ZumoKey of another copy of the package': anotherCopy().ZumoKey.fromMasterKey(MASTER_KEY),
  },
  'empty arrays': {
    'an empty array': [],
    'an empty array of another realm': foreign('[]'),
  },
  arrays: {
    'an array of strings': [MASTER_KEY],
    'an array of strings of another realm': Object.assign(foreign('[]'), [MASTER_KEY]),
    'a subclass of Array with a species and methods of its own': LyingArray.from([MASTER_KEY]),
    'a Proxy of an array': new Proxy([MASTER_KEY], {}),
  },
  'arrays with holes': {
    'a huge array': new Array(2 ** 32 - 1),
    'an array with a hole': Object.assign(new Array(2), { 1: MASTER_KEY }),
  },
  objects: {
    'an empty object': {},
    'an object without a prototype': { __proto__: null },
    'an object of another realm': foreign('({})'),
    'a Proxy of an object': new Proxy({}, {}),
  },
  'objects with members': {
    'an object': { [MEMBER]: SECRET },
    'an array-like': { 0: SECRET, length: 1 },
    'a huge array-like': { 0: SECRET, length: Number.MAX_SAFE_INTEGER },
  },
  instances: {
    'arguments of a function': (function () {
      // biome-ignore lint/complexity/noArguments: such objects are what is tested.
      return arguments
    })(SECRET),
    'an object with an inherited member': Object.create({ [SECRET]: SECRET }),
    'an object that inherits from one without a prototype': Object.create({
      __proto__: null,
      [SECRET]: SECRET,
    }),
    'an object that inherits from one like Object.prototype': Object.create({ isPrototypeOf: () => true }),
    'a Map': new Map([[SECRET, SECRET]]),
    'a Set': new Set([SECRET]),
    'a RegExp': new RegExp(SECRET),
    'an Error': new Error(SECRET),
    'a Promise': Promise.resolve(SECRET),
    'a WeakRef': new WeakRef({ SECRET }),
    'an instance of a class': new (class {
      [SECRET] = SECRET
    })(),
    'a generator': (function* () {
      yield SECRET
    })(),
    'an Instant of Temporal': new Instant(),
    'an object named by a tag': Object.create({ [Symbol.toStringTag]: SECRET }),
    'a boxed boolean': Object(true),
    'a boxed symbol': Object(Symbol(SECRET)),
    'a Proxy of a Uint8Array': new Proxy(new Uint8Array(BYTES), {}),
    'a Proxy of a ZumoKey': new Proxy(ZumoKey.fromMasterKey(MASTER_KEY), {}),
    'globalThis of another realm': foreign('globalThis'),
  },
  'boxed values': {
    'a boxed string': Object(SECRET),
    'a boxed string of another realm': foreign('Object(SECRET)'),
    'a boxed BigInt': Object(BigInt(DIGITS)),
  },
  'what is no object': {
    null: null,
    true: true,
    'a BigInt': BigInt(DIGITS),
    'a symbol': Symbol(SECRET),
    'a function': () => SECRET,
    'a function of another realm': foreign('() => SECRET'),
    'a class': class SecretValue {},
    'a Proxy of a function': new Proxy(() => SECRET, {}),
    'a revoked Proxy': revoked({}),
    'a revoked Proxy of an array': revoked([]),
    'a revoked Proxy of a function': revoked(() => SECRET),
  },
}

// What a call does: it returns, throws the error of a token, or says what an argument must be.
const RETURNS = { returns: true }
const refused = (code) => ({ code: `ERR_ZUMO_JWT_${code}` })
const invalid = (code, must, name) => ({ code, must, name })
const type = (must, name) => invalid('ERR_INVALID_ARG_TYPE', must, name)
const value = (must, name) => invalid('ERR_INVALID_ARG_VALUE', must, name)
const range = (must, name) => invalid('ERR_OUT_OF_RANGE', must, name)
const noted = (outcome, note) => ({ ...outcome, note })

const UNDEFINED = ' It is undefined.'
const OURS = ' It is a ZumoKey.'
const OTHERS = ' It is a ZumoKey of another copy of zumo-jwt.'

const WELL_FORMED = value('well-formed Unicode, without lone surrogates')
const TOO_LONG = value('short enough for a token of at most 64 KiB')
const ASCII = value('ASCII text; a key of other bytes is given as a Uint8Array')
const NON_EMPTY = value('non-empty')
const LONE = 'a string with a lone surrogate'
const LONG = 'a string of 1 MB'
const NOT_ASCII = 'a string that is not ASCII'

/** What is wrong with an argument by kind, else by group, else in general. */
const EXPIRY = {
  otherwise: type('a Date, a number of milliseconds, or an object whose valueOf() gives one'),
  numbers: RETURNS,
  times: RETURNS,
  NaN: range('a finite number of milliseconds in the range of Date'),
  Infinity: range('a finite number of milliseconds in the range of Date'),
  'invalid times': range('a finite number of milliseconds in the range of Date'),
}
const AUD = { otherwise: type('a string'), strings: RETURNS, [LONE]: WELL_FORMED, [LONG]: TOO_LONG }
const USER_ID = { ...AUD, 'an empty string': NON_EMPTY }

const MASTER_KEYS = {
  otherwise: type('a string or a Uint8Array'),
  strings: RETURNS,
  'an empty string': NON_EMPTY,
  [LONE]: ASCII,
  [NOT_ASCII]: ASCII,
  bytes: RETURNS,
  'no bytes': NON_EMPTY,
  keys: noted(type('a string or a Uint8Array'), OURS),
  'keys of another copy': noted(type('a string or a Uint8Array'), OTHERS),
}
const DIGITS_OR_BYTES = value('64 hexadecimal digits or 32 bytes')
const SIGNING_KEYS = {
  ...MASTER_KEYS,
  strings: DIGITS_OR_BYTES,
  'an empty string': DIGITS_OR_BYTES,
  [LONE]: DIGITS_OR_BYTES,
  [NOT_ASCII]: DIGITS_OR_BYTES,
  'no bytes': DIGITS_OR_BYTES,
}
const ANY_KEY = 'a string, a Uint8Array or a ZumoKey'
const KEY = {
  ...MASTER_KEYS,
  otherwise: type(ANY_KEY),
  keys: RETURNS,
  'keys of another copy': noted(type(ANY_KEY), OTHERS),
}
const KEYS = {
  ...KEY,
  otherwise: type(`${ANY_KEY}, or an array of them`),
  [LONG]: refused('SIGNATURE'),
  'keys of another copy': noted(type(`${ANY_KEY}, or an array of them`), OTHERS),
  'empty arrays': value(`${ANY_KEY}, or a non-empty array of them`),
  arrays: RETURNS,
  'arrays with holes': noted(type(ANY_KEY, 'key[0]'), UNDEFINED),
}

const NO_OPTION = 'absent: there is no such option'
const OPTIONS = {
  otherwise: type('a plain object'),
  absent: RETURNS,
  objects: RETURNS,
  'an object': value(NO_OPTION, `options.${MEMBER}`),
  'an array-like': value(NO_OPTION, 'options.0'),
  'arguments of a function': value(NO_OPTION, 'options.0'),
  'a huge array-like': value(NO_OPTION, 'options.0'),
  'an object with a valueOf': value(NO_OPTION, 'options.valueOf'),
  'an object whose valueOf gives NaN': value(NO_OPTION, 'options.valueOf'),
}
const VERSION = { otherwise: type('1 or 2'), numbers: value('1 or 2') }

const STRINGS = {
  otherwise: type('a string or an array of strings'),
  'empty arrays': value('a string or a non-empty array of strings'),
  [LONE]: WELL_FORMED,
}
const AUDIENCE = {
  ...STRINGS,
  strings: refused('AUDIENCE'),
  arrays: refused('AUDIENCE'),
  'arrays with holes': noted(type('a string', 'options.audience[0]'), UNDEFINED),
}
const ISSUERS = {
  ...STRINGS,
  strings: refused('ISSUER'),
  arrays: refused('ISSUER'),
  'arrays with holes': noted(type('a string', 'options.issuer[0]'), UNDEFINED),
}
const STRING = { otherwise: type('a string'), strings: RETURNS, [LONE]: WELL_FORMED }
const TOLERANCE = {
  otherwise: type('a number of seconds'),
  numbers: RETURNS,
  NaN: range('a finite number of seconds, at least 0'),
  Infinity: range('a finite number of seconds, at least 0'),
  'a negative number': range('a finite number of seconds, at least 0'),
}
const DATE = {
  otherwise: type('a Date'),
  'a Date': RETURNS,
  'a Date of another realm': RETURNS,
  'an invalid Date': range('a valid Date'),
  'an invalid Date of another realm': range('a valid Date'),
}

const NO_JSON = value(
  'an object of JSON values, without circular references and BigInts, at most 128 levels deep',
)
const NO_OBJECT = value('an object of JSON values without lone surrogates, at most 128 levels deep')
const NO_EXP = value('a number of seconds or a Date', 'claims.exp')
const CLAIMS = {
  otherwise: NO_EXP,
  absent: type('an object'),
  strings: type('an object'),
  numbers: type('an object'),
  'what is no object': type('an object'),
  'empty arrays': type('an object'),
  arrays: type('an object'),
  'arrays with holes': type('an object'),
  // Objects that JSON.stringify() does not write as objects.
  'a Date': NO_OBJECT,
  'a Date of another realm': NO_OBJECT,
  'a boxed number': NO_OBJECT,
  'an invalid Date': NO_OBJECT,
  'an invalid Date of another realm': NO_OBJECT,
  'a boxed boolean': NO_OBJECT,
  'boxed values': NO_OBJECT,
  'a boxed BigInt': NO_JSON,
  'a BigUint64Array': NO_JSON,
}

const TOKEN = signRaw(HEADER, claims({ exp: 9e9 }))
const MOBILE = ZumoKey.fromMasterKey(MASTER_KEY)
const CLAIMS_TO_SIGN = { exp: 1, aud: 'a', uid: 'u' }

// The functions and the methods that do the same: [name, call].
const MINTS = [
  ['zumoJwt()', (expiry, aud, userId) => zumoJwt(expiry, aud, userId, MASTER_KEY)],
  ['ZumoKey#zumoJwt()', (...args) => MOBILE.zumoJwt(...args)],
]
const SIGNS = [
  ['sign()', (members, options) => sign(members, MASTER_KEY, options)],
  ['ZumoKey#sign()', (...args) => MOBILE.sign(...args)],
]
const VERIFIES = [
  ['verify()', (token, options) => verify(token, MASTER_KEY, options)],
  ['ZumoKey#verify()', (...args) => MOBILE.verify(...args)],
]
const now = new Date(NOW)

/** [function, argument, a call with that argument alone wrong, what is to happen] */
const TABLE = [
  ['zumoJwt()', 'masterKey', (it) => zumoJwt(0, 'a', 'u', it), MASTER_KEYS],
  ...MINTS.flatMap(([name, call]) => [
    [name, 'expiry', (it) => call(it, 'a', 'u'), EXPIRY],
    [name, 'aud', (it) => call(0, it, 'u'), AUD],
    [name, 'userId', (it) => call(0, 'a', it), USER_ID],
  ]),
  ['sign()', 'key', (it) => sign(CLAIMS_TO_SIGN, it), KEY],
  ...SIGNS.flatMap(([name, call]) => [
    [name, 'claims', (it) => call(it), CLAIMS],
    [name, 'options', (it) => call(CLAIMS_TO_SIGN, it), OPTIONS],
    [name, 'options.version', (version) => call(CLAIMS_TO_SIGN, { version }), VERSION],
  ]),
  ['verify()', 'key', (it) => verify(TOKEN, it, { now }), KEYS],
  ['verify()', 'key[0]', (it) => verify(TOKEN, [it, MASTER_KEY], { now }), KEY],
  ['verify()', 'key[1]', (it) => verify(TOKEN, [MASTER_KEY, it], { now }), KEY],
  ...VERIFIES.flatMap(([name, call]) => [
    [name, 'token', (it) => call(it, { now }), { otherwise: refused('MALFORMED') }],
    [name, 'options', (it) => call(TOKEN, it), OPTIONS],
    [name, 'options.audience', (audience) => call(TOKEN, { audience, now }), AUDIENCE],
    [name, 'options.audience[0]', (it) => call(TOKEN, { audience: [it, 'your-aud'], now }), STRING],
    [name, 'options.audience[1]', (it) => call(TOKEN, { audience: ['your-aud', it], now }), STRING],
    [name, 'options.issuer', (issuer) => call(TOKEN, { issuer, now }), ISSUERS],
    [name, 'options.issuer[0]', (it) => call(TOKEN, { issuer: [it, ISSUER], now }), STRING],
    [name, 'options.issuer[1]', (it) => call(TOKEN, { issuer: [ISSUER, it], now }), STRING],
    [name, 'options.clockTolerance', (it) => call(TOKEN, { clockTolerance: it, now }), TOLERANCE],
    [name, 'options.now', (it) => call(TOKEN, { now: it }), DATE],
  ]),
  ['decode()', 'token', decode, { otherwise: refused('MALFORMED') }],
  ['ZumoKey.fromMasterKey()', 'masterKey', ZumoKey.fromMasterKey, MASTER_KEYS],
  ['ZumoKey.fromSigningKey()', 'signingKey', ZumoKey.fromSigningKey, SIGNING_KEYS],
]

/** The error of a call, or undefined. */
function errorOf(call) {
  try {
    call()
  } catch (error) {
    return error
  }
}

function described(error) {
  if (error === undefined) return RETURNS
  const { constructor: Class, code, message } = error
  const keys = Object.keys(error)
  return Class === ZumoJwtError ? { Class, code, keys: keys.slice(0, 2) } : { Class, code, message, keys }
}

function expectation(outcome, argument, it) {
  const { code, must, name = argument, note = it === undefined ? UNDEFINED : '' } = outcome
  if (outcome === RETURNS) return RETURNS
  if (must === undefined) return { Class: ZumoJwtError, code, keys: ['code', 'status'] }
  const Class = code === 'ERR_OUT_OF_RANGE' ? RangeError : TypeError
  const noun = name.includes('.') ? 'property' : 'argument'
  return { Class, code, message: `The "${name}" ${noun} must be ${must}.${note}`, keys: ['code'] }
}

for (const [name, argument, call, outcomes] of TABLE) {
  test(`${argument} of ${name}`, () => {
    for (const [group, kinds] of Object.entries(KINDS)) {
      for (const [kind, it] of Object.entries(kinds)) {
        const expected = outcomes[kind] ?? outcomes[group] ?? outcomes.otherwise
        const error = errorOf(() => call(it))
        if (error !== undefined) assertHoldsNone(error, SECRETS)
        assert.deepEqual({ kind, ...described(error) }, { kind, ...expectation(expected, argument, it) })
      }
    }
  })
}
