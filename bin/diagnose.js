'use strict'

const { createHmac, timingSafeEqual } = require('node:crypto')
const { verify, decode, ZumoJwtError } = require('../index.js')
const { keyMistakes } = require('./key-mistakes.js')
const { formatSpan, formatTime, isMilliseconds } = require('./time.js')
const { unwrap, whyMalformed } = require('./token-text.js')

const ISSUER = 'urn:microsoft:windows-azure:zumo'
const CLOCK_SKEW = 300_000

/**
 * Every cause that can be found, as `name`, `cause` and `fix`. `value` is what the token has for the
 * claim, `ms` is how far a time lies ahead.
 */
const CAUSES = {
  wrapped: (wrapping) => ({
    cause: `It was sent with more than the token: ${wrapping}.`,
    fix: 'Send the bare token as the value of the X-ZUMO-AUTH header.',
  }),
  malformed: (reason) => ({
    cause: reason,
    fix: 'Send the whole token, exactly as it was issued.',
  }),
  unsigned: () => ({
    cause: 'It is not signed: its algorithm (alg) is "none", so anyone can have written it.',
    fix: 'Sign it with zumoJwt() or sign() of this package, and never accept such a token.',
  }),
  algorithm: (alg) => ({
    cause: `Its algorithm (alg) is ${show(alg)}, not "HS256": another issuer's token.`,
    fix: "Send the authenticationToken of the service's login answer, not the provider's own token.",
  }),
  'app-service-token': () => ({
    cause: 'It is a token of App Service (ver "3"), not of Mobile Services.',
    fix: 'Diagnose it with --app-service and --issuer, and verify it with ZumoKey.fromSigningKey().',
  }),
  'mobile-services-token': (ver) => ({
    cause: `It is a token of Mobile Services (ver ${show(ver)}), not of App Service.`,
    fix: 'Diagnose it without --app-service, and verify it with the master key.',
  }),
  'other-key': () => ({
    cause: 'It was signed with another key than this one, or changed afterwards.',
    fix: 'Use the same key for signer and server: not that of another service, nor one replaced since.',
  }),
  'cut-signature': (length) => ({
    cause: `Its signature has ${length} characters, not 43: the token was cut or changed.`,
    fix: 'Send the whole token, exactly as it was issued.',
  }),
  milliseconds: (name) => ({
    cause: `Its ${name} is too large for a number of seconds: it was given in milliseconds.`,
    fix: `Give sign() a Date for ${name}, or the milliseconds divided by 1000.`,
  }),
  seconds: (name) => ({
    cause: `Its ${name} is 1000 times too small: seconds were given where milliseconds are expected.`,
    fix: 'Give zumoJwt() a Date, or milliseconds as Date.now() returns them.',
  }),
  expired: ({ value, ms }) => ({
    cause: `It expired ${formatSpan(ms)} ago, on ${formatTime(value * 1000)}.`,
    fix: 'Sign a new one, or sign in again.',
  }),
  'clock-skew': ({ name, ms }) =>
    name === 'exp'
      ? {
          cause: `It expired ${formatSpan(ms)} ago: too late, or the clocks of signer and server differ.`,
          fix: 'Set both clocks (NTP), sign for longer, or give verify() a clockTolerance.',
        }
      : {
          cause: `Its ${name} lies ${formatSpan(ms)} ahead: too early, or the clocks of signer and server differ.`,
          fix: `Set both clocks (NTP), or sign it with an earlier ${name}.`,
        },
  audience: ({ value, expected }) => ({
    cause: `Its audience (aud) is ${show(value)}, not ${show(expected)}.`,
    fix: 'Sign it for the audience that the server expects; every character counts.',
  }),
  issuer: ({ value, expected }) => ({
    cause: `Its issuer (iss) is ${show(value)}, not ${show(expected)}.`,
    fix: 'Sign it as the issuer that the server expects; every character counts.',
  }),
  header: ({ message }) => ({
    cause: message,
    fix: 'Sign it with zumoJwt() or sign() of this package, which write the header.',
  }),
  claim: ({ message }) => ({
    cause: message,
    fix: 'Sign it with zumoJwt() or sign() of this package, which refuse such claims.',
  }),
  version: ({ value, expected }) => ({
    cause: `Its version (ver) is ${show(value)}, and ${expected} is expected.`,
    fix: `Sign it with sign(claims, key, { version: ${expected} }), or "zumo-jwt sign --ver ${expected}".`,
  }),
}

