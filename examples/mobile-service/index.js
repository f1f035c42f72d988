'use strict'

const { randomBytes } = require('node:crypto')
const { appendFileSync, existsSync, mkdirSync } = require('node:fs')
const { join } = require('node:path')
const Database = require('libsql')
const { createService } = require('./service.js')

const { PORT = '3000', DATA_FOLDER = join(__dirname, 'data') } = process.env
mkdirSync(DATA_FOLDER, { recursive: true })

const keysFile = join(DATA_FOLDER, '.env')
if (existsSync(keysFile)) process.loadEnvFile(keysFile)

function keyFromEnvironment(name) {
  if (!process.env[name]) {
    process.env[name] = randomBytes(16).toString('hex')
    appendFileSync(keysFile, `${name}=${process.env[name]}\n`, { mode: 0o600 })
    console.log(`${name}=${process.env[name]} was made and is kept in ${keysFile}`)
  }
  return process.env[name]
}

const service = createService({
  masterKey: keyFromEnvironment('ZUMO_MASTER_KEY'),
  applicationKey: keyFromEnvironment('ZUMO_APPLICATION_KEY'),
  database: new Database(join(DATA_FOLDER, 'service.db')),
})

const server = service.listen(PORT, '127.0.0.1', (error) => {
  if (error) throw error
  console.log(`The mobile service listens on http://127.0.0.1:${server.address().port}`)
})
