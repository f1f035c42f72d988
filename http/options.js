'use strict'

const { createHash, timingSafeEqual } = require('node:crypto')
const { EXPECTED_CHECKS, oneOrMore, readOptions, readString, readType } = require('../lib/checks.js')
const { typeError, valueError } = require('../lib/errors.js')
const { createVerifier, makeMasterKey, readKeyMaterial, readZumoKey } = require('../lib/tokens.js')

const SERVER_CHECKS = {
  ...EXPECTED_CHECKS,
  masterKey: (value, name) => oneOrMore(value, name, prepareMasterKey),
  key: (value, name) => oneOrMore(value, name, readZumoKey),
  applicationKey(value, name) {
    if (typeof value !== 'string') throw typeError(name, 'a string', value)
    if (!/^[!-~]+$/.test(value))
      throw valueError(name, 'a non-empty string of ASCII characters without spaces')
    return value
  },
  getToken: readType('function', 'a function'),
  onRefusal: readType('function', 'a function'),
  failWithError: readType('boolean', 'a boolean'),
}

/** For servers that keep the user in a property of the request. */
const PROPERTY_CHECKS = {
  ...SERVER_CHECKS,
  requestProperty(value, name) {
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
  const verifyToken = createVerifier(keys, settings)
  const masterDigests = masterKeys.map(({ digest }) => digest)
  const applicationDigests = applicationKey === undefined ? [] : [digestOf(applicationKey)]
  if (matchesDigest(masterDigests, applicationKey)) {
    throw valueError('options.applicationKey', 'another key than the master key')
  }
  return { ...settings, verifyToken, masterDigests, applicationDigests }
}

/** The key that verifies, and the digest to compare X-ZUMO-MASTER with. */
function prepareMasterKey(masterKey, name, orMore) {
  const material = readKeyMaterial(masterKey, name, orMore)
  return { key: makeMasterKey(material, name), digest: digestOf(material) }
}

// Digests have one length, so that a comparison takes the same time for every key that is sent.
// Node.js decodes a header as Latin-1.
function digestOf(key) {
  return createHash('sha256').update(key, 'latin1').digest()
}

/** Whether one of the digests is this key's. */
function matchesDigest(digests, key) {
  // digestOf() would cut other characters to a byte. No header of a real request has them.
  if (typeof key !== 'string' || /[\u0100-\uffff]/.test(key)) return false
  const sent = digestOf(key)
  return digests.some((digest) => timingSafeEqual(digest, sent))
}

module.exports = { PROPERTY_CHECKS, matchesDigest, readServerOptions }
