'use strict'

const { createHash, createHmac, timingSafeEqual } = require('node:crypto')
const { verify, decode, ZumoJwtError } = require('../index.js')
const { formatSpan, formatTime } = require('./time.js')

const sha256 = (...parts) => createHash('sha256').update(Buffer.concat(parts)).digest()
const hmac = (key, text) => createHmac('sha256', key).update(text).digest()
const signingKey = (masterKey) => sha256(masterKey, Buffer.from('JWTSig'))

const SIGN_WITH_US = 'Sign it with zumoJwt() or sign() of this package'

/** The keys that tokens are signed with by mistake, from the master key's bytes. */
const MASTER_KEY_MISTAKES = [
  {
    name: 'node-6-trap',
    key: (masterKey) => Buffer.from(signingKey(masterKey).toString('latin1'), 'utf8'),
    cause: "It was signed by the blog's code on Node 6 or newer, which reads the 'binary' key as UTF-8.",
    cure: `${SIGN_WITH_US}, or give createHmac the digest as a Buffer.`,
  },
  {
    name: 'raw-master-key',
    key: (masterKey) => masterKey,
    cause: 'It was signed with the master key itself.',
    cure: `${SIGN_WITH_US}, which derive the key: SHA-256 of the master key and "JWTSig".`,
  },
  {
    name: 'hex-key',
    key: (masterKey) => signingKey(masterKey).toString('hex'),
    cause: "It was signed with the derived key's hex digits as text.",
    cure: `${SIGN_WITH_US}, or decode the digits: Buffer.from(key, 'hex').`,
  },
  {
    name: 'base64-key',
    key: (masterKey) => signingKey(masterKey).toString('base64'),
    cause: "It was signed with the derived key's base64 as text.",
    cure: `${SIGN_WITH_US}, or decode it: Buffer.from(key, 'base64').`,
  },
  {
    name: 'no-suffix',
    key: (masterKey) => sha256(masterKey),
    cause: 'It was signed with SHA-256 of the master key, without the suffix "JWTSig".',
    cure: `${SIGN_WITH_US}, or append "JWTSig" to the master key before hashing.`,
  },
  {
    name: 'newline',
    key: (masterKey) => signingKey(Buffer.concat([masterKey, Buffer.from('\n')])),
    cause: 'It was signed with the master key and the newline behind it.',
    cure: 'Cut the newline off where the signer reads the key from its file or variable.',
  },
  {
    name: 'undefined-key',
    key: () => signingKey(Buffer.from('undefined')),
    cause: 'It was signed with the text "undefined" as master key.',
    cure: 'Set the variable or setting that the signer reads its key from; anyone can sign with that text.',
  },
]

/** The same, from the hexadecimal digits of an App Service key. */
const SIGNING_KEY_MISTAKES = [
  {
    name: 'hex-key',
    key: (digits) => digits,
    cause: "It was signed with the key's hex digits as text.",
    cure: "Decode the digits: ZumoKey.fromSigningKey(key), or Buffer.from(key, 'hex').",
  },
  {
    name: 'mobile-services-key',
    key: signingKey,
    cause: 'It was signed as if the App Service key were the master key of a Mobile Service.',
    cure: 'Sign it with ZumoKey.fromSigningKey(key), or with --app-service.',
  },
]

const OTHER_KEY = {
  name: 'other-key',
  cause: 'It was signed with another key than this one, or changed afterwards.',
  cure: 'Give signer and server the same key: that of another service does not fit, nor one replaced since.',
}

