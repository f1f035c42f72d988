'use strict'

const { createHmac } = require('node:crypto')
const { verify, ZumoJwtError } = require('../index.js')
const { describeCause } = require('./causes.js')
const { ISSUER, SIGNATURE_LENGTHS, TIME_CLAIMS, isMilliseconds } = require('./format.js')
const { hashOf, hexSignature, readContents, toBase64url, tryDecode, whyMalformed } = require('./format.js')
const { keyMistakes } = require('./key-mistakes.js')
const { formatSpan, formatTime } = require('./time.js')

const CLOCK_SKEW = 300_000

/**
 * Every cause for which a token is refused, or is valid for far too long. None if it is good.
 *
 * @param found - What findToken() returns.
 * @param material - A key of readKeys().
 * @param options - Those of `verify`; `now` is required, audience and issuer are arrays.
 * @param version - The version that the server expects, if it expects one.
 */
function* diagnose(found, material, options, version) {
  if (found.cause) yield describeCause(...found.cause)
  else if (found.token === undefined) yield describeCause('no-token')
  if (found.token === undefined) return

  const token = withoutHex(found.token)
  if (token !== found.token) yield describeCause('hex-signature')
  // Header and claims can be read without the signature.
  const contents = readContents(token)
  const alg = contents?.header.alg
  const canBeDecoded = tryDecode(toBase64url(token)) !== undefined
  if (canBeDecoded && toBase64url(token) !== token) yield describeCause('padding')
  else if (!canBeDecoded && !isNone(alg)) yield describeCause('malformed', { value: whyMalformed(token) })
  if (!contents) return

  const { header, claims } = contents
  const { key, isAppService } = material
  const isSignedWith = signatureTest(token, alg)
  const service = serviceOf(claims)
  // verify() takes any version with an App Service key.
  const isOfOtherService = isAppService
    ? service === 'mobile-services' && !isSignedWith?.(key.export())
    : service === 'app-service'
  if (isOfOtherService) yield describeCause(`${service}-token`, { value: show(claims.ver) })
  yield* signatureCauses(token, alg, isSignedWith, material, isOfOtherService)
  yield* headerCauses(header, key, options)
  yield* claimCauses(claims, material, options, isOfOtherService)
  const isOfVersion = service === 'mobile-services' || claims.ver === undefined
  if (version && isOfVersion && !isOfOtherService && String(claims.ver) !== version) {
    yield describeCause('version', { value: show(claims.ver), expected: version })
  }
}

function serviceOf({ ver }) {
  if (ver === 3 || ver === '3') return 'app-service'
  return [1, 2, '1', '2'].includes(ver) ? 'mobile-services' : undefined
}

const isNone = (alg) => typeof alg === 'string' && alg.toLowerCase() === 'none'

