'use strict'

const { createHash } = require('node:crypto')

const EXTRAS = {
  quotes: /["']/,
  'a carriage return': /\r/,
  'a newline': /\n/,
  'a space or a tab': /[ \t]/,
}

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

const sha256 = (...parts) =>
  createHash('sha256')
    .update(Buffer.concat(parts.map((part) => Buffer.from(part))))
    .digest()
const derive = (masterKey) => sha256(masterKey, 'JWTSig')
const hex = (bytes) => bytes.toString('hex')
const capitals = (bytes) => hex(bytes).toUpperCase()
const replaceNonAscii = (bytes, text) => bytes.toString('latin1').replace(/[\x80-\xff]/g, text)

const USE_US = 'Have the signer use zumoJwt() or sign() of this package'
const DERIVE = `${USE_US}, or take as key the SHA-256, in bytes, of the master key followed by "JWTSig".`
const DECODE = 'Have the signer decode the text, and give HMAC the bytes'
const USE_BYTES =
  'Have the signer use ZumoKey.fromSigningKey(key) of this package, or the bytes of the key as they are.'
const SET_KEY = 'Have the signer set the variable or setting that it reads its key from.'

/** How a key is written as text, and what reads its bytes as text: UTF-8, and ASCII in Node.js, .NET and Java. */
const AS_TEXT = [
  ['hex-key', "with the key's hex digits as text", ({ bytes }) => [hex(bytes)]],
  ['hex-key', "with the key's hex digits, in capitals, as text", ({ bytes }) => [capitals(bytes)]],
  [
    'hex-key',
    "with the key's hex digits, with dashes, as text",
    ({ bytes }) => [capitals(bytes).replace(/..(?!$)/g, '$&-')],
  ],
  ['base64-key', "with the key's base64 as text", ({ bytes }) => [bytes.toString('base64')]],
  ['base64-key', "with the key's base64url as text", ({ bytes }) => [bytes.toString('base64url')]],
  [
    'text-key',
    "with the key's bytes read as UTF-8 or ASCII text, which loses most of them",
    ({ bytes }) => [
      `${bytes}`,
      bytes.toString('ascii'),
      replaceNonAscii(bytes, '?'),
      replaceNonAscii(bytes, '\ufffd'),
    ],
  ],
]

const NO_KEY = [
  [
    'undefined-key',
    'with "undefined" as key: anyone can do so',
    () => ['undefined', derive('undefined')],
    SET_KEY,
  ],
  ['empty-key', 'with an empty key: anyone can do so', () => ['', derive('')], SET_KEY],
]

/**
 * The keys that tokens are signed with by mistake: the name of the mistake, what it is, the keys that it
 * gives and the fix. Keys are made of a `secret` and of the `bytes` that it should give.
 */
const KEY_MISTAKES = {
  'mobile-services': [
    [
      'node-6-trap',
      "by the blog's code on Node 6 or newer, which reads the 'binary' key as UTF-8",
      ({ bytes }) => [bytes.toString('latin1')],
      `${USE_US}. Until its tokens have expired, a server accepts them with two keys: [masterKey, ZumoKey.fromMasterKey(masterKey, { node6: true })].`,
    ],
    ['raw-master-key', 'with the master key itself', ({ secret }) => [secret], DERIVE],
    [
      'unhashed-key',
      'with the master key followed by "JWTSig", and not with the SHA-256 of it',
      ({ secret }) => [Buffer.concat([secret, Buffer.from('JWTSig')])],
      DERIVE,
    ],
    [
      'no-suffix',
      'with SHA-256 of the master key, without "JWTSig"',
      ({ secret }) => [sha256(secret)],
      DERIVE,
    ],
    ...AS_TEXT.map((mistake) => [...mistake, `${DECODE}, or use zumoJwt() or sign() of this package.`]),
    ...NO_KEY,
    ...['?\n', '?\r\n', '?\r', '? ', ' ?', ' ? ', '"?"', "'?'"].map((around) => [
      'extra-characters',
      `with the master key and extra characters around it: ${splitExtras(around).extras}`,
      ({ secret }) => [
        derive(
          Buffer.from(
            around.replace('?', () => secret.toString('latin1')),
            'latin1',
          ),
        ),
      ],
      'Have them removed where the signer reads the key from its file or variable.',
    ]),
  ],
  'app-service': [
    ...AS_TEXT.map((mistake) => [
      ...mistake,
      `${DECODE}, or verify with the text too: ZumoKey.fromSigningKey(Buffer.from(text)), here --encoding text.`,
    ]),
    ['hashed-key', 'with SHA-256 of the key', ({ forms }) => forms.map((form) => sha256(form)), USE_BYTES],
    [
      'mobile-services-key',
      'as if the App Service key were the master key of a Mobile Service',
      ({ forms }) => forms.map(derive),
      USE_BYTES,
    ],
    [
      'default-key',
      'with "0000", which azure-mobile-apps signs with where no key is set: anyone can do so',
      () => ['0000'],
      SET_KEY,
    ],
    ...NO_KEY,
    [
      'other-encoding',
      'with the bytes of the given key in another encoding than here, hex or base64',
      ({ secret }) => ['hex', 'base64'].map((encoding) => Buffer.from(`${secret}`, encoding)),
      'Give that --encoding here, and the same bytes to the server.',
    ],
  ],
}

/**
 * Why a token is not signed with the key that it should be; empty where that cannot be told.
 *
 * @param given - The ZumoKey as `key`, as `secret` the bytes that it was made of, and `isAppService`.
 * @param isSignedWith - Whether the token is signed with a key: `(key) => boolean`.
 */
function keyMistakes({ key, secret, isAppService }, isSignedWith) {
  const mistakes = KEY_MISTAKES[isAppService ? 'app-service' : 'mobile-services']
  const findIn = (secret, bytes) => {
    const given = { secret, bytes, forms: [secret, bytes, hex(bytes), capitals(bytes)] }
    const mistake = mistakes.find(([, , keys]) => keys(given).some(isSignedWith))
    return mistake ? [{ name: mistake[0], cause: `It was signed ${mistake[1]}.`, fix: mistake[3] }] : []
  }
  const found = findIn(secret, key.export())
  if (found.length > 0) return found

  const { trimmed, extras } = splitExtras(secret.toString('latin1'))
  if (extras === '' || trimmed === '') return []
  const bare = Buffer.from(trimmed, 'latin1')
  const bytes = isAppService ? bare : derive(bare)
  const others = findIn(bare, bytes)
  if (others.length === 0 && !isSignedWith(bytes)) return []
  const given = {
    name: 'extra-characters',
    cause: `The key given here has extra characters around it, which the signer's has not: ${extras}.`,
    fix: `Remove them from ${isAppService ? 'WEBSITE_AUTH_SIGNING_KEY' : 'ZUMO_MASTER_KEY'}, or from the file of --key-file.`,
  }
  return isSignedWith(bytes) ? [given] : [given, ...others]
}

module.exports = { keyMistakes, splitExtras }