const cause = (name, details) => ({ name, ...CAUSES[name](details) })
const show = (value) => (value === undefined ? 'missing' : JSON.stringify(value))

/**
 * Every cause for which a token is refused, or is valid for far too long. None where it is good.
 *
 * @param text - The token, with whatever was copied along with it.
 * @param given - The ZumoKey as `key`, and as `secret` the bytes that it was made of.
 * @param options - Those of `verify`; `now` is required.
 * @param version - The version that the server expects, if it expects one.
 */
function* diagnose(text, { key, secret }, options, version) {
  const { token, wrapping } = unwrap(text)
  if (wrapping) yield cause('wrapped', wrapping)

  const [head, body, signature] = token.split('.')
  const signed = `${head}.${body}`
  const whole = attempt(() => decode(token))
  // Header and claims can be read without the signature.
  const contents = whole ?? attempt(() => decode(`${signed}.AA`))
  const alg = contents?.header.alg
  const isUnsigned = typeof alg === 'string' && alg.toLowerCase() === 'none'
  if (!whole && !isUnsigned) yield cause('malformed', whyMalformed(token))
  if (!contents) return

  const { header, claims } = contents
  if (isUnsigned) yield cause('unsigned')
  else if (alg !== 'HS256') yield cause('algorithm', alg)

  const isAppService = options.issuer !== undefined
  const service = serviceOf(claims)
  const isOtherService = service !== undefined && (service === 'app-service') !== isAppService
  if (isOtherService) yield cause(`${service}-token`, claims.ver)

  const isSignedWith = (key) => isMac(signature, key, signed)
  if (whole && alg === 'HS256' && !isSignedWith(key.export())) {
    const mistakes = keyMistakes(secret, isAppService, isSignedWith)
    if (mistakes.length > 0) yield* mistakes
    // The key of the other service cannot be told from any other key.
    else if (!isOtherService) yield signatureCause(signature)
  }
  yield* headerCauses(header, key, options)
  yield* claimCauses(claims, key, options, isOtherService)
  if (version && service === 'mobile-services' && !isOtherService && String(claims.ver) !== version) {
    yield cause('version', { value: claims.ver, expected: version })
  }
}

function serviceOf({ ver }) {
  if (ver === 3 || ver === '3') return 'app-service'
  return [1, 2, '1', '2'].includes(ver) ? 'mobile-services' : undefined
}

function signatureCause({ length }) {
  return length === MAC_LENGTH ? cause('other-key') : cause('cut-signature', length)
}

/** Each header parameter for which verify() refuses a token that is good otherwise. */
function* headerCauses(header, key, options) {
  for (const [name, value] of Object.entries(header)) {
    if (name === 'alg') continue
    const refusal = refusalOf({ ...HEADER, [name]: value }, goodClaims(options), key, options)
    if (refusal) yield cause('header', refusal)
  }
}

/** Each claim for which verify() refuses a token that is good otherwise, or with a time in the wrong unit. */
function* claimCauses(claims, key, options, isOtherService) {
  // What names the service and its user differs between the services.
  const names = ['exp', 'nbf', 'iat', 'aud', ...(isOtherService ? [] : ['iss', 'ver', 'uid', 'sub'])]
  for (const name of names) {
    const value = claims[name]
    const unit = TIMES.includes(name) && wrongUnit(value)
    if (unit) {
      yield cause(unit, name)
      continue
    }
    const refusal = refusalOf(HEADER, { ...goodClaims(options), [name]: value }, key, options)
    if (!refusal) continue
    const ms = typeof value === 'number' ? value * 1000 - options.now : undefined
    const expected = name === 'aud' ? options.audience : (options.issuer ?? ISSUER)
    yield cause(nameOf(refusal, ms), { name, value, expected, ms, message: refusal.message })
  }
}

const TIMES = ['exp', 'nbf', 'iat']

/** What a time that should count seconds counts instead. From 1e6 to 1e8, seconds were divided by 1000. */
function wrongUnit(time) {
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

function goodClaims({ audience = '', issuer = ISSUER, now }) {
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
const mac = (key, text) => createHmac('sha256', key).update(text).digest()

/** The length of a signature in base64url. */
const MAC_LENGTH = 43

function isMac(signature, key, text) {
  const [theirs, ours] = [Buffer.from(signature, 'base64url'), mac(key, text)]
  return theirs.length === ours.length && timingSafeEqual(theirs, ours)
}

function attempt(call) {
  try {
    return call()
  } catch (error) {
    if (error instanceof ZumoJwtError) return undefined
    throw error
  }
}

module.exports = { diagnose }
