'use strict'

const { spellingDifference } = require('./spelling.js')
const { formatSpan, formatTime } = require('./time.js')

/**
 * Every cause that can be found but for wrong keys, as `name`, `cause` and `fix`. Who reads it may be the
 * client's, the signer's or the server's developer. `value` is what the token has for the claim, `ms` is
 * how far a time lies ahead.
 */
const CAUSES = {
  wrapped: (wrapping) => ({
    cause: `It was sent with more than the token: ${wrapping}.`,
    fix: 'Send the bare token as the value of the X-ZUMO-AUTH header.',
  }),
  authorization: () => ({
    cause:
      'It was sent in the Authorization header: Mobile Services read X-ZUMO-AUTH only, as does this package.',
    fix: 'Send the bare token as X-ZUMO-AUTH, or give authenticate() a getToken that reads Authorization, as azure-mobile-apps did.',
  }),
  malformed: (reason) => ({
    cause: reason,
    fix: 'Send the whole token, exactly as it was issued.',
  }),
  padding: () => ({
    cause: 'It is in base64 with padding ("=") or with "+" or "/". A token is in base64url without padding.',
    fix: "Have the signer write base64url: in Node.js, toString('base64url'). Where the signer is right, send the token as it was issued.",
  }),
  unsigned: () => ({
    cause: 'It is not signed: its algorithm (alg) is "none", so anyone can have written it.',
    fix: 'Never accept it. Have the signer use zumoJwt() or sign() of this package, or HS256 in another one.',
  }),
  algorithm: (alg) => ({
    cause: `Its algorithm (alg) is ${show(alg)}, not "HS256": another issuer's token.`,
    fix: "Send the authenticationToken of the service's login answer, not the provider's own token.",
  }),
  'long-key': (alg) => ({
    cause: `Its algorithm (alg) is ${show(alg)}, not "HS256", and it is signed with this key. .NET does so where a key is longer than 32 bytes.`,
    fix: 'Have the signer use HS256 (in .NET SecurityAlgorithms.HmacSha256), or give signer and server a key of 32 bytes.',
  }),
  'app-service-token': () => ({
    cause: 'It is a token of App Service (ver "3"), not of Mobile Services.',
    fix: 'Diagnose it with --app-service and --issuer, and verify it with ZumoKey.fromSigningKey().',
  }),
  'mobile-services-token': ({ value }) => ({
    cause: `It is a token of Mobile Services (ver ${show(value)}), not of App Service.`,
    fix: 'Diagnose it without --app-service, and verify it with the master key.',
  }),
  'other-key': () => ({
    cause: 'It was signed with another key than this one, or changed afterwards.',
    fix: 'Use the same key for signer and server: not that of another service, nor one replaced since.',
  }),
  'cut-signature': ({ length, expected }) => ({
    cause: `Its signature has ${length} characters, not ${expected}: the token was cut or changed.`,
    fix: 'Send the whole token, exactly as it was issued.',
  }),
  milliseconds: ({ name }) => ({
    cause: `Its ${name} is too large for a number of seconds: it was given in milliseconds.`,
    fix: `Have the signer divide ${name} by 1000, or give sign() of this package a Date.`,
  }),
  seconds: ({ name }) => ({
    cause: `Its ${name} is 1000 times too small: seconds were given where milliseconds are expected.`,
    fix: 'Have the signer give zumoJwt() a Date, or milliseconds as Date.now() returns them.',
  }),
  text: ({ name, value }) => ({
    cause: `Its ${name} is text, ${show(value)}, not a number of seconds.`,
    fix: `Have the signer write ${name} as a number, Math.floor(date / 1000), or give sign() of this package a Date.`,
  }),
  expired: ({ value, ms }) => ({
    cause: `It expired ${formatSpan(ms)} ago, on ${formatTime(value * 1000)}.`,
    fix: 'Sign in again, or have a new one signed.',
  }),
  'clock-skew': ({ name, ms }) =>
    name === 'exp'
      ? {
          cause: `It expired ${formatSpan(ms)} ago: too late, or the clocks of signer and server differ.`,
          fix: 'Set both clocks (NTP), sign for longer, or give verify() a clockTolerance (here --clock-tolerance).',
        }
      : {
          cause: `Its ${name} lies ${formatSpan(ms)} ahead: too early, or the clocks of signer and server differ.`,
          fix: `Set both clocks (NTP), or have it signed with an earlier ${name}.`,
        },
  audience: (details) => differs('audience (aud)', 'audience', '--aud', details),
  issuer: (details) => differs('issuer (iss)', 'issuer', '--issuer', details),
  header: ({ message }) => ({
    cause: message,
    fix: 'Have the signer use zumoJwt() or sign() of this package, which write the header.',
  }),
  claim: ({ message }) => ({
    cause: message,
    fix: 'Have the signer use zumoJwt() or sign() of this package, which refuse such claims.',
  }),
  version: ({ value, expected }) => ({
    cause: `Its version (ver) is ${show(value)}, and ${expected} is expected.`,
    fix: `Have it signed with sign(claims, key, { version: ${expected} }), or "zumo-jwt sign --ver ${expected}".`,
  }),
}

/** A claim that is none of those `expected`. Either side can be the wrong one. */
function differs(claim, option, argument, { value, expected }) {
  const values = [value].flat().filter((text) => typeof text === 'string')
  const pairs = values.flatMap((own) => expected.map((other) => ({ own, other })))
  const near = pairs.find(({ own, other }) => spellingDifference(own, other))
  const known = near && `${show(near.own)} and ${show(near.other)} differ only in`
  const all = expected.map(show).join(' or ')
  const own = near?.own ?? values[0]
  const server = own !== undefined && `have the server expect ${show(own)} (here ${argument})`
  return {
    cause: `Its ${claim} is ${show(value)}, not ${all}.${near ? ` ${known} ${spellingDifference(near.own, near.other)}.` : ''}`,
    fix: `Have it signed with the ${option} ${near ? show(near.other) : all}${server ? `, or ${server}` : ''}; every character counts.`,
  }
}

const show = (value) => (value === undefined ? 'missing' : JSON.stringify(value))

const cause = (name, details) => ({ name, ...CAUSES[name](details) })

module.exports = { cause }
