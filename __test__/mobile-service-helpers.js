'use strict'

const { spawn } = require('node:child_process')
const { once } = require('node:events')
const { readFileSync } = require('node:fs')
const { join } = require('node:path')
const { createInterface } = require('node:readline')
const { childEnvironment } = require('./helpers.js')

const INDEX = join(__dirname, '../examples/mobile-service/index.js')
const MASTER_KEY = 'AbCdEfGhIjKlMnOpQrStUvWxYz012345'

/** Starts the example service on a free port, in a process of its own. */
async function start(folder, { env = { ZUMO_MASTER_KEY: MASTER_KEY }, nodeOptions = [] } = {}) {
  const child = spawn(process.execPath, [...nodeOptions, INDEX], {
    env: childEnvironment({
      ZUMO_MASTER_KEY: undefined,
      ALLOWED_ORIGINS: undefined,
      PORT: '0',
      DATA_FOLDER: folder,
      ...env,
    }),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const exited = once(child, 'exit')
  const lines = []
  createInterface(child.stderr).on('line', (line) => lines.push(line))
  const url = await new Promise((resolve, reject) => {
    createInterface(child.stdout).on('line', (line) => {
      lines.push(line)
      const [found] = line.match(/http:\S+/) ?? []
      if (found) resolve(found)
    })
    exited.then(() => reject(new Error(`The service did not start: ${lines.join('\n')}`)))
  })

  return {
    url,
    /** The lines it has written to stdout and stderr so far. */
    lines,
    /** Sends JSON where there is a body. Resolves with the status, the headers and the body, parsed where it is JSON. */
    async call(method, path, { headers, body } = {}) {
      const response = await fetch(url + path, {
        method,
        headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
        body: body === undefined || typeof body === 'string' ? body : JSON.stringify(body),
      })
      const text = await response.text()
      const isJson = response.headers.get('content-type')?.startsWith('application/json')
      return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text }
    },
    /** The processor time it has used, in seconds, from proc_pid_stat(5) in ticks of 10 ms. Linux only. */
    processorTime() {
      const [, fields] = readFileSync(`/proc/${child.pid}/stat`, 'latin1').split(') ')
      const [user, system] = fields.split(' ').slice(11, 13).map(Number)
      return (user + system) / 100
    },
    kill() {
      child.kill('SIGKILL')
      return exited
    },
  }
}

module.exports = { INDEX, MASTER_KEY, start }
