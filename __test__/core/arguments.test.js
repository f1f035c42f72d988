'use strict'

// Every public function and method with every wrong kind of every argument, option and claim that people pass.

const assert = require('node:assert/strict')
const { test } = require('node:test')
const { runInNewContext } = require('node:vm')
const { decode, sign, verify, zumoJwt, ZumoJwtError, ZumoKey } = require('zumo-jwt')
const { HEADER, ISSUER, MASTER_KEY, NOW, SIGNING_KEY } = require('../helpers.js')
const { anotherCopy, assertHoldsNone, claims, signRaw } = require('../helpers.js')

// What no error may hold.
const SECRET = 'SecretValue'
const DIGITS = 4242424242
const SECRETS = [SECRET, String(DIGITS), MASTER_KEY, SIGNING_KEY]

const BYTES = Buffer.from(MASTER_KEY)
const shared = Buffer.from(new SharedArrayBuffer(BYTES.length))
shared.set(BYTES)
// Jest runs tests in another realm than Node.js itself.
const foreign = (code) => runInNewContext(code, { NOW, BYTES: [...BYTES] })

/** Values of every kind, in groups of which some arguments take all. */
const KINDS = {
  absent: { undefined: undefined },
  strings: {
    'an empty string': '',
    'a string with a lone surrogate': `${SECRET}\ud800`,
    'a string that is not ASCII': `${SECRET}Ł`,
    'a string of 1 MB': SECRET.repeat(1e5),
  },
  numbers: { NaN: Number.NaN, Infinity: Infinity, 'a negative number': -DIGITS, 'a number': DIGITS + 0.5 },
  times: {
    'a Date': new Date(NOW - 1),
    'a Date of another realm': foreign('new Date(NOW - 1)'),
    'an object with a valueOf': { valueOf: () => NOW - 1 },
  },
  'invalid times': {
    'an invalid Date': new Date(Number.NaN),
    'an object whose valueOf gives NaN': { valueOf: () => Number.NaN },
  },
  bytes: {
    'a Buffer': BYTES,
    'a Uint8Array of another realm': foreign('Uint8Array.from(BYTES)'),
    'a Buffer over a part of its memory': Buffer.concat([BYTES, BYTES]).subarray(BYTES.length),
    'a Buffer over shared memory': shared,
  },
  'no bytes': { 'an empty Buffer': Buffer.alloc(0) },
  keys: { 'a ZumoKey': ZumoKey.fromMasterKey(MASTER_KEY) },
  'keys of another copy': {
    'a ZumoKey of another copy of the package': anotherCopy().ZumoKey.fromMasterKey(MASTER_KEY),
  },
  'empty arrays': { 'an empty array': [], 'an empty array of another realm': foreign('[]') },
  arrays: { 'an array of strings': [MASTER_KEY] },
  'arrays of undefined': { 'an array of undefined': [undefined] },
  objects: { 'an empty object': {}, 'an object of another realm': foreign('({})') },
  others: {
    'an object': { member: SECRET },
    'an object that inherits': Object.create({ member: SECRET, isPrototypeOf() {} }),
    'an object that inherits from one without a prototype': Object.create({
      __proto__: null,
      member: SECRET,
    }),
    'a Map': new Map([[SECRET, SECRET]]),
    'an ArrayBuffer': new ArrayBuffer(32),
    'a boxed string': Object(SECRET),
  },
  'what is no object': {
    null: null,
    true: true,
    'a BigInt': BigInt(DIGITS),
    'a symbol': Symbol(SECRET),
    'a function': () => SECRET,
  },
}

// What a call does: it returns, throws the error of a token, or says what an argument must be.
const RETURNS = { returns: true }
const refused = (code) => ({ code: `ERR_ZUMO_JWT_${code}` })
const type = (must, name) => ({ code: 'ERR_INVALID_ARG_TYPE', must, name })
const value = (must, name) => ({ code: 'ERR_INVALID_ARG_VALUE', must, name })
const range = (must) => ({ code: 'ERR_OUT_OF_RANGE', must })

const UNDEFINED = ' It is undefined.'
const NON_EMPTY = value('non-empty')
const LONE = 'a string with a lone surrogate'
const LONG = 'a string of 1 MB'
const EMPTY = 'an empty string'

/** What is wrong with an argument by kind, else by group, else in general. */
const NO_DATE = range('a finite number of milliseconds in the range of Date')
const EXPIRY = {
  otherwise: type('a Date, a number of milliseconds, or an object whose valueOf() gives one'),
  numbers: RETURNS,
  times: RETURNS,
  NaN: NO_DATE,
  Infinity: NO_DATE,
  'invalid times': NO_DATE,
}
const WELL_FORMED = value('well-formed Unicode, without lone surrogates')
const STRING = { otherwise: type('a string'), strings: RETURNS, [LONE]: WELL_FORMED }
const AUD = { ...STRING, [LONG]: value('short enough for a token of at most 64 KiB') }
const USER_ID = { ...AUD, [EMPTY]: NON_EMPTY }

