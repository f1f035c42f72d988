'use strict'

// Runs the programs of the README's chapter on servers that need nothing but Node.js. package/servers.test.js runs the
// others.
const assert = require('node:assert/strict')
const { spawn } = require('node:child_process')
const { once } = require('node:events')
const { createServer } = require('node:net')
const { setTimeout } = require('node:timers/promises')
const { test } = require('node:test')
const { MASTER_KEY } = require('./helpers.js')
const { isCommonJsToo, programs, toCommonJs } = require('./http/readme.cjs')
const { AUTH, MASTER, assertUnauthorized, call } = require('./http/suite.cjs')

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  return port
}

async function answers(port, path) {
  for (let tries = 0; tries < 200; tries++) {
    try {
      return await call({ port }, path)
    } catch (error) {
      if (error.code !== 'ECONNREFUSED') throw error
      await setTimeout(50)
    }
  }
  throw new Error('the server does not start')
}

function testServer(title, heading, path, program) {
  test(`${heading}: ${title} answers those who have a token`, async (t) => {
    const port = await freePort()
    const type = /^import /m.test(program) ? 'module' : 'commonjs'
    const env = { ...process.env, PORT: port, ZUMO_MASTER_KEY: MASTER_KEY }
    const args = [`--input-type=${type}`, '--eval', program]
    const child = spawn(process.execPath, args, { cwd: __dirname, env, stdio: 'inherit' })
    t.after(() => child.kill())
    assertUnauthorized(await answers(port, path), 'Unauthorized')
    const answer = await call({ port }, path, AUTH)
    assert.equal(answer.status, 200)
    assert.deepEqual(answer.json(), { userId: 'Custom:42' })
    const { status, text } = await call({ port }, path, MASTER)
    if (heading === 'When the user is undefined') assert.equal(status, 400)
    else assert.equal(text, '{}')
  })
}

for (const [heading, path] of [
  ['A server', '/tables/foo'],
  ['When the user is undefined', '/profile'],
  ['Fastify', '/tables/foo'],
  ['Koa', '/tables/foo'],
  ['Hono', '/tables/foo'],
]) {
  const [program] = programs(heading)
  testServer("the README's program", heading, path, program)
  if (isCommonJsToo(program)) testServer('as CommonJS, it', heading, path, toCommonJs(program))
}

// The functions of a function app wait for their host.
const HOST = `
  import hostOfFunctions from './http/functions-host.cjs'
  import apps from './http/apps.cjs'
  apps.onNode((request) => hostOfFunctions.invoke('foo', request), Number(process.env.PORT))`
const [functionApp] = programs('Azure Functions')
testServer("the README's program", 'Azure Functions', '/api/foo', `${HOST}\n${functionApp}`)
testServer('as CommonJS, it', 'Azure Functions', '/api/foo', toCommonJs(`${HOST}\n${functionApp}`))
