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

const AROUND = /^((?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)?[\0"' \t\r\n]*)((?:.*[^\0"' \t\r\n])?)(.*)$/s

/** A key, in Latin-1, without the quotes, the white space and the like around it, and those, in words. */
function splitExtras(bytes) {
  const key = Buffer.from(bytes).toString('latin1')
  const [, before, trimmed, behind] = AROUND.exec(key)
  const found = Object.keys(EXTRAS).filter((words) => EXTRAS[words].test(before + behind))
  return { trimmed: trimmed.replaceAll('\0', ''), extras: found.join(', ') }
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
  ['encoded-key', fromBytes(inHex, inCapitals, withDashes), { value: 'hex digits' }],
  ['encoded-key', fromBytes(asText('base64'), asText('base64url')), { value: 'base64' }],
  ['text-key', fromBytes(asText('utf8'), asText('ascii'), asText('latin1'), asAscii('?'), asAscii('\ufffd'))],
  ['guessable-key', () => ['', derive('')], { value: '""' }],
  ['guessable-key', () => ['undefined', derive('undefined')], { value: '"undefined"' }],
  ...['?\n', '?\r\n', '?\r', '? ', '?\t', ' ?', ' ? ', '\ufeff?', '"?"', "'?'"].map((around) => {
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
  ['guessable-key', () => ['0000'], { value: '"0000" (the default of azure-mobile-apps)' }],
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

/** Why a token is not signed with a key of readKeys(). Empty if that cannot be told. */
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