const ASCII = value('ASCII text; a key of other bytes is given as a Uint8Array')
const keyOf = (must) => ({
  otherwise: type(must),
  strings: RETURNS,
  [EMPTY]: NON_EMPTY,
  [LONE]: ASCII,
  'a string that is not ASCII': ASCII,
  bytes: RETURNS,
  'no bytes': NON_EMPTY,
  keys: { ...type(must), note: ' It is a ZumoKey.' },
  'keys of another copy': { ...type(must), note: ' It is a ZumoKey of another copy of zumo-jwt.' },
})
const MASTER_KEYS = keyOf('a string or a Uint8Array')
const OTHER_TEXT = value(
  "64 hexadecimal digits, or bytes: Buffer.from(text, 'hex') or Buffer.from(text, 'base64') of a key that " +
    'is written so, Buffer.from(secret) of any text',
)
const SIGNING_KEYS = { ...MASTER_KEYS, strings: OTHER_TEXT }
for (const kind of Object.keys(KINDS.strings)) SIGNING_KEYS[kind] = OTHER_TEXT
const ANY_KEY = 'a string, a Uint8Array or a ZumoKey'
const KEY = { ...keyOf(ANY_KEY), keys: RETURNS }
const NOT_EMPTY = { 'empty arrays': value('non-empty') }
const KEYS = {
  ...keyOf(`${ANY_KEY}, or an array of them`),
  ...NOT_EMPTY,
  keys: RETURNS,
  [LONG]: refused('SIGNATURE'),
  arrays: RETURNS,
  'arrays of undefined': { ...type(ANY_KEY, 'key[0]'), note: UNDEFINED },
}

const optionsOf = (names) => {
  const must = `absent: there is no such option. Choose from ${names}`
  return {
    otherwise: type('a plain object'),
    absent: RETURNS,
    objects: RETURNS,
    'an object': value(must, 'options.member'),
    'an object with a valueOf': value(must, 'options.valueOf'),
    'an object whose valueOf gives NaN': value(must, 'options.valueOf'),
  }
}
const SIGN_OPTIONS = optionsOf('version')
const VERIFY_OPTIONS = optionsOf('audience, issuer, clockTolerance, now')
const NODE6 = { otherwise: type('a boolean'), true: RETURNS }
const VERSION = { otherwise: type('1 or 2'), numbers: value('1 or 2') }
const oneOrMore = (name, code) => ({
  otherwise: type('a string, or an array of them'),
  ...NOT_EMPTY,
  strings: refused(code),
  [LONE]: WELL_FORMED,
  arrays: refused(code),
  'arrays of undefined': { ...type('a string', `options.${name}[0]`), note: UNDEFINED },
})
const NO_TOLERANCE = range('a finite number of seconds, at least 0')
const TOLERANCE = {
  otherwise: type('a number of seconds'),
  NaN: NO_TOLERANCE,
  Infinity: NO_TOLERANCE,
  'a negative number': NO_TOLERANCE,
  'a number': RETURNS,
}
const DATE = {
  otherwise: type('a Date'),
  'a Date': RETURNS,
  'a Date of another realm': RETURNS,
  'an invalid Date': range('a valid Date'),
}

const AN_OBJECT = type('an object')
const NO_OBJECT = value('an object of JSON values without lone surrogates, at most 128 levels deep')
const NO_TO_JSON = value('an object whose toJSON() returns an object')
const CLAIMS = {
  otherwise: value('a number of seconds or a Date', 'claims.exp'),
  // What JSON.stringify() does not write as an object.
  'a Date': NO_TO_JSON,
  'a Date of another realm': NO_TO_JSON,
  'an invalid Date': NO_TO_JSON,
  'a boxed string': NO_OBJECT,
}
const NO_CLAIMS = [
  'absent',
  'strings',
  'numbers',
  'empty arrays',
  'arrays',
  'arrays of undefined',
  'what is no object',
]
for (const group of NO_CLAIMS) CLAIMS[group] = AN_OBJECT

const TOKEN = signRaw(HEADER, claims({ exp: 9e9 }))
const MOBILE = ZumoKey.fromMasterKey(MASTER_KEY)
const TO_SIGN = { exp: 1, aud: 'a', uid: 'u' }
const now = new Date(NOW)
const onVerify = (options) => verify(TOKEN, MASTER_KEY, { now, ...options })

