'use strict'

// Starts the example service, in a process of its own.

const assert = require('node:assert/strict')
const { mkdtempSync, rmSync } = require('node:fs')
const { connect } = require('node:net')
const { tmpdir } = require('node:os')
const { join } = require('node:path')
const { zumoJwt } = require('zumo-jwt')
const { childEnvironment, MASTER_KEY } = require('./helpers.js')
const { startServer } = require('./start-server.js')

const INDEX = join(__dirname, '../examples/mobile-service/index.js')
const MASTER = { 'x-zumo-master': MASTER_KEY }
const PASSWORD = 'correct horse battery staple'

function temporaryFolder(t) {
  const folder = mkdtempSync(join(tmpdir(), 'mobile-service-'))
  t.after(() => rmSync(folder, { recursive: true }))
  return folder
}

const environment = (folder, settings = { ZUMO_MASTER_KEY: MASTER_KEY }) =>
  childEnvironment({
    ZUMO_MASTER_KEY: undefined,
    ALLOWED_ORIGINS: undefined,
    DATA_FOLDER: folder,
    ...settings,
  })

async function start(t, folder = temporaryFolder(t), settings = undefined) {
  const env = environment(folder, settings)
  const { port, output, stop } = await startServer([process.execPath, INDEX], { env })
  const kill = () => stop('SIGKILL')
  t.after(() => kill())
  const url = `http://127.0.0.1:${port}`

  /** Sends JSON where there is a body. Resolves with the status, the headers and the body, parsed where it is JSON. */
  async function call(method, path, { headers, body } = {}) {
    const response = await fetch(url + path, {
      method,
      headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
      body: body === undefined || typeof body === 'string' ? body : JSON.stringify(body),
    })
    const text = await response.text()
    const isJson = response.headers.get('content-type')?.startsWith('application/json')
    return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text }
  }

  async function post(path, username, password = PASSWORD, headers = {}) {
    const answer = await call('POST', path, { headers, body: { username, password } })
    return { status: answer.status, body: answer.body }
  }

  return {
    url,
    port,
    output,
    call,
    kill,
    register: post.bind(null, '/api/register'),
    signIn: post.bind(null, '/.auth/login/custom'),
    /** A connection of its own, which sends that text. */
    open(text) {
      const socket = connect(port, '127.0.0.1')
      socket.write(text)
      return socket
    },
    /** Calls with a token of that user, made here. */
    as: (userId, method, path, body) =>
      call(method, path, { headers: { 'x-zumo-auth': tokenOf(userId) }, body }),
    async read(token) {
      const headers = token === undefined ? {} : { 'x-zumo-auth': token }
      const { status, body } = await call('GET', '/tables/foo', { headers })
      return { status, body }
    },
  }
}

const tokenOf = (userId) => zumoJwt(Date.now() + 60_000, 'Custom', userId, MASTER_KEY)

function errorAnswer(code, message) {
  return { status: code, body: { code, error: `Error: ${message}` } }
}

function assertError({ status, body }, code, message) {
  assert.deepEqual({ status, body }, errorAnswer(code, message))
}

module.exports = {
  INDEX,
  MASTER,
  MASTER_KEY,
  PASSWORD,
  assertError,
  environment,
  errorAnswer,
  start,
  temporaryFolder,
  tokenOf,
}
