'use strict'

const { formatSpan, formatTime } = require('./time.js')

const USE_US = 'Have the signer use zumoJwt() or sign() of this package'
const SEND_WHOLE = 'Send the whole token, exactly as it was issued.'
const SET_KEY = 'Have the signer set the variable or setting that it reads its key from, and sign again.'
const DECODE =
  'Have the signer decode the text, and give HMAC the bytes. For App Service, a server can take the text as key instead: ZumoKey.fromSigningKey(Buffer.from(text)), here --encoding text.'

/**
 * Every cause that can be found and, in the second line, its fix, which may be one for the client, the signer
 * or the server. `value` is what the token has for the claim `name`, `ms` is how far a time lies ahead.
 */
const CAUSES = {
  wrapped: ({ what }) => `It was sent with more than the token: ${what}.
    Send the bare token as the value of the X-ZUMO-AUTH header.`,
  authorization:
    () => `It was sent in the Authorization header. Mobile Services and this package read X-ZUMO-AUTH.
    Send the bare token as X-ZUMO-AUTH. Or give authenticate() a getToken that reads Authorization, as azure-mobile-apps did.`,
  malformed: ({ reason }) => `${reason}
    ${SEND_WHOLE}`,
  'no-token': () => `There is no token in this text. A token starts with "eyJ", and has two dots.
    Give the value of X-ZUMO-AUTH, or the authenticationToken of the login answer.`,
  padding:
    () => `It is in base64 with padding ("=") or with "+" or "/". A token is in base64url, without padding.
    Have the signer write base64url, in Node.js toString('base64url'). Removing "=" afterwards breaks the signature.`,
  unsigned: () => `It is not signed: its algorithm (alg) is "none", so anyone can have written it.
    Never accept it. ${USE_US}, or HS256 in another one.`,
  algorithm: ({ value }) => `Its algorithm (alg) is ${show(value)}, not "HS256": another issuer's token.
    Send the authenticationToken of the service's login answer, not the provider's own token.`,
  'long-key': ({
    value,
  }) => `Its algorithm (alg) is ${show(value)}, not "HS256", and this key signed it. .NET does so where a key is longer than 32 bytes.
    Have the signer use HS256 (in .NET SecurityAlgorithms.HmacSha256), or give signer and server a key of 32 bytes.`,
  'app-service-token': () => `It is a token of App Service (ver "3"), not of Mobile Services.
    Diagnose it with --app-service and --issuer, and verify it with ZumoKey.fromSigningKey().`,
  'mobile-services-token': ({
    value,
  }) => `It is a token of Mobile Services (ver ${show(value)}), not of App Service.
    Diagnose it without --app-service, and verify it with the master key.`,
  'other-key': () => `It was signed with another key than this one, or changed afterwards.
    Use the same key for signer and server: not that of another service, nor one replaced since.`,
  'cut-signature': ({
    value,
    expected,
  }) => `Its signature has ${value} characters, not ${expected}: the token was cut or changed.
    ${SEND_WHOLE}`,
  'node-6-trap':
    () => `It was signed by the blog's code on Node 6 or newer, which reads the 'binary' key as UTF-8.
    ${USE_US}. Until its tokens have expired, let the server accept two keys: [masterKey, ZumoKey.fromMasterKey(masterKey, { node6: true })].`,
  'raw-master-key': () => `It was signed with the master key itself.
    ${USE_US}, or the SHA-256, in bytes, of the master key and "JWTSig".`,
  'unhashed-key':
    () => `It was signed with the master key and "JWTSig" as they are, not with the SHA-256 of them.
    ${USE_US}, or the SHA-256, in bytes, of the master key and "JWTSig".`,
  'no-suffix': () => `It was signed with SHA-256 of the master key, without the suffix "JWTSig".
    ${USE_US}, or append "JWTSig" to the master key before hashing.`,
  'hex-key': () => `It was signed with the key's hex digits as text.
    ${DECODE}`,
  'base64-key': () => `It was signed with the key's base64 as text.
    ${DECODE}`,
  'text-key': () => `It was signed with the key's bytes read as UTF-8 or ASCII text, which loses some of them.
    Have the signer give HMAC the bytes of the key, not a text made of them.`,
  'hashed-key': () => `It was signed with SHA-256 of the key.
    Have the signer use the key as it is: ZumoKey.fromSigningKey() of this package.`,
  'mobile-services-key':
    () => `It was signed as if the App Service key were the master key of a Mobile Service.
    Have the signer use ZumoKey.fromSigningKey() of this package, or "zumo-jwt sign --app-service".`,
  'default-key':
    () => `It was signed with "0000", the key of azure-mobile-apps where none is set: anyone can sign so.
    ${SET_KEY}`,
  'undefined-key': () => `It was signed with the text "undefined" as key: anyone can sign so.
    ${SET_KEY}`,
  'empty-key': () => `It was signed with an empty key: anyone can sign so.
    ${SET_KEY}`,
  'other-encoding': ({ value }) => `It was signed with the bytes that the given key has in ${value}.
    Give --encoding ${value} here, and Buffer.from(key, '${value}') to the server.`,
  'extra-characters': ({ value }) => `It was signed with the key and extra characters around it: ${value}.
    Have them removed where the signer reads the key from its file or variable.`,
  'extra-characters-here': ({
    value,
  }) => `The key given here has extra characters around it, which the signer's has not: ${value}.
    Remove them from the variable, or from the file of --key-file, and on the server too.`,
  milliseconds: ({ name }) => `Its ${name} is too large for a number of seconds: it was given in milliseconds.
    Have the signer divide ${name} by 1000, or give sign() of this package a Date.`,
  seconds: ({
    name,
  }) => `Its ${name} is 1000 times too small: seconds were given where milliseconds are expected.
    Have the signer give zumoJwt() a Date, or milliseconds as Date.now() returns them.`,
  text: ({ name, value }) => `Its ${name} is text, ${show(value)}, not a number of seconds.
    Have the signer write Math.floor(date / 1000), a number, or give sign() of this package a Date.`,
  expired: ({ value, ms }) => `It expired ${formatSpan(ms)} ago, on ${formatTime(value * 1000)}.
    Sign in again, or have a new one signed.`,
  'just-expired': ({
    ms,
  }) => `It expired ${formatSpan(ms)} ago: too late, or the clocks of signer and server differ.
    Set both clocks (NTP), have it signed for longer, or give verify() a clockTolerance (here --clock-tolerance).`,
  'clock-skew': ({
    name,
    ms,
  }) => `Its ${name} lies ${formatSpan(ms)} ahead: too early, or the clocks of signer and server differ.
    Set both clocks (NTP), or have it signed with an earlier ${name}.`,
  audience: (details) => differs('audience (aud)', '--aud', details),
  issuer: (details) => differs('issuer (iss)', '--issuer', details),
  header: ({ message }) => `${message}
    ${USE_US}, which write the header.`,
  claim: ({ message }) => `${message}
    ${USE_US}, which refuse such claims.`,
  version: ({ value, expected }) => `Its version (ver) is ${show(value)}, and ${expected} is expected.
    Have it signed with sign(claims, key, { version: ${expected} }), or "zumo-jwt sign --ver ${expected}".`,
}

