'use strict'

const { createHmac, timingSafeEqual } = require('node:crypto')
const { verify, ZumoJwtError } = require('../index.js')
const { cause } = require('./causes.js')
const { keyMistakes } = require('./key-mistakes.js')
const { SIGNATURE_LENGTHS, isToken, readContents, toBase64url, whyMalformed } = require('./pasted-token.js')
const { isMilliseconds } = require('./time.js')

const ISSUER = 'urn:microsoft:windows-azure:zumo'
const CLOCK_SKEW = 300_000
const TIMES = ['exp', 'nbf', 'iat']
const HASHES = new Map([
  ['HS256', 'sha256'],
  ['HS384', 'sha384'],
  ['HS512', 'sha512'],
])

/**
 * Every cause for which a token is refused, or is valid for far too long. None where it is good.
 *
 * @param found - The token as `token`, and as `cause` what is wrong with what was around it.
 * @param given - The ZumoKey as `key`, as `secret` the bytes that it was made of, and `isAppService`.
 * @param options - Those of `verify`; `now` is required, audience and issuer are arrays.
 * @param version - The version that the server expects, if it expects one.
 */
function* diagnose(found, given, options, version) {
  const { token } = found
  if (found.cause) yield cause(...found.cause)

  // Header and claims can be read without the signature.
  const contents = token === undefined ? undefined : readContents(token)
  const alg = contents?.header.alg
  const isUnsigned = typeof alg === 'string' && alg.toLowerCase() === 'none'
  const isWhole = token !== undefined && isToken(toBase64url(token))
  if (isWhole && toBase64url(token) !== token) yield cause('padding')
  else if (!isWhole && !isUnsigned) yield cause('malformed', whyMalformed(token))
  if (!contents) return

  const { header, claims } = contents
  const { key, isAppService } = given
  const isSignedWith = signatureTest(token, alg)
  const isSigned = isWhole && isSignedWith(key.export())
  if (isUnsigned) yield cause('unsigned')
  else if (alg !== 'HS256') yield cause(isSigned ? 'long-key' : 'algorithm', alg)

  const service = serviceOf(claims)
  const isOtherService = service !== undefined && (service === 'app-service') !== isAppService
  if (isOtherService) yield cause(`${service}-token`, { value: claims.ver })

  if (isWhole && HASHES.has(alg) && !isSigned) {
    const mistakes = keyMistakes(given, isSignedWith)
    yield* mistakes
    // The key of the other service cannot be told from any other key, nor that of another issuer.
    if (mistakes.length === 0 && !isOtherService && alg === 'HS256') yield signatureCause(token)
  }
  yield* headerCauses(header, key, options)
  yield* claimCauses(claims, key, options, isOtherService)
  const isOfVersion = service === 'mobile-services' || claims.ver === undefined
  if (version && isOfVersion && !isOtherService && String(claims.ver) !== version) {
    yield cause('version', { value: claims.ver, expected: version })
  }
}

function serviceOf({ ver }) {
  if (ver === 3 || ver === '3') return 'app-service'
  return [1, 2, '1', '2'].includes(ver) ? 'mobile-services' : undefined
}

function signatureCause(token) {
  const { length } = token.slice(token.lastIndexOf('.') + 1)
  const expected = SIGNATURE_LENGTHS.get('HS256')
  return length === expected ? cause('other-key') : cause('cut-signature', { length, expected })
}

/** Each header parameter for which verify() refuses a token that is good otherwise. */
function* headerCauses(header, key, options) {
  for (const [name, value] of Object.entries(header)) {
    if (name === 'alg') continue
    const refusal = refusalOf({ ...HEADER, [name]: value }, goodClaims(options), key, options)
    if (refusal) yield cause('header', { message: refusal.message })
  }
}

/** Each claim for which verify() refuses a token that is good otherwise, or with a time in the wrong unit. */
function* claimCauses(claims, key, options, isOtherService) {
  // What names the service and its user differs between the services.
  const names = ['exp', 'nbf', 'iat', 'aud', ...(isOtherService ? [] : ['iss', 'ver', 'uid', 'sub'])]
  for (const name of names) {
    const value = claims[name]
    const mistake = TIMES.includes(name) && timeMistake(value)
    if (mistake) {
      yield cause(mistake, { name, value })
      continue
    }
    const refusal = refusalOf(HEADER, { ...goodClaims(options), [name]: value }, key, options)
    if (!refusal) continue
    const ms = typeof value === 'number' ? value * 1000 - options.now : undefined
    const expected = name === 'aud' ? options.audience : (options.issuer ?? [ISSUER])
    yield cause(nameOf(refusal, ms), { name, value, expected, ms, message: refusal.message })
  }
}

/** What a time is instead of a number of seconds. From 1e6 to 1e8, seconds were divided by 1000. */
function timeMistake(time) {
  if (typeof time === 'string') return 'text'
  if (isMilliseconds(time)) return 'milliseconds'
  return time >= 1e6 && time < 1e8 ? 'seconds' : undefined
}

function nameOf({ code }, ms) {
  switch (code) {
    case 'ERR_ZUMO_JWT_EXPIRED':
      return -ms < CLOCK_SKEW ? 'clock-skew' : 'expired'
    case 'ERR_ZUMO_JWT_NOT_ACTIVE':
      return 'clock-skew'
    case 'ERR_ZUMO_JWT_AUDIENCE':
      return 'audience'
    case 'ERR_ZUMO_JWT_ISSUER':
      return 'issuer'
    default:
      return 'claim'
  }
}

const HEADER = { alg: 'HS256' }

function goodClaims({ audience = '', issuer: [issuer] = [ISSUER], now }) {
  return { exp: now / 1000 + 3600, iss: issuer, ver: 2, aud: audience, uid: 'user', sub: 'user' }
}

/** The error of verify() for a token with this header and these claims, rightly signed. */
function refusalOf(header, claims, key, options) {
  const signed = `${base64url(header)}.${base64url(claims)}`
  try {
    verify(`${signed}.${mac(key.export(), signed).toString('base64url')}`, key, options)
  } catch (error) {
    if (error instanceof ZumoJwtError) return error
    throw error
  }
}

const base64url = (value) => Buffer.from(JSON.stringify(value)).toString('base64url')
const mac = (key, text, hash = 'sha256') => createHmac(hash, key).update(text).digest()

/** Whether a key signed the token, as it is or before it was written with padding: `(key) => boolean`. */
function signatureTest(token, alg) {
  const [head, body, signature = ''] = token.split('.')
  const theirs = Buffer.from(signature, 'base64url')
  const signed = [`${head}.${body}`, toBase64url(`${head}.${body}`)]
  return (key) =>
    signed.some((text) => {
      const ours = mac(key, text, HASHES.get(alg))
      return theirs.length === ours.length && timingSafeEqual(theirs, ours)
    })
}

module.exports = { diagnose }