/** What is wrong with the algorithm, with the signature and with the key of the signer. */
function* signatureCauses(token, alg, isSignedWith, material, isOfOtherService) {
  const isSignedWithKey = isSignedWith?.(material.key.export())
  const mistakes = isSignedWith && !isSignedWithKey ? keyMistakes(material, isSignedWith) : []
  const isSignerKnown = isSignedWithKey || mistakes.length > 0
  if (isNone(alg)) yield describeCause('unsigned')
  else if (alg !== 'HS256' && hashOf(alg) === 'sha256') {
    yield describeCause('algorithm-spelling', { value: show(alg) })
  } else if (alg !== 'HS256') {
    yield describeCause(isSignerKnown ? 'long-key' : 'algorithm', { value: show(alg) })
  }
  if (!isSignedWith || isSignedWithKey) return
  yield* mistakes
  const { length } = token.slice(token.lastIndexOf('.') + 1).replaceAll('=', '')
  const expected = SIGNATURE_LENGTHS.get(hashOf(alg))
  if (length !== expected) yield describeCause('cut-signature', { expected })
  // The key of another service or issuer cannot be told from any other key.
  else if (mistakes.length === 0 && !isOfOtherService && hashOf(alg) === 'sha256')
    yield describeCause('other-key')
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
function* claimCauses(claims, { key, isAppService }, options, isOfOtherService) {
  // What names the service and its user differs between the services.
  const names = [...TIME_CLAIMS, 'aud', ...(isOfOtherService ? [] : ['iss', 'ver', 'uid', 'sub'])]
  for (const name of names) {
    const value = claims[name]
    const mistake = TIME_CLAIMS.includes(name) && timeMistake(value, options.now)
    const refusal = mistake || refusalOf(HEADER, { ...goodClaims(options), [name]: value }, key, options)
    if (!refusal) continue
    const time = typeof value === 'number' ? value * 1000 : Number.NaN
    const isJustExpired = name === 'exp' && options.now - time < CLOCK_SKEW
    const code = refusal.code?.replace('ERR_ZUMO_JWT_', '').replace('_', '-').toLowerCase()
    const cause = mistake || (isJustExpired ? 'just-expired' : code)
    const sides =
      ['audience', 'issuer'].includes(cause) && compareWithExpected(name, value, options, isAppService)
    const times = { span: formatSpan(time - options.now), time: formatTime(time) }
    yield describeCause(cause, { name, value: show(value), message: refusal.message, ...times, ...sides })
  }
}

/** What a time is instead of a number of seconds: if a thousand times as much is near now, it was divided by 1000. */
function timeMistake(time, now) {
  if (typeof time === 'string') return 'text'
  if (typeof time !== 'number') return undefined
  if (isMilliseconds(time)) return 'milliseconds'
  const ahead = time * 1000 - now / 1000
  return ahead > -3.2e8 && ahead < 6.3e8 && 'seconds'
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

/** Tells of a key whether it signed the token, also before padding was added. Undefined if that is no HMAC. */
function signatureTest(token, alg) {
  const hash = hashOf(alg)
  if (!hash || !tryDecode(toBase64url(token))) return undefined
  const signature = toBase64url(token.split('.')[2])
  const texts = [token, toBase64url(token)].map((written) => written.slice(0, written.lastIndexOf('.')))
  return (key) => texts.some((text) => mac(key, text, hash) === signature)
}

/** A token with the bytes of its signature in base64url, if their hex digits were written. */
function withoutHex(token) {
  const [head, body, signature = '', ...others] = token.split('.')
  const bytes = others.length === 0 && hexSignature(signature)
  return bytes ? `${head}.${body}.${bytes}` : token
}

/** What issuers and audiences often differ in, and how to write them without it. */
const SPELLINGS = {
  'white space around it': (text) => text.trim(),
  'upper or lower case': (text) => text.toLowerCase(),
  'the scheme (http or https)': (text) => text.replace(/^https?:\/\//, ''),
  'the port': (text) => text.replace(/^((?:https?:\/\/)?[^/:]+):\d+(?=\/|$)/, '$1'),
  'the slash at the end': (text) => text.replace(/\/$/, ''),
}

/** In what alone two texts differ, in words; undefined if that is more, or nothing of this. */
function spellingDifference(one, other) {
  return Object.keys(SPELLINGS).find((words) => SPELLINGS[words](one) === SPELLINGS[words](other))
}

/** What is expected of a claim, and what it has. Either can be wrong, in only its spelling for example. */
function compareWithExpected(name, value, { audience, issuer = [ISSUER] }, isAppService) {
  const expected = name === 'aud' ? audience : issuer
  const values = [value].flat().filter((text) => typeof text === 'string')
  const pairs = values.flatMap((ours) => expected.map((theirs) => [ours, theirs]))
  const similar = pairs.find((pair) => spellingDifference(...pair))
  const [ours = values[0], theirs] = similar ?? []
  const all = expected.map(show).join(' or ')
  const difference = similar ? `: ${show(theirs)} differs in ${spellingDifference(...similar)} only` : ''
  const isMixed =
    isAppService && pairs.some((pair) => pair.includes(ISSUER) && pair.some((text) => /^https?:/i.test(text)))
  const or = `, or have the server expect ${show(ours)} (here ${name === 'aud' ? '--aud' : '--issuer'})`
  const alternative = ours === undefined ? '' : `${or}${isMixed ? SETTINGS : ''}`
  return { expected: all, wanted: similar ? show(theirs) : all, difference, or: alternative }
}

const SETTINGS =
  ': in azure-mobile-apps the settings auth.issuer and auth.audience, which it takes from WEBSITE_HOSTNAME (https://HOST/) when it is hosted'
const show = (value) => (value === undefined ? 'missing' : JSON.stringify(value))

module.exports = { diagnose }
