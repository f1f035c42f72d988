'use strict'

const { createHmac, timingSafeEqual } = require('node:crypto')
const { verify, ZumoJwtError } = require('../index.js')
const { describeCause } = require('./causes.js')
const { keyMistakes } = require('./key-mistakes.js')
const {
  SIGNATURE_LENGTHS,
  decodeToken,
  readContents,
  toBase64url,
  whyMalformed,
} = require('./pasted-token.js')
const { isMilliseconds } = require('./time.js')

const ISSUER = 'urn:microsoft:windows-azure:zumo'
const CLOCK_SKEW = 300_000
const TIMES = ['exp', 'nbf', 'iat']

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
  if (found.cause) yield describeCause(...found.cause)
  if (token === undefined) return yield describeCause('no-token')

  // Header and claims can be read without the signature.
  const contents = readContents(token)
  const alg = contents?.header.alg
  const isUnsigned = typeof alg === 'string' && alg.toLowerCase() === 'none'
  const isWhole = decodeToken(toBase64url(token)) !== undefined
  if (isWhole && toBase64url(token) !== token) yield describeCause('padding')
  else if (!isWhole && !isUnsigned) yield describeCause('malformed', { reason: whyMalformed(token) })
  if (!contents) return

  const { header, claims } = contents
  const { key, isAppService } = given
  const isHmac = ['HS256', 'HS384', 'HS512'].includes(alg)
  const isSignedWith = isHmac && signatureTest(token, `sha${alg.slice(2)}`)
  const isSigned = isWhole && isHmac && isSignedWith(key.export())
  if (isUnsigned) yield describeCause('unsigned')
  else if (alg !== 'HS256') yield describeCause(isSigned ? 'long-key' : 'algorithm', { value: alg })

  const service = serviceOf(claims)
  const isOtherService = service !== undefined && (service === 'app-service') !== isAppService
  if (isOtherService) yield describeCause(`${service}-token`, { value: claims.ver })

  if (isWhole && isHmac && !isSigned) {
    const { length } = token.slice(token.lastIndexOf('.') + 1).replaceAll('=', '')
    const expected = SIGNATURE_LENGTHS.get(alg)
    const mistakes = keyMistakes(given, isSignedWith)
    yield* mistakes
    if (length !== expected) yield describeCause('cut-signature', { value: length, expected })
    // The key of another service or issuer cannot be told from any other key.
    else if (mistakes.length === 0 && !isOtherService && alg === 'HS256') yield describeCause('other-key')
  }
  yield* headerCauses(header, key, options)
  yield* claimCauses(claims, key, options, isOtherService)
  const isOfVersion = service === 'mobile-services' || claims.ver === undefined
  if (version && isOfVersion && !isOtherService && String(claims.ver) !== version) {
    yield describeCause('version', { value: claims.ver, expected: version })
  }
}

function serviceOf({ ver }) {
  if (ver === 3 || ver === '3') return 'app-service'
  return [1, 2, '1', '2'].includes(ver) ? 'mobile-services' : undefined
}

/** Each header parameter for which verify() refuses a token that is good otherwise. */
function* headerCauses(header, key, options) {
  for (const [name, value] of Object.entries(header)) {
    if (name === 'alg') continue
    const refusal = refusalOf({ ...HEADER, [name]: value }, goodClaims(options), key, options)
    if (refusal) yield describeCause('header', refusal)
  }
}

/** Each claim for which verify() refuses a token that is good otherwise, or with a time in the wrong unit. */
function* claimCauses(claims, key, options, isOtherService) {
  // What names the service and its user differs between the services.
  const names = ['exp', 'nbf', 'iat', 'aud', ...(isOtherService ? [] : ['iss', 'ver', 'uid', 'sub'])]
  for (const name of names) {
    const value = claims[name]
    const mistake = TIMES.includes(name) && timeMistake(value)
    const refusal = mistake || refusalOf(HEADER, { ...goodClaims(options), [name]: value }, key, options)
    if (!refusal) continue
    const ms = typeof value === 'number' ? value * 1000 - options.now : undefined
    const expected = name === 'aud' ? options.audience : (options.issuer ?? [ISSUER])
    const isJustNow = name === 'exp' && -ms < CLOCK_SKEW
    const cause = mistake || (isJustNow && 'just-expired') || (CAUSE_OF[refusal.code] ?? 'claim')
    yield describeCause(cause, { name, value, expected, ms, message: refusal.message })
  }
}

const CAUSE_OF = {
  ERR_ZUMO_JWT_EXPIRED: 'expired',
  ERR_ZUMO_JWT_NOT_ACTIVE: 'clock-skew',
  ERR_ZUMO_JWT_AUDIENCE: 'audience',
  ERR_ZUMO_JWT_ISSUER: 'issuer',
}

/** What a time is instead of a number of seconds. From 1e6 to 1e8, seconds were divided by 1000. */
function timeMistake(time) {
  if (typeof time === 'string') return 'text'
  if (isMilliseconds(time)) return 'milliseconds'
  return time >= 1e6 && time < 1e8 ? 'seconds' : undefined
}

const HEADER = { alg: 'HS256' }

function goodClaims({ audience = '', issuer: [issuer] = [ISSUER], now }) {
  return { exp: now / 1000 + 3600, iss: issuer, ver: 2, aud: audience, uid: 'user', sub: 'user' }
}

/** The error of verify() for a token with this header and these claims, rightly signed. */
function refusalOf(header, claims, key, options) {
  const signed = `${base64url(header)}.${base64url(claims)}`
  try {
    verify(`${signed}.${mac(key.export(), signed, 'sha256').toString('base64url')}`, key, options)
  } catch (error) {
    if (error instanceof ZumoJwtError) return error
    throw error
  }
}

const base64url = (value) => Buffer.from(JSON.stringify(value)).toString('base64url')
const mac = (key, text, hash) => createHmac(hash, key).update(text).digest()

/** Whether a key signed the token, as it is or before it was written with padding: `(key) => boolean`. */
function signatureTest(token, hash) {
  const [head, body, signature = ''] = token.split('.')
  const theirs = Buffer.from(signature, 'base64url')
  const signed = [`${head}.${body}`, toBase64url(`${head}.${body}`)]
  return (key) =>
    signed.some((text) => {
      const ours = mac(key, text, hash)
      return theirs.length === ours.length && timingSafeEqual(theirs, ours)
    })
}

module.exports = { diagnose }
