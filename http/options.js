'use strict'

const { createHash, timingSafeEqual } = require('node:crypto')
const { EXPECTED_CHECKS, oneOrMore, readOptions, readString } = require('../lib/checks.js')
const { typeError, valueError } = require('../lib/errors.js')
const { readMasterKey, readZumoKey, verifier } = require('../lib/tokens.js')

const SERVER_CHECKS = {
  ...EXPECTED_CHECKS,
  masterKey: (value) => oneOrMore(value, 'options.masterKey', readServerKey),
  key: (value) => oneOrMore(value, 'options.key', readZumoKey),
  applicationKey(value) {
    const name = 'options.applicationKey'
    if (typeof value !== 'string') throw typeError(name, 'a string', value)
    if (!/^[!-~]+$/.test(value))
      throw valueError(name, 'a non-empty string of ASCII characters without spaces')
    return value
  },
  getToken: (value) => readFunction(value, 'options.getToken'),
  onRefusal: (value) => readFunction(value, 'options.onRefusal'),
  failWithError(value) {
    if (typeof value !== 'boolean') throw typeError('options.failWithError', 'a boolean', value)
    return value
  },
}

function readFunction(value, name) {
  if (typeof value !== 'function') throw typeError(name, 'a function', value)
  return value
}

/** For servers that keep the user in a property of the request. */
const SERVER_CHECKS_WITH_PROPERTY = {
  ...SERVER_CHECKS,
  requestProperty(value) {
    const name = 'options.requestProperty'
    if (readString(value, name) === '') throw valueError(name, 'a non-empty string')
    return value
  },
}

/** The options of authenticate(), checked and prepared. */
function readServerOptions(options, checks = SERVER_CHECKS) {
  const { masterKey, key, applicationKey, ...settings } = readOptions(options, checks, {
    masterKey: [],
    key: [],
    applicationKey: undefined,
    audience: undefined,
    issuer: undefined,
    clockTolerance: 0,
    getToken: undefined,
    onRefusal() {},
    failWithError: false,
    requestProperty: 'user',
  })
  const masterKeys = [masterKey].flat()
  const keys = masterKeys.map(({ key }) => key).concat(key)
  if (keys.length === 0) throw valueError('options.masterKey', 'given, or else "options.key"')
  const verifyToken = verifier(keys, settings)
  const masterDigests = masterKeys.map(({ digest }) => digest)
  const applicationDigests = applicationKey === undefined ? [] : [digestOf(applicationKey)]
  if (isOneOf(masterDigests, applicationKey)) {
    throw valueError('options.applicationKey', 'another key than the master key')
  }
  return { ...settings, verifyToken, masterDigests, applicationDigests }
}

function readServerKey(masterKey, name, orMore) {
  return { key: readMasterKey(masterKey, name, orMore), digest: digestOf(masterKey) }
}

// Digests have one length, so that a comparison takes the same time for every key that is sent.
// Node.js decodes a header as Latin-1.
function digestOf(key) {
  return createHash('sha256').update(key, 'latin1').digest()
}

/** Whether a key is one of those with these digests. */
function isOneOf(digests, key) {
  // digestOf() would cut other characters to a byte. No header of a real request has them.
  if (typeof key !== 'string' || /[\u0100-\uffff]/.test(key)) return false
  const sent = digestOf(key)
  return digests.some((digest) => timingSafeEqual(digest, sent))
}

module.exports = { SERVER_CHECKS_WITH_PROPERTY, isOneOf, readServerOptions }
