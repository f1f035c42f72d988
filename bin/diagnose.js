'use strict'

const { createHmac } = require('node:crypto')
const { verify, ZumoJwtError } = require('../index.js')
const { describeCause } = require('./causes.js')
const { keyMistakes } = require('./key-mistakes.js')
const { SIGNATURE_LENGTHS, readContents, toBase64url, tryDecode, whyMalformed } = require('./pasted-token.js')
const { spellingDifference } = require('./spelling.js')
const { formatSpan, formatTime, isMilliseconds } = require('./time.js')

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
  const isWhole = tryDecode(toBase64url(token)) !== undefined
  if (isWhole && toBase64url(token) !== token) yield describeCause('padding')
  else if (!isWhole && !isUnsigned) yield describeCause('malformed', { value: whyMalformed(token) })
  if (!contents) return

  const { header, claims } = contents
  const { key, isAppService } = given
  const isHmac = isWhole && ['HS256', 'HS384', 'HS512'].includes(alg)
  const isSignedWith = isHmac && signatureTest(token, `sha${alg.slice(2)}`)
  const isSigned = isHmac && isSignedWith(key.export())
  const mistakes = isHmac && !isSigned ? keyMistakes(given, isSignedWith) : []
  const isOurs = isSigned || mistakes.length > 0
  if (isUnsigned) yield describeCause('unsigned')
  else if (alg !== 'HS256') yield describeCause(isOurs ? 'long-key' : 'algorithm', { value: show(alg) })

  const service = serviceOf(claims)
  const isOther = service !== undefined && (service === 'app-service') !== isAppService
  // verify() takes any version with an App Service key.
  const isOtherService = isOther && !(isAppService && isSigned)
  if (isOtherService) yield describeCause(`${service}-token`, { value: show(claims.ver) })

  if (isHmac && !isSigned) {
    const { length } = token.slice(token.lastIndexOf('.') + 1).replaceAll('=', '')
    const expected = SIGNATURE_LENGTHS.get(alg)
    yield* mistakes
    if (length !== expected) yield describeCause('cut-signature', { expected })
    // The key of another service or issuer cannot be told from any other key.
    else if (mistakes.length === 0 && !isOtherService && alg === 'HS256') yield describeCause('other-key')
  }
  yield* headerCauses(header, key, options)
  yield* claimCauses(claims, key, options, isOtherService)
  const isOfVersion = service === 'mobile-services' || claims.ver === undefined
  if (version && isOfVersion && !isOtherService && String(claims.ver) !== version) {
    yield describeCause('version', { value: show(claims.ver), expected: version })
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
    const time = typeof value === 'number' ? value * 1000 : Number.NaN
    const isJustNow = name === 'exp' && options.now - time < CLOCK_SKEW
    const code = refusal.code?.replace('ERR_ZUMO_JWT_', '').replace('_', '-').toLowerCase()
    const cause = mistake || (isJustNow ? 'just-expired' : code)
    const sides = ['audience', 'issuer'].includes(cause) && bothSides(name, value, options)
    const times = { span: formatSpan(time - options.now), time: formatTime(time) }
    yield describeCause(cause, { name, value: show(value), message: refusal.message, ...times, ...sides })
  }
}

/** What a time is instead of a number of seconds. From 1e6 to 1e8, seconds were divided by 1000. */
function timeMistake(time) {
  if (typeof time === 'string') return 'text'
  if (typeof time !== 'number' || time < 1e6) return undefined
  return isMilliseconds(time) ? 'milliseconds' : time < 1e8 && 'seconds'
}

const HEADER = { alg: 'HS256' }

function goodClaims({ audience = '', issuer: [issuer] = [ISSUER], now }) {
  return { exp: now / 1000 + 3600, iss: issuer, ver: 2, aud: audience, uid: 'user', sub: 'user' }
}

/** The error of verify() for a token with this header and these claims, rightly signed. */
function refusalOf(header, claims, key, options) {
  const signed = `${base64url(header)}.${base64url(claims)}`
  try {
    verify(`${signed}.${mac(key.export(), signed, 'sha256')}`, key, options)
  } catch (error) {
    if (error instanceof ZumoJwtError) return error
    throw error
  }
}

const base64url = (value) => Buffer.from(JSON.stringify(value)).toString('base64url')
const mac = (key, text, hash) => createHmac(hash, key).update(text).digest('base64url')

/** Whether a key signed the token, before or after it was written with padding: `(key) => boolean`. */
function signatureTest(token, hash) {
  const signature = toBase64url(token.split('.')[2])
  const texts = [token, toBase64url(token)].map((written) => written.slice(0, written.lastIndexOf('.')))
  return (key) => texts.some((text) => mac(key, text, hash) === signature)
}

/** What is expected of a claim, and what it has. Either can be wrong, in its spelling alone for example. */
function bothSides(name, value, { audience, issuer = [ISSUER] }) {
  const expected = name === 'aud' ? audience : issuer
  const values = [value].flat().filter((text) => typeof text === 'string')
  const pairs = values.flatMap((ours) => expected.map((theirs) => [ours, theirs]))
  const near = pairs.find((pair) => spellingDifference(...pair))
  const [ours = values[0], theirs] = near ?? []
  const all = expected.map(show).join(' or ')
  const difference = near ? `: ${show(theirs)} differs in ${spellingDifference(...near)} only` : ''
  const or = `, or have the server expect ${show(ours)} (here ${name === 'aud' ? '--aud' : '--issuer'})`
  return { expected: all, wanted: near ? show(theirs) : all, difference, or: ours === undefined ? '' : or }
}

const show = (value) => (value === undefined ? 'missing' : JSON.stringify(value))

module.exports = { diagnose }
