'use strict'

const { createHash } = require('node:crypto')
const { describeCause } = require('./causes.js')

const EXTRAS = {
  // PowerShell and Notepad write it, and UTF-16.
  'a byte order mark': /^(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)/,
  'zero bytes (UTF-16)': /\0/,
  quotes: /["']/,
  'a carriage return': /\r/,
  'a newline': /\n/,
  'a space or a tab': /[ \t]/,
}

/** A key, in Latin-1, without the quotes, the white space and the like around it, and those, in words. */
function splitExtras(bytes) {
  const key = Buffer.from(bytes).toString('latin1')
  const isExtra = (character) => Object.values(EXTRAS).some((pattern) => pattern.test(character))
  let [start, end] = [EXTRAS['a byte order mark'].exec(key)?.[0].length ?? 0, key.length]
  while (start < end && isExtra(key[start])) start++
  while (end > start && isExtra(key[end - 1])) end--
  const extras = key.slice(0, start) + key.slice(end)
  const found = Object.keys(EXTRAS).filter((words) => EXTRAS[words].test(extras))
  return { trimmed: key.slice(start, end).replaceAll('\0', ''), extras: found.join(', ') }
}

const concat = (...parts) => Buffer.concat(parts.map((part) => Buffer.from(part)))
const sha256 = (key) => createHash('sha256').update(key).digest()
const derive = (masterKey) => sha256(concat(masterKey, 'JWTSig'))
const inHex = (bytes) => bytes.toString('hex')
const inCapitals = (bytes) => inHex(bytes).toUpperCase()
const withDashes = (bytes) => inCapitals(bytes).replace(/..(?!$)/g, '$&-')
const asText = (encoding) => (bytes) => bytes.toString(encoding)
/** As ASCII in .NET ("?"), in Java and in Python; in Node.js, 'ascii' is something else. */
const asAscii = (other) => (bytes) => bytes.toString('latin1').replace(/[\x80-\xff]/g, other)
function fromBytes(...forms) {
  return ({ bytes }) => forms.map((form) => form(bytes))
}

/** A cause, the keys that it makes of the `secret` and of the `bytes` that it should give, and its details. */
const ANY_SERVICE = [
  ['hex-key', fromBytes(inHex, inCapitals, withDashes)],
  ['base64-key', fromBytes(asText('base64'), asText('base64url'))],
  ['text-key', fromBytes(asText('utf8'), asText('ascii'), asText('latin1'), asAscii('?'), asAscii('\ufffd'))],
  ['undefined-key', () => ['undefined', derive('undefined')]],
  ['empty-key', () => ['', derive('')]],
  ...['?\n', '?\r\n', '?\r', '? ', ' ?', ' ? ', '"?"', "'?'"].map((around) => {
    const [before, after] = around.split('?')
    const keys = ({ secret }) => [concat(before, secret, after)].flatMap((key) => [key, derive(key)])
    return ['extra-characters', keys, { value: splitExtras(around).extras }]
  }),
]

const MOBILE_SERVICES = [
  ['node-6-trap', fromBytes(asText('latin1'))],
  ['raw-master-key', ({ secret }) => [secret]],
  ['unhashed-key', ({ secret }) => [concat(secret, 'JWTSig')]],
  ['no-suffix', ({ secret }) => [sha256(secret)]],
  ...ANY_SERVICE,
]

const APP_SERVICE = [
  ...ANY_SERVICE,
  ['default-key', () => ['0000']],
  ['hashed-key', ({ texts }) => texts.map(sha256)],
  ['mobile-services-key', ({ texts }) => texts.map(derive)],
  ...Object.entries({ hex: 'hex', base64: 'base64', text: 'utf8' }).map(([value, encoding]) => {
    const keys = ({ secret }) => [Buffer.from(`${secret}`, encoding)]
    return ['other-encoding', keys, { value, encoding: `'${encoding}'` }]
  }),
]

/** A server that uses an App Service key can do as its signer does. */
const TEXT_KEY =
  ', or let the server take the text as its key: ZumoKey.fromSigningKey(Buffer.from(text)), here --encoding text'

/**
 * Why a token is not signed with the key that it should be; empty if that cannot be told.
 *
 * @param material - The ZumoKey as `key`, as `secret` the bytes that it was made of, and `isAppService`.
 * @param isSignedWith - Whether the token is signed with a key: `(key) => boolean`.
 */
function keyMistakes({ key, secret, isAppService }, isSignedWith) {
  const causeOf = (secret, bytes) => {
    const forms = { secret, bytes, texts: [secret, bytes, inHex(bytes), inCapitals(bytes)] }
    const mistakes = isAppService ? APP_SERVICE : MOBILE_SERVICES
    const [name, , details] = mistakes.find(([, keys]) => keys(forms).some(isSignedWith)) ?? []
    return name && describeCause(name, { orElse: isAppService ? TEXT_KEY : '', ...details })
  }
  const cause = causeOf(secret, key.export())
  if (cause) return [cause]

  const { trimmed, extras } = splitExtras(secret)
  if (extras === '' || trimmed === '') return []
  const bare = Buffer.from(trimmed, 'latin1')
  const bytes = isAppService ? bare : derive(bare)
  const other = !isSignedWith(bytes) && causeOf(bare, bytes)
  if (other === undefined) return []
  return [describeCause('extra-characters-here', { value: extras }), ...(other ? [other] : [])]
}

module.exports = { keyMistakes, splitExtras }
