'use strict'

const { spawn } = require('node:child_process')
const { once } = require('node:events')
const { connect, createServer } = require('node:net')
const { setTimeout } = require('node:timers/promises')

/**
 * Starts a program that takes its port from the environment, and waits until it listens there. `output` is what it has
 * written so far. `stop` ends it, and resolves with all that it wrote.
 */
async function startServer([command, ...args], { cwd, env }) {
  const port = await freePort()
  const address = { PORT: port, HOST: '127.0.0.1', DENO_SERVE_ADDRESS: `tcp:127.0.0.1:${port}` }
  const child = spawn(command, args, { cwd, env: { ...env, ...address }, stdio: ['ignore', 'pipe', 'pipe'] })
  const closed = once(child, 'close')
  const output = { stdout: '', stderr: '' }
  for (const name of Object.keys(output)) {
    child[name].setEncoding('utf8').on('data', (text) => {
      output[name] += text
    })
  }
  const stop = async (signal) => {
    child.kill(signal)
    await closed
    return output
  }

  const deadline = Date.now() + 30_000
  while (child.exitCode === null && Date.now() < deadline) {
    if (await isListening(port)) return { port, output, stop }
    await setTimeout(20)
  }
  await stop()
  throw new Error(`${command} does not start: ${output.stdout}${output.stderr}`)
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  await once(server, 'close')
  return port
}

async function isListening(port, host = '127.0.0.1') {
  const socket = connect(port, host)
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}

module.exports = { freePort, isListening, startServer }
