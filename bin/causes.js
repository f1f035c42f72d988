'use strict'

const USE_US = 'Have the signer use zumoJwt() or sign() of this package'
const SEND_WHOLE = 'Send the whole token, exactly as it was issued.'
const SEND_BARE = 'Send the bare token as the value of the X-ZUMO-AUTH header.'

/** Every cause that can be found and, in a second line, its fix: in the client, the signer or the server. */
const CAUSES = {
  wrapped: `It was sent with more than the token: {value}.
    ${SEND_BARE}`,
  authorization: `It was sent in the Authorization header, but Mobile Services and this package read X-ZUMO-AUTH.
    Send the bare token as X-ZUMO-AUTH. Or, as azure-mobile-apps did, read both: give authenticate() a getToken.`,
  malformed: `{value}
    ${SEND_WHOLE}`,
  'no-token': `There is no token in this text. A token starts with "eyJ", and has two dots.
    Give the value of X-ZUMO-AUTH, or the authenticationToken of the login answer.`,
  'sent-twice': `The header has more than one token: it was sent twice.
    Set the header X-ZUMO-AUTH for each request, do not add to it: in .NET, Remove() it before Add().`,
  instead: `Instead of a token, {value} was sent.
    Send the authenticationToken of the login answer, which is text, and before the login no X-ZUMO-AUTH at all.`,
  'hex-signature': `Its signature is written in hex digits, not in base64url of its bytes.
    Have the signer encode the bytes, in PHP those of hash_hmac('sha256', $text, $key, true).`,
  padding: `It is in base64 with padding ("=") or with "+" or "/". A token is in base64url, without padding.
    Have the signer write base64url, in Node.js toString('base64url'). Whoever removes "=" later breaks the signature.`,
  unsigned: `It is not signed: its algorithm (alg) is "none", so anyone can have written it.
    Never accept it. ${USE_US}, or HS256 in another one.`,
  algorithm: `Its algorithm (alg) is {value}, not "HS256": another issuer's token.
    Send the authenticationToken of the service's login answer, not the provider's own token.`,
  'algorithm-spelling': `Its algorithm (alg) is {value}, another spelling of "HS256".
    Have the signer write "HS256" (in .NET SecurityAlgorithms.HmacSha256) into the header.`,
  'long-key': `Its algorithm (alg) is {value}, not "HS256", though this key signed it. .NET does so if a key is longer than 32 bytes.
    Have the signer use HS256 (in .NET SecurityAlgorithms.HmacSha256), or give signer and server a key of 32 bytes.`,
  'app-service-token': `It is a token of App Service (ver "3"), not of Mobile Services.
    Diagnose it with --app-service and --issuer, and verify it with ZumoKey.fromSigningKey().`,
  'mobile-services-token': `It is a token of Mobile Services (ver {value}), not of App Service.
    Diagnose it without --app-service, and verify it with the master key.`,
  'other-key': `It was signed with another key than this one, or changed afterwards.
    Use the same key for signer and server: not that of another service, nor one replaced since.`,
  'cut-signature': `Its signature is not {expected} characters long: the token was cut or changed.
    ${SEND_WHOLE}`,
  'node-6-trap': `It was signed by the blog's code on Node.js 6 or newer, which reads the 'binary' key as UTF-8.
    ${USE_US}. Until its old tokens have expired, let the server accept both keys: authenticate({ masterKey, key: ZumoKey.fromMasterKey(masterKey, { node6: true }) }), or verify(token, [masterKey, ZumoKey.fromMasterKey(masterKey, { node6: true })]).`,
  'raw-master-key': `It was signed with the master key itself.
    ${USE_US}, or the SHA-256, in bytes, of the master key and "JWTSig".`,
  'unhashed-key': `It was signed with the master key and "JWTSig" as they are, not with their SHA-256.
    ${USE_US}, or the SHA-256, in bytes, of the master key and "JWTSig".`,
  'no-suffix': `It was signed with SHA-256 of the master key, without the suffix "JWTSig".
    ${USE_US}, or append "JWTSig" to the master key before hashing.`,
  'encoded-key': `It was signed with the key's {value} as text.
    Have the signer decode the text, and give HMAC the bytes{orElse}.`,
  'text-key': `It was signed with the key's bytes read as UTF-8, ASCII or Latin-1 text, which changes them.
    Have the signer give HMAC the bytes of the key, not a text made of them.`,
  'hashed-key': `It was signed with SHA-256 of the key.
    Have the signer use the key as it is: ZumoKey.fromSigningKey() of this package.`,
  'mobile-services-key': `It was signed as if the App Service key were the master key of a Mobile Service.
    Have the signer use ZumoKey.fromSigningKey() of this package, or "zumo-jwt sign --app-service".`,
  'guessable-key': `It was signed with the text {value} as key, since none was set: anyone can sign with it.
    Have the signer set the variable or setting that it reads its key from, and sign again.`,
  'other-encoding': `It was signed with the given key read as {value}, which is not how it was read here.
    Use --encoding {value} here, and ZumoKey.fromSigningKey(Buffer.from(key, {encoding})) on the server.`,
  'extra-characters': `It was signed with the key and extra characters around it: {value}.
    Have them removed where the signer reads the key from its file or variable.`,
  'extra-characters-here': `The key given here has extra characters around it, which the signer's key does not have: {value}.
    Remove them from the variable, or from the file of --key-file, and on the server too.`,
  milliseconds: `Its {name} is too large for a number of seconds: it was given in milliseconds.
    Have the signer divide {name} by 1000, or give sign() of this package a Date.`,
  seconds: `Its {name} is 1000 times too small: seconds were given where milliseconds are expected.
    Have the signer give zumoJwt() a Date, or milliseconds as Date.now() returns them.`,
  text: `Its {name} is text, {value}, not a number of seconds.
    Have the signer write Math.floor(date / 1000), a number, or give sign() of this package a Date.`,
  expired: `It expired {span} ago, on {time}.
    Sign in again, or have a new one signed.`,
  'just-expired': `It expired {span} ago: too late, or the clocks of signer and server differ.
    Set both clocks (NTP), have it signed for longer, or give verify() a clockTolerance (here --clock-tolerance).`,
  'not-active': `Its {name} lies {span} ahead: too early, or the clocks of signer and server differ.
    Set both clocks (NTP), or have it signed with an earlier {name}.`,
  audience: `Its audience (aud) is {value}, not {expected}{difference}.
    Have it signed for {wanted}{or}; every character counts.`,
  issuer: `Its issuer (iss) is {value}, not {expected}{difference}.
    Have it signed as {wanted}{or}; every character counts.`,
  header: `{message}
    ${USE_US}, which write the header.`,
  claim: `{message}
    ${USE_US}, which refuse such claims.`,
  version: `Its version (ver) is {value}, and {expected} is expected.
    Have it signed with sign(claims, key, { version: {expected} }), or "zumo-jwt sign --ver {expected}".`,
}

/** A cause, with its details in place of their names. */
function describeCause(name, details) {
  const fill = (text) => text.replace(/\{(\w+)\}/g, (_, detail) => details[detail])
  const [cause, fix] = CAUSES[name].split(/\n +/).map(fill)
  return { name, cause, fix }
}

module.exports = { CAUSES, describeCause }
