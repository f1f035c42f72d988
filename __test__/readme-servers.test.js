'use strict'

// Runs the servers of the README and of docs/servers.md that need nothing but Node.js. package/servers.test.js runs the
// others.
const assert = require('node:assert/strict')
const { spawn } = require('node:child_process')
const { once } = require('node:events')
const { connect, createServer } = require('node:net')
const { setTimeout } = require('node:timers/promises')
const { test } = require('node:test')
const { WebSocket } = require('ws')
const { MASTER_KEY } = require('./helpers.js')
const { isCommonJsToo, programs, toCommonJs } = require('./http/readme.cjs')
const { AUTH, MASTER, assertUnauthorized, call, token } = require('./http/suite.cjs')
const { withoutTypes } = require('./typescript.js')

const BAD = { 'x-zumo-auth': 'randomgoop' }
const EXPIRED = { 'x-zumo-auth': token('Custom:42', MASTER_KEY, 1e12) }

/** Starts a program. Returns its port, and a function that ends it and returns what it wrote to standard error. */
async function start(t, program) {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address()
  probe.close()
  const type = /^import /m.test(program) ? 'module' : 'commonjs'
  const env = { ...process.env, PORT: port, ZUMO_MASTER_KEY: MASTER_KEY }
  const args = [`--input-type=${type}`, '--eval', program]
  const child = spawn(process.execPath, args, { cwd: __dirname, env, stdio: ['ignore', 'inherit', 'pipe'] })
  let errors = ''
  const stop = async () => {
    if (child.kill()) await once(child, 'close')
    return errors
  }
  t.after(stop)
  child.stderr.setEncoding('utf8').on('data', (text) => {
    errors += text
  })
  for (let tries = 0; tries < 200; tries++) {
    const socket = connect(port, '127.0.0.1')
    const isListening = await once(socket, 'connect').catch(() => false)
    socket.destroy()
    if (isListening) return { port, stop }
    await setTimeout(50)
  }
  throw new Error(`the server does not start: ${errors}`)
}

function testServer(title, heading, path, program, expectedErrors = '') {
  test(`${heading}: ${title} answers those who have a token`, async (t) => {
    const { port, stop } = await start(t, program)
    assertUnauthorized(await call({ port }, path), 'Unauthorized')
    const answer = await call({ port }, path, AUTH)
    assert.equal(answer.status, 200)
    assert.deepEqual(answer.json(), { userId: 'Custom:42' })
    const { status, text } = await call({ port }, path, MASTER)
    if (heading === 'When the user is undefined') assert.equal(status, 400)
    else assert.equal(text, '{}')
    assert.equal((await call({ port }, path, BAD)).status, 401)
    assert.equal(await stop(), expectedErrors)
  })
}

const LOG = 'GET /tables/foo ERR_ZUMO_UNAUTHORIZED\nGET /tables/foo ERR_ZUMO_JWT_MALFORMED\n'

for (const [heading, path, expectedErrors] of [
  ['zumo-jwt', '/tables/foo'],
  ['When the user is undefined', '/profile'],
  ['Fastify', '/tables/foo'],
  ['Koa', '/tables/foo'],
  ['Hono', '/tables/foo'],
  ['The token from elsewhere', '/tables/foo'],
  ['My token is refused', '/tables/foo', LOG],
]) {
  const [program] = programs(heading)
  testServer('the program', heading, path, program, expectedErrors)
  if (isCommonJsToo(program)) {
    testServer('as CommonJS, it', heading, path, toCommonJs(program), expectedErrors)
  }
}

// The functions of a function app wait for their host.
const HOST = `
  import hostOfFunctions from './http/functions-host.cjs'
  import apps from './http/apps.cjs'
  apps.onNode((request) => hostOfFunctions.invoke('foo', request), Number(process.env.PORT))`
const [functionApp] = programs('Azure Functions')
testServer('the program', 'Azure Functions', '/api/foo', `${HOST}\n${functionApp}`)
testServer('as CommonJS, it', 'Azure Functions', '/api/foo', toCommonJs(`${HOST}\n${functionApp}`))

test('The first program: those with an old token can log in, with the right password', async (t) => {
  const [program] = programs('zumo-jwt')
  const logIn = async ({ port }, body) => {
    const headers = { 'content-type': 'application/json', ...EXPIRED }
    const answer = await fetch(`http://127.0.0.1:${port}/.auth/login/custom`, {
      method: 'POST',
      headers,
      body,
    })
    return { status: answer.status, json: await answer.json() }
  }
  const wrong = { status: 401, json: { code: 401, error: 'Error: Wrong username or password.' } }
  const body = JSON.stringify({ username: 'ann', password: 'right' })

  const asItIs = await start(t, program)
  assert.equal((await call(asItIs, '/health', EXPIRED)).text, 'OK')
  for (const sent of [body, '{}', undefined]) assert.deepEqual(await logIn(asItIs, sent), wrong)

  const check = "username === 'ann' && password === 'right' ? 'Custom:7' :"
  const server = await start(t, program.replace('=> undefined', `=> ${check} undefined`))
  assert.deepEqual(await logIn(server, body.replace('right', 'wrong')), wrong)
  const { json } = await logIn(server, body)
  assert.deepEqual(json.user, { userId: 'Custom:7' })
  const sent = { 'x-zumo-auth': json.authenticationToken }
  assert.deepEqual((await call(server, '/tables/foo', sent)).json(), { userId: 'Custom:7' })
})

test('WebSockets: the program connects those who have a token', async (t) => {
  const { port, stop } = await start(t, withoutTypes(programs('WebSockets')[0]))
  const open = (headers) => new WebSocket(`ws://127.0.0.1:${port}`, { headers })
  for (const headers of [{}, BAD, EXPIRED, { ...BAD, ...MASTER }]) {
    const [{ message }] = await once(open(headers), 'error')
    assert.equal(message, 'Unexpected server response: 401')
    // One that does not wait for its answer.
    const lines = Object.entries({ upgrade: 'websocket', connection: 'upgrade', ...headers })
    const socket = connect(port, '127.0.0.1')
    socket.write(`GET / HTTP/1.1\r\n${lines.map((line) => `${line.join(': ')}\r\n`).join('')}\r\n`)
    await once(socket, 'connect')
    socket.resetAndDestroy()
  }
  const socket = open(AUTH)
  const [data] = await once(socket, 'message')
  socket.close()
  assert.deepEqual(JSON.parse(data), { userId: 'Custom:42' })
  assert.equal(await stop(), '')
})
