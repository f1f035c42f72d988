// Runs the programs of the README's chapter on servers that need nothing but Node.js. package/servers.test.js runs the
// others.
const assert = require('node:assert/strict')
const { spawn } = require('node:child_process')
const { once } = require('node:events')
const { createServer } = require('node:net')
const { setTimeout } = require('node:timers/promises')
const { test } = require('node:test')
const { MASTER_KEY } = require('./helpers.js')
const { headings, programs } = require('./http/readme.cjs')
const { AUTH, assertUnauthorized, call } = require('./http/suite.cjs')

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

for (const heading of ['Express', 'Fastify', 'Koa', 'Hono', 'Azure Functions']) {
  test(`${heading}: the README's program answers requests with a token`, async (t) => {
    const [program] = programs(heading)
    const port = await freePort()
    const type = program.includes('import ') ? 'module' : 'commonjs'
    // The functions of a function app wait for their host.
    const host = `
      const { invoke } = require('./http/functions-host.cjs')
      require('./http/apps.cjs').onNode((request) => invoke('foo', request), ${port})`
    const script = heading === 'Azure Functions' ? `${host}\n${program}` : program
    const env = { ...process.env, PORT: port, ZUMO_MASTER_KEY: MASTER_KEY }
    const args = [`--input-type=${type}`, '--eval', script]
    const child = spawn(process.execPath, args, { cwd: __dirname, env, stdio: 'inherit' })
    t.after(() => child.kill())
    const path = heading === 'Azure Functions' ? '/api/foo' : '/tables/foo'
    assertUnauthorized(await answers(port, path), 'Unauthorized')
    const answer = await call({ port }, path, AUTH)
    assert.equal(answer.status, 200)
    assert.deepEqual(answer.json(), { userId: 'Custom:42' })
  })
}

test('every server of the README is tested', () => {
  assert.deepEqual(headings, [
    'Express',
    'Fastify',
    'Koa',
    'Hono',
    'Azure Functions',
    'Next.js',
    'SvelteKit',
    'Bun',
    'Deno',
  ])
})