/** [function and argument, a call with that argument alone wrong, what is to happen] */
const TABLE = [
  ['zumoJwt() expiry', (it) => zumoJwt(it, 'a', 'u', MASTER_KEY), EXPIRY],
  ['zumoJwt() aud', (it) => zumoJwt(0, it, 'u', MASTER_KEY), AUD],
  ['zumoJwt() userId', (it) => zumoJwt(0, 'a', it, MASTER_KEY), USER_ID],
  ['zumoJwt() masterKey', (it) => zumoJwt(0, 'a', 'u', it), MASTER_KEYS],
  ['ZumoKey#zumoJwt() expiry', (it) => MOBILE.zumoJwt(it, 'a', 'u'), EXPIRY],
  ['ZumoKey#zumoJwt() aud', (it) => MOBILE.zumoJwt(0, it, 'u'), AUD],
  ['ZumoKey#zumoJwt() userId', (it) => MOBILE.zumoJwt(0, 'a', it), USER_ID],
  ['sign() claims', (it) => sign(it, MASTER_KEY), CLAIMS],
  ['sign() key', (it) => sign(TO_SIGN, it), KEY],
  ['sign() options', (it) => sign(TO_SIGN, MASTER_KEY, it), SIGN_OPTIONS],
  ['sign() options.version', (version) => sign(TO_SIGN, MASTER_KEY, { version }), VERSION],
  ['ZumoKey#sign() claims', (it) => MOBILE.sign(it), CLAIMS],
  ['ZumoKey#sign() options', (it) => MOBILE.sign(TO_SIGN, it), SIGN_OPTIONS],
  ['verify() token', (it) => verify(it, MASTER_KEY), { otherwise: refused('MALFORMED') }],
  ['verify() key', (it) => verify(TOKEN, it), KEYS],
  ['verify() key[0]', (it) => verify(TOKEN, [it, MASTER_KEY]), KEY],
  ['verify() key[1]', (it) => verify(TOKEN, [MASTER_KEY, it]), KEY],
  ['verify() options', (it) => verify(TOKEN, MASTER_KEY, it), VERIFY_OPTIONS],
  ['verify() options.audience', (audience) => onVerify({ audience }), oneOrMore('audience', 'AUDIENCE')],
  ['verify() options.audience[1]', (it) => onVerify({ audience: ['your-aud', it] }), STRING],
  ['verify() options.issuer', (issuer) => onVerify({ issuer }), oneOrMore('issuer', 'ISSUER')],
  ['verify() options.issuer[1]', (it) => onVerify({ issuer: [ISSUER, it] }), STRING],
  ['verify() options.clockTolerance', (clockTolerance) => onVerify({ clockTolerance }), TOLERANCE],
  ['verify() options.now', (it) => onVerify({ now: it }), DATE],
  ['ZumoKey#verify() token', (it) => MOBILE.verify(it), { otherwise: refused('MALFORMED') }],
  ['ZumoKey#verify() options', (it) => MOBILE.verify(TOKEN, it), VERIFY_OPTIONS],
  ['decode() token', decode, { otherwise: refused('MALFORMED') }],
  ['ZumoKey.fromMasterKey() masterKey', (it) => ZumoKey.fromMasterKey(it), MASTER_KEYS],
  ['ZumoKey.fromMasterKey() options', (it) => ZumoKey.fromMasterKey(MASTER_KEY, it), optionsOf('node6')],
  ['ZumoKey.fromMasterKey() options.node6', (node6) => ZumoKey.fromMasterKey(MASTER_KEY, { node6 }), NODE6],
  ['ZumoKey.fromSigningKey() signingKey', (it) => ZumoKey.fromSigningKey(it), SIGNING_KEYS],
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
  return Class === ZumoJwtError ? { Class, code } : { Class, code, message, keys: Object.keys(error) }
}

function expectation(outcome, argument, it) {
  const { code, must, name = argument, note = it === undefined ? UNDEFINED : '' } = outcome
  if (outcome === RETURNS) return RETURNS
  if (must === undefined) return { Class: ZumoJwtError, code }
  const Class = code === 'ERR_OUT_OF_RANGE' ? RangeError : TypeError
  const noun = name.includes('.') ? 'property' : 'argument'
  return { Class, code, message: `The "${name}" ${noun} must be ${must}.${note}`, keys: ['code'] }
}

for (const [title, call, outcomes] of TABLE) {
  test(title, () => {
    for (const [group, kinds] of Object.entries(KINDS)) {
      for (const [kind, it] of Object.entries(kinds)) {
        const expected = outcomes[kind] ?? outcomes[group] ?? outcomes.otherwise
        const error = errorOf(() => call(it))
        if (error !== undefined) {
          assertHoldsNone(error, SECRETS)
          assert.ok(error.stack.includes(__filename), error.stack)
        }
        const argument = title.split(' ')[1]
        assert.deepEqual({ kind, ...described(error) }, { kind, ...expectation(expected, argument, it) })
      }
    }
  })
}
