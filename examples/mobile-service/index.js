'use strict'

const { randomBytes } = require('node:crypto')
const { appendFileSync, chmodSync, existsSync, mkdirSync, readFileSync } = require('node:fs')
const { join } = require('node:path')
const { parseEnv } = require('node:util')

try {
  start()
} catch (error) {
  stop(error)
}

function start() {
  // Required here, so that it can be said what to do where they are not installed.
  const { openDatabase } = require('./database.js')
  const { createService } = require('./service.js')

  // A variable that is empty counts as unset.
  const { PORT, DATA_FOLDER, ALLOWED_ORIGINS, ZUMO_MASTER_KEY } = process.env
  const port = Number(PORT || 3000)
  if (!(Number.isInteger(port) && port >= 0 && port <= 65535)) {
    throw new RangeError('PORT must be a number from 0 to 65535.')
  }
  const folder = DATA_FOLDER || join(__dirname, 'data')
  mkdirSync(folder, { recursive: true, mode: 0o700 })

  const database = openDatabase(join(folder, 'service.db'))
  // Where two first starts come together, one makes the key, and the other waits and reads it.
  const masterKey = ZUMO_MASTER_KEY || database.exclusively(() => keptMasterKey(join(folder, '.env')))
  const allowedOrigins = ALLOWED_ORIGINS ? ALLOWED_ORIGINS.split(',').map(checkedOrigin) : undefined

  const service = createService({ masterKey, database, allowedOrigins })
  const server = service.listen(port, '127.0.0.1', (error) => {
    if (error?.code === 'EADDRINUSE') error.message = `Port ${port} is in use. Set PORT to another one.`
    if (error) return stop(error)
    console.log(welcome(`http://127.0.0.1:${server.address().port}`))
  })
}

/** Says in one sentence why the service cannot start. */
function stop({ code, message }) {
  const [sentence] = message.split('\n')
  console.error(code === 'MODULE_NOT_FOUND' ? 'A package is not installed. Run npm ci first.' : sentence)
  process.exitCode = 1
}

function keptMasterKey(file) {
  const text = existsSync(file) ? readFileSync(file, 'utf8') : ''
  const kept = parseEnv(text).ZUMO_MASTER_KEY
  if (kept) return kept
  const made = randomBytes(16).toString('hex')
  const lineBreak = /[^\n]$/.test(text) ? '\n' : ''
  // The mode first, so that nobody else reads the key in a file that was there.
  appendFileSync(file, lineBreak, { mode: 0o600 })
  chmodSync(file, 0o600)
  appendFileSync(file, `ZUMO_MASTER_KEY=${made}\n`)
  console.log(`A master key was made. It is kept in ${file}`)
  return made
}

function checkedOrigin(text) {
  const origin = text.trim()
  if (!URL.canParse(origin) || new URL(origin).origin !== origin) {
    throw new TypeError('ALLOWED_ORIGINS must be origins such as https://app.example, separated by commas.')
  }
  return origin
}

// A user of its own at each start, so that the lines work however often they are pasted.
function welcome(url) {
  const credentials = JSON.stringify({
    username: `user-${randomBytes(4).toString('hex')}`,
    password: randomBytes(9).toString('base64url'),
  })
  const post = `-H 'Content-Type: application/json' -d '${credentials}'`
  const signIn = `${url}/.auth/login/custom ${post}`
  return `The mobile service listens on ${url}

Open it in a browser for the to-do list. Or register, sign in, and read a table:

  curl ${url}/api/register ${post}
  curl ${signIn}
  curl ${url}/tables/foo -H "X-ZUMO-AUTH: $(curl -s ${signIn} | cut -d '"' -f 10)"
`
}
