'use strict'

const { createReadStream } = require('node:fs')
const { ZumoKey } = require('../index.js')
const { describeExtras } = require('./key-mistakes.js')
const { askHidden } = require('./prompt.js')
const { UsageError } = require('./usage-error.js')

/** No token and no key is longer. */
const LIMIT = 1024 * 1024

/** The token: the argument, or standard input less one newline. */
async function readToken(argument = '-') {
  if (argument !== '-') return argument
  if (process.stdin.isTTY) throw new UsageError('There is no token: pipe it in, or give it as argument.')
  const token = String(trimNewline(await readAll(process.stdin, 'Standard input')))
  // What should have written the token failed, and has said why.
  if (token === '') throw new UsageError('There is no token: standard input is empty.')
  return token
}

/** The key, and the bytes that it was made of: from a file, the environment or a terminal. */
async function readKey({ 'key-file': file, 'app-service': isAppService }) {
  const variable = isAppService ? 'WEBSITE_AUTH_SIGNING_KEY' : 'ZUMO_MASTER_KEY'
  // An empty variable counts as none.
  const secret = file === undefined ? process.env[variable] || (await ask(variable)) : await readKeyFile(file)
  try {
    const key = isAppService ? ZumoKey.fromSigningKey(String(secret)) : ZumoKey.fromMasterKey(secret)
    return { key, secret: Buffer.from(secret) }
  } catch {
    const rule = isAppService
      ? '64 hexadecimal digits'
      : 'ASCII text and not empty; other bytes must come from a --key-file'
    const extras = isAppService ? describeExtras(String(secret)) : ''
    throw new UsageError(
      `The key must be ${rule}.${extras && ` It has extra characters around it: ${extras}.`}`,
    )
  }
}

async function ask(variable) {
  const secret = await askHidden(`${variable}: `)
  if (secret === undefined) throw new UsageError(`There is no key: set ${variable}, or give --key-file.`)
  return secret
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

module.exports = { readToken, readKey }
