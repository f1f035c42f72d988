'use strict'

const { createReadStream } = require('node:fs')
const { ZumoKey } = require('../index.js')
const { UsageError, readChoice } = require('./arguments.js')
const { splitExtras } = require('./key-mistakes.js')
const { note } = require('./output.js')
const { askHidden } = require('./prompt.js')

/** No token and no key is longer. */
const LIMIT = 1024 * 1024

const OTHER_VARIABLE = 'ZUMO_MASTER_KEY_OTHER'

/** The token and the keys. Who types both is asked for the key first: the token ends with Ctrl-D. */
async function readTokenAndKeys(argument, values) {
  const isTyped = argument === '-' && process.stdin.isTTY
  const keys = isTyped ? await readKeys(values) : undefined
  const token = await readToken(argument)
  return { token, materials: keys ?? (await readKeys(values)) }
}

/** The token: the argument, or standard input less one newline. */
async function readToken(argument) {
  if (argument !== '-') return argument
  if (process.stdin.isTTY) note('Paste the token here, then press Enter and Ctrl-D.')
  const token = String(trimNewline(await readAll(process.stdin, 'Standard input')))
  // What should have written the token failed, and has said why.
  if (token === '') throw new UsageError('There is no token: standard input is empty.')
  return token
}

/**
 * The keys: the one to sign with and, while it is replaced, the other one. Each has the `key`, as `secret` the
 * bytes that it was made of, and `isAppService`.
 */
async function readKeys({ 'key-file': file, 'app-service': isAppService = false, encoding }) {
  if (encoding !== undefined) readChoice('encoding', encoding, ['hex', 'base64', 'text'])
  if (encoding !== undefined && !isAppService) throw new UsageError('--encoding needs --app-service.')
  const variable = isAppService ? 'WEBSITE_AUTH_SIGNING_KEY' : 'ZUMO_MASTER_KEY'
  // An empty variable counts as none.
  const inVariable = file === undefined && process.env[variable]
  const secret =
    file === undefined ? inVariable || (await askHidden(`${variable}: `)) : await readKeyFile(file)
  if (secret === undefined) throw new UsageError(`There is no key: set ${variable}, or give --key-file.`)
  const first = makeKey(secret, 'The key', isAppService ? ENCODINGS[encoding ?? ''] : MASTER_KEY)
  const other = inVariable && !isAppService && process.env[OTHER_VARIABLE]
  const keys = { [variable]: first }
  if (other) keys[OTHER_VARIABLE] = makeKey(other, OTHER_VARIABLE, MASTER_KEY)
  return Object.entries(keys).map(([variable, key]) => ({ ...key, variable, isAppService }))
}

function makeKey(secret, name, [rule, read]) {
  try {
    return { key: read(secret), secret: Buffer.from(secret) }
  } catch {
    const { extras } = splitExtras(secret)
    const hint = extras && ` It has extra characters around it: ${extras}.`
    throw new UsageError(`${name} must be ${rule}.${hint}`)
  }
}

/** What a key must be, and a function that makes the ZumoKey, and throws where the key is something else. */
const MASTER_KEY = [
  'ASCII text and not empty; other bytes must come from a --key-file',
  (key) => ZumoKey.fromMasterKey(key),
]
const ENCODINGS = {
  '': ['64 hexadecimal digits; see --encoding for other keys', (key) => ZumoKey.fromSigningKey(`${key}`)],
  hex: ['hexadecimal digits, in pairs', (key) => exactKey(`${key}`.toLowerCase(), 'hex')],
  base64: ['base64', (key) => exactKey(`${key}`, 'base64')],
  text: ['text, and not empty', (key) => ZumoKey.fromSigningKey(Buffer.from(key))],
}

/** The key of a text, padded or not. Buffer.from() would leave out what is not in this encoding. */
function exactKey(text, encoding) {
  const bytes = Buffer.from(text, encoding)
  const encoded = bytes.toString(encoding)
  if (![encoded, encoded.replace(/=+$/, '')].includes(text)) throw new TypeError('Another encoding.')
  return ZumoKey.fromSigningKey(bytes)
}

async function readKeyFile(file) {
  try {
    return trimNewline(await readAll(createReadStream(file), 'The file of --key-file'))
  } catch (error) {
    if (error instanceof UsageError) throw error
    throw new UsageError(`The file of --key-file cannot be read (${error.code}).`)
  }
}

async function readAll(stream, name) {
  const chunks = []
  let length = 0
  for await (const chunk of stream) {
    chunks.push(chunk)
    length += chunk.length
    if (length > LIMIT) throw new UsageError(`${name} is longer than 1 MiB.`)
  }
  return Buffer.concat(chunks)
}

function trimNewline(bytes) {
  const [newline] = /\r?\n$/.exec(bytes.toString('latin1')) ?? ['']
  return bytes.subarray(0, bytes.length - newline.length)
}

module.exports = { OTHER_VARIABLE, readToken, readTokenAndKeys, readKeys }
