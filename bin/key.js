'use strict'

const { readFileSync } = require('node:fs')
const { createInterface } = require('node:readline')
const { ZumoKey } = require('../index.js')
const { UsageError } = require('./usage-error.js')

/** The key, and the secret that it was made of: from a file, the environment or a terminal. */
async function readKey({ 'key-file': file, 'app-service': isAppService }) {
  const variable = isAppService ? 'WEBSITE_AUTH_SIGNING_KEY' : 'ZUMO_MASTER_KEY'
  const secret = file === undefined ? process.env[variable] || (await ask(variable)) : readKeyFile(file)
  try {
    const key = isAppService ? ZumoKey.fromSigningKey(String(secret)) : ZumoKey.fromMasterKey(secret)
    return { key, secret: Buffer.from(secret) }
  } catch {
    const rule = isAppService
      ? '64 hexadecimal digits'
      : 'ASCII text and not empty; other bytes come in a --key-file'
    throw new UsageError(`The key must be ${rule}.`)
  }
}

function readKeyFile(file) {
  try {
    const bytes = readFileSync(file)
    const [newline] = /\r?\n$/.exec(bytes.toString('latin1')) ?? ['']
    return bytes.subarray(0, bytes.length - newline.length)
  } catch ({ code }) {
    throw new UsageError(`The file of --key-file cannot be read (${code}).`)
  }
}

function ask(variable) {
  if (!process.stdin.isTTY || !process.stderr.isTTY) {
    throw new UsageError(`There is no key: set ${variable}, or give --key-file.`)
  }
  return new Promise((resolve) => {
    let secret
    // Without an output nothing is echoed.
    const input = createInterface({ input: process.stdin, terminal: true, historySize: 0 })
    input.once('line', (line) => {
      secret = line
      input.close()
    })
    input.once('close', () => {
      process.stderr.write('\n')
      if (secret === undefined) process.exit(130)
      resolve(secret)
    })
    process.stderr.write(`${variable}: `)
  })
}

module.exports = { readKey }