const WRAPPINGS = [
  [/x-zumo-auth/i, 'the name of the header'],
  [/\bbearer\b/i, 'a "Bearer " prefix'],
  [/["']/, 'quotes'],
  [/\s/, 'white space'],
  [/:/, 'a colon'],
]

/** The bare token of what was copied from a log or a header. */
function unwrap(text) {
  const words = text.split(/[\s"':]+/)
  return words.filter((word) => !/^(x-zumo-auth|bearer)$/i.test(word)).join('')
}

/**
 * Why a token is refused: every cause that can be told, with its cure. None where it is good.
 *
 * @param text - The token, with whatever was copied along with it.
 * @param secret - The key as its owner has it, as bytes: a master key, or with `options.issuer` the
 *   hexadecimal digits of an App Service key.
 * @param key - The ZumoKey made of it.
 * @param options - Those of `verify`; `now` is required.
 * @param version - The version that the server wants, if it wants one.
 */
function* diagnose(text, secret, key, options, version) {
  const token = unwrap(text)
  if (token !== text) {
    const [, wrapping] = WRAPPINGS.find(([pattern]) => pattern.test(text))
    yield {
      name: 'wrapped',
      cause: `It was sent with more than the token: ${wrapping}.`,
      cure: 'Send the bare token as the value of the X-ZUMO-AUTH header.',
    }
  }

  const contents = attempt(() => decode(token))
  if (contents instanceof ZumoJwtError) {
    const parts = token.split('.').length
    yield {
      name: 'malformed',
      cause:
        parts === 3
          ? 'It is no token, or was cut or changed: its parts are not base64url with JSON inside.'
          : `It is no token, or was cut: it has ${parts} ${parts === 1 ? 'part' : 'parts'} between dots, not 3.`,
      cure: 'Send the token whole, exactly as it was issued.',
    }
    return
  }
  const { header, claims, signature } = contents
  if (header.alg !== 'HS256') {
    yield {
      name: 'algorithm',
      cause: `It was signed with ${JSON.stringify(header.alg)}, not "HS256": another issuer's token.`,
      cure: "Send the authenticationToken of the service's login answer, not the provider's own token.",
    }
    return
  }

  const signed = token.slice(0, token.lastIndexOf('.'))
  const isSignedWith = (key) => {
    const [theirs, ours] = [Buffer.from(signature, 'base64url'), hmac(key, signed)]
    return theirs.length === ours.length && timingSafeEqual(theirs, ours)
  }
  if (!isSignedWith(key.export())) {
    const mistakes = options.issuer ? SIGNING_KEY_MISTAKES : MASTER_KEY_MISTAKES
    const { name, cause, cure } = mistakes.find(({ key }) => isSignedWith(key(secret))) ?? OTHER_KEY
    yield { name, cause, cure }
  }

  const times = ['exp', 'nbf', 'iat'].filter((name) => wrongUnit(name, claims[name]))
  for (const name of times) yield wrongUnit(name, claims[name])

  // Signed anew, so that the rules for the contents have their say whoever signed it.
  const mended = `${signed}.${hmac(key.export(), signed).toString('base64url')}`
  const refusal = attempt(() => verify(mended, key, options))
  if (refusal instanceof ZumoJwtError && !times.includes(refusal.claim)) {
    yield refused(refusal, claims, options)
  }
  if (version && String(claims.ver) !== version) {
    yield {
      name: 'version',
      cause: `It is of version ${JSON.stringify(claims.ver)}, and version ${version} is wanted.`,
      cure: `Sign it with sign(claims, key, { version: ${version} }), or "zumo-jwt sign --ver ${version}".`,
    }
  }
}

function attempt(call) {
  try {
    return call()
  } catch (error) {
    if (error instanceof ZumoJwtError) return error
    throw error
  }
}

/** What is wrong with a time's unit, for times between 2001 and 5138. */
function wrongUnit(name, time) {
  const isTime = (seconds) => typeof time === 'number' && seconds >= 1e9 && seconds < 1e11
  if (isTime(time / 1000)) {
    return {
      name: 'milliseconds',
      cause: `Its ${name} is in milliseconds, where a token counts seconds.`,
      cure: `Give sign() a Date for ${name}, or the milliseconds divided by 1000.`,
    }
  }
  if (isTime(time * 1000)) {
    return {
      name: 'seconds',
      cause: `Its ${name} is 1000 times too small: seconds were given where milliseconds are wanted.`,
      cure: 'Give zumoJwt() a Date, or milliseconds as Date.now() counts them.',
    }
  }
}

const CLOCK_SKEW = 300_000

function refused({ code, message, claim }, claims, { audience, issuer, now }) {
  const ms = claims[claim] * 1000 - now
  const is = JSON.stringify(claims[claim])
  switch (code) {
    case 'ERR_ZUMO_JWT_EXPIRED':
      if (-ms < CLOCK_SKEW) {
        return {
          name: 'clock-skew',
          cause: `It expired ${formatSpan(ms)} ago: too late, or the clocks of signer and server differ.`,
          cure: 'Set both clocks (NTP), sign for longer, or give verify() a clockTolerance.',
        }
      }
      return {
        name: 'expired',
        cause: `It expired ${formatSpan(ms)} ago, on ${formatTime(claims[claim] * 1000)}.`,
        cure: 'Sign a new one, or sign in again.',
      }
    case 'ERR_ZUMO_JWT_NOT_ACTIVE':
      return {
        name: 'clock-skew',
        cause: `Its ${claim} lies ${formatSpan(ms)} ahead: too early, or the clocks of signer and server differ.`,
        cure: `Set both clocks (NTP), or sign it with an earlier ${claim}.`,
      }
    case 'ERR_ZUMO_JWT_AUDIENCE':
      return {
        name: 'audience',
        cause: `It is for the audience ${is}, not ${JSON.stringify(audience)}.`,
        cure: 'Sign it for the audience that the server asks for; every character counts.',
      }
    case 'ERR_ZUMO_JWT_ISSUER':
      return {
        name: 'issuer',
        cause: `It is by the issuer ${is}, not ${JSON.stringify(issuer ?? 'urn:microsoft:windows-azure:zumo')}.`,
        cure: 'Sign it as the issuer that the server asks for; every character counts.',
      }
    default:
      return { name: 'contents', cause: message, cure: `${SIGN_WITH_US}, which refuse such contents.` }
  }
}

module.exports = { diagnose, unwrap }