/** A claim that is none of those `expected`. Either side can be the wrong one. */
function differs(claim, option, { value, expected }) {
  const values = [value].flat().filter((text) => typeof text === 'string')
  const pairs = values.flatMap((ours) =>
    expected.map((theirs) => ({ ours, theirs, spelling: difference(ours, theirs) })),
  )
  const near = pairs.find(({ spelling }) => spelling)
  const { ours, theirs } = near ?? pairs[0] ?? {}
  const all = expected.map(show).join(' or ')
  const spelling = near ? `: only ${near.spelling} differs from ${show(theirs)}` : ''
  const server = ours === undefined ? '' : `, or have the server expect ${show(ours)} (here ${option})`
  return `Its ${claim} is ${show(value)}, not ${all}${spelling}.
    Have it signed with ${near ? show(theirs) : all}${server}; every character counts.`
}

/** What issuers and audiences often differ in, and how to write them without it. */
const SPELLINGS = {
  'white space around it': (text) => text.trim(),
  'upper or lower case': (text) => text.toLowerCase(),
  'the scheme (http or https)': (text) => text.replace(/^https?:\/\//, ''),
  'the port': (text) => text.replace(/^((?:https?:\/\/)?[^/:]+):\d+(?=\/|$)/, '$1'),
  'the slash at the end': (text) => text.replace(/\/$/, ''),
}

/** In what two texts differ, where it is nothing but their spelling. */
function difference(one, other) {
  const rules = Object.entries(SPELLINGS)
  const isSame = (rules) => {
    const [a, b] = [one, other].map((text) => rules.reduce((written, [, rule]) => rule(written), text))
    return a === b
  }
  const needed = rules.filter((rule) => !isSame(rules.filter((each) => each !== rule)))
  return isSame(rules) ? needed.map(([words]) => words).join(' and ') : undefined
}

const show = (value) => (value === undefined ? 'missing' : JSON.stringify(value))

function describeCause(name, details = {}) {
  const [cause, fix] = CAUSES[name](details).split(/\n +/)
  return { name, cause, fix }
}

module.exports = { describeCause }
