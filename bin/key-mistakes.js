'use strict'

const { createHash } = require('node:crypto')

const sha256 = (...parts) => createHash('sha256').update(Buffer.concat(parts)).digest()
const derive = (masterKey) => sha256(masterKey, Buffer.from('JWTSig'))

const SIGN_WITH_US = 'Sign it with zumoJwt() or sign() of this package'

const EXTRAS = {
  quotes: /^\s*["']|["']\s*$/,
  'a carriage return': /\r/,
  'a newline': /\n/,
  'a space or a tab': /^\s*[ \t]|[ \t]\s*$/,
}

/** The characters around a key that do not belong to it, in words; empty where there are none. */
function describeExtras(key) {
  const found = Object.entries(EXTRAS).filter(([, pattern]) => pattern.test(key))
  return found.map(([words]) => words).join(', ')
}

/** The keys that tokens are signed with by mistake, from the master key's bytes. */
const MASTER_KEY_MISTAKES = [
  {
    name: 'node-6-trap',
    key: (masterKey) => Buffer.from(derive(masterKey).toString('latin1'), 'utf8'),
    cause: "It was signed by the blog's code on Node 6 or newer, which reads the 'binary' key as UTF-8.",
    fix: `${SIGN_WITH_US}, or give createHmac the digest as a Buffer.`,
  },
  {
    name: 'raw-master-key',
    key: (masterKey) => masterKey,
    cause: 'It was signed with the master key itself.',
    fix: `${SIGN_WITH_US}, which derive the key: SHA-256 of the master key and "JWTSig".`,
  },
  {
    name: 'hex-key',
    key: (masterKey) => derive(masterKey).toString('hex'),
    cause: "It was signed with the derived key's hex digits as text.",
    fix: `${SIGN_WITH_US}, or decode the digits: Buffer.from(key, 'hex').`,
  },
  {
    name: 'base64-key',
    key: (masterKey) => derive(masterKey).toString('base64'),
    cause: "It was signed with the derived key's base64 as text.",
    fix: `${SIGN_WITH_US}, or decode it: Buffer.from(key, 'base64').`,
  },
  {
    name: 'no-suffix',
    key: (masterKey) => sha256(masterKey),
    cause: 'It was signed with SHA-256 of the master key, without the suffix "JWTSig".',
    fix: `${SIGN_WITH_US}, or append "JWTSig" to the master key before hashing.`,
  },
  ...['undefined', ''].map((text) => ({
    name: text === '' ? 'empty-key' : 'undefined-key',
    key: () => derive(Buffer.from(text)),
    cause: `It was signed with ${text === '' ? 'an empty text' : `the text "${text}"`} as master key.`,
    fix: 'Set the variable or setting that the signer reads its key from: with this key, anyone can sign.',
  })),
  ...['?\n', '?\r\n', '?\r', '? ', ' ?', ' ? ', '"?"', "'?'"].map((around) => {
    const [before, after] = around.split('?')
    return {
      name: 'extra-characters',
      key: (masterKey) => derive(Buffer.concat([Buffer.from(before), masterKey, Buffer.from(after)])),
      cause: `It was signed with the master key and extra characters around it: ${describeExtras(around)}.`,
      fix: 'Remove them where the signer reads the key from its file or variable.',
    }
  }),
]

/** The same, from the hexadecimal digits of an App Service key. */
const SIGNING_KEY_MISTAKES = [
  {
    name: 'hex-key',
    key: (digits) => digits,
    cause: "It was signed with the key's hex digits as text.",
    fix: "Decode the digits: ZumoKey.fromSigningKey(key), or Buffer.from(key, 'hex').",
  },
  {
    name: 'mobile-services-key',
    key: derive,
    cause: 'It was signed as if the App Service key were the master key of a Mobile Service.',
    fix: 'Sign it with ZumoKey.fromSigningKey(key), or with --app-service.',
  },
]

/**
 * Why a token is not signed with the key that it should be; empty where that cannot be told.
 *
 * @param secret - The bytes of the master key, or the hexadecimal digits of an App Service key.
 * @param isSignedWith - Whether the token is signed with a key: `(key) => boolean`.
 */
function keyMistakes(secret, isAppService, isSignedWith) {
  const mistakes = isAppService ? SIGNING_KEY_MISTAKES : MASTER_KEY_MISTAKES
  const findIn = (secret) => mistakes.find(({ key }) => isSignedWith(key(secret)))
  const mistake = findIn(secret)
  if (mistake) return [mistake]

  const text = secret.toString('latin1')
  const trimmed = Buffer.from(text.replace(/^[ \t\r\n"']+|[ \t\r\n"']+$/g, ''), 'latin1')
  if (trimmed.length === secret.length || trimmed.length === 0) return []
  const given = {
    name: 'extra-characters',
    cause: `The key given here has extra characters around it, which the signer's has not: ${describeExtras(text)}.`,
    fix: 'Remove them from ZUMO_MASTER_KEY, or from the file of --key-file.',
  }
  if (isSignedWith(derive(trimmed))) return [given]
  const other = findIn(trimmed)
  return other ? [given, other] : []
}

module.exports = { describeExtras, keyMistakes }
