'use strict'

const { createHash } = require('node:crypto')
const { describeCause } = require('./causes.js')

const EXTRAS = { quotes: /["']/, 'a carriage return': /\r/, 'a newline': /\n/, 'a space or a tab': /[ \t]/ }

/** A key without the quotes and the white space around it, and those, in words. */
function splitExtras(key) {
  const isExtra = (character) => ' \t\r\n"\''.includes(character)
  let [start, end] = [0, key.length]
  while (start < end && isExtra(key[start])) start++
  while (end > start && isExtra(key[end - 1])) end--
  const extras = key.slice(0, start) + key.slice(end)
  const found = Object.entries(EXTRAS).filter(([, pattern]) => pattern.test(extras))
  return { trimmed: key.slice(start, end), extras: found.map(([words]) => words).join(', ') }
}

const concat = (...parts) => Buffer.concat(parts.map((part) => Buffer.from(part)))
const sha256 = (key) => createHash('sha256').update(key).digest()
const derive = (masterKey) => sha256(concat(masterKey, 'JWTSig'))
const as = (encoding) => (bytes) => bytes.toString(encoding)
const inCapitals = (bytes) => bytes.toString('hex').toUpperCase()
const withDashes = (bytes) => inCapitals(bytes).replace(/..(?!$)/g, '$&-')
const withNonAsciiAs = (text) => (bytes) => bytes.toString('latin1').replace(/[\x80-\xff]/g, text)

/** The text that a key's bytes are written as, or read as. ASCII as in Node.js, in .NET, in Java and Python. */
const ANY_SERVICE = [
  ['hex-key', ({ bytes }) => [as('hex'), inCapitals, withDashes].map((write) => write(bytes))],
  ['base64-key', ({ bytes }) => [as('base64'), as('base64url')].map((write) => write(bytes))],
  [
    'text-key',
    ({ bytes }) =>
      [as('utf8'), as('ascii'), withNonAsciiAs('?'), withNonAsciiAs('\ufffd')].map((read) => read(bytes)),
  ],
  ['undefined-key', () => ['undefined', derive('undefined')]],
  ['empty-key', () => ['', derive('')]],
]

/** Cause, the keys that it gives, of a `secret` and of the `bytes` that it should give, and the cause's `value`. */
const MOBILE_SERVICES = [
  ['node-6-trap', ({ bytes }) => [bytes.toString('latin1')]],
  ['raw-master-key', ({ secret }) => [secret]],
  ['unhashed-key', ({ secret }) => [concat(secret, 'JWTSig')]],
  ['no-suffix', ({ secret }) => [sha256(secret)]],
  ...ANY_SERVICE,
  ...['?\n', '?\r\n', '?\r', '? ', ' ?', ' ? ', '"?"', "'?'"].map((around) => {
    const [before, after] = around.split('?')
    return [
      'extra-characters',
      ({ secret }) => [derive(concat(before, secret, after))],
      splitExtras(around).extras,
    ]
  }),
]

const APP_SERVICE = [
  ...ANY_SERVICE,
  ['default-key', () => ['0000']],
  ['hashed-key', ({ forms }) => forms.map(sha256)],
  ['mobile-services-key', ({ forms }) => forms.map(derive)],
  ...['hex', 'base64', 'text'].map((encoding) => [
    'other-encoding',
    ({ secret }) => [encoding === 'text' ? secret : Buffer.from(`${secret}`, encoding)],
    encoding,
  ]),
]

/**
 * Why a token is not signed with the key that it should be; empty where that cannot be told.
 *
 * @param given - The ZumoKey as `key`, as `secret` the bytes that it was made of, and `isAppService`.
 * @param isSignedWith - Whether the token is signed with a key: `(key) => boolean`.
 */
function keyMistakes({ key, secret, isAppService }, isSignedWith) {
  const causeOf = (secret, bytes) => {
    const given = { secret, bytes, forms: [secret, bytes, as('hex')(bytes), inCapitals(bytes)] }
    const mistakes = isAppService ? APP_SERVICE : MOBILE_SERVICES
    const [name, , value] = mistakes.find(([, keys]) => keys(given).some(isSignedWith)) ?? []
    return name && describeCause(name, { value })
  }
  const cause = causeOf(secret, key.export())
  if (cause) return [cause]

  const { trimmed, extras } = splitExtras(secret.toString('latin1'))
  if (extras === '' || trimmed === '') return []
  const bare = Buffer.from(trimmed, 'latin1')
  const bytes = isAppService ? bare : derive(bare)
  const other = !isSignedWith(bytes) && causeOf(bare, bytes)
  if (other === undefined) return []
  return [describeCause('extra-characters-here', { value: extras }), ...(other ? [other] : [])]
}

module.exports = { keyMistakes, splitExtras }
