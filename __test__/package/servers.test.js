'use strict'

// The packed file in the servers that are too large for npm test: NestJS, Next.js, SvelteKit, Bun and Deno (Linux x64).
const assert = require('node:assert/strict')
const { execFileSync, spawn } = require('node:child_process')
const { once } = require('node:events')
const { cpSync, mkdirSync, writeFileSync } = require('node:fs')
const { dirname, join } = require('node:path')
const { createInterface } = require('node:readline')
const { before, describe, test } = require('node:test')
const { env, folder, installTools, npm, packed } = require('./helpers.js')
const { MASTER_KEY } = require('../helpers.js')
const { programs, writeProgram } = require('../http/readme.cjs')
const { SETS } = require('../http/sets.cjs')
const { AUTH, assertUnauthorized, call, testServer } = require('../http/suite.cjs')
const { startServer } = require('../start-server.js')

const tools = installTools('servers', {
  '@oven/bun-linux-x64': '1.4.5',
  '@deno/linux-x64-glibc': '2.9.6',
  hono: '4.13.19',
  '@nestjs/common': '12.5.1',
  '@nestjs/core': '12.5.1',
  '@nestjs/platform-express': '12.5.1',
  'reflect-metadata': '0.2.2',
  rxjs: '7.8.2',
  next: '16.4.6',
  react: '19.3.1',
  'react-dom': '19.3.1',
  '@sveltejs/adapter-node': '5.5.7',
  '@sveltejs/kit': '2.70.4',
  '@sveltejs/vite-plugin-svelte': '6.2.3',
  svelte: '5.57.3',
  vite: '7.3.1',
})
const tool = (path) => join(tools, path)
const TSC = require.resolve('typescript/bin/tsc')
const bun = [tool('@oven/bun-linux-x64/bin/bun')]
const deno = [tool('@deno/linux-x64-glibc/deno'), 'run', '--allow-all', '--node-modules-dir=manual']

// Inside the folder of the servers, which it finds as any package finds those of the folders above it.
const app = folder(join(tools, '..'))
write('package.json', '{}')
npm(app, ['install', packed])
cpSync(join(__dirname, '../helpers.js'), join(app, 'helpers.js'))
cpSync(join(__dirname, '../http'), join(app, 'http'), { recursive: true })

function write(file, text) {
  mkdirSync(dirname(join(app, file)), { recursive: true })
  writeFileSync(join(app, file), text)
}

function build([command, ...args]) {
  const more = { ZUMO_MASTER_KEY: MASTER_KEY, NEXT_TELEMETRY_DISABLED: '1' }
  execFileSync(command, args, { cwd: app, env: { ...env, ...more }, stdio: 'pipe' })
}

/** Starts a program that prints its port. */
async function startPrinting([command, ...args]) {
  const child = spawn(command, args, { cwd: app, env, stdio: ['ignore', 'pipe', 'inherit'] })
  const [port] = await once(createInterface(child.stdout), 'line')
  return { port: Number(port), close: () => child.kill() }
}

/** Starts a program that takes its port from the environment. */
async function startAt(command) {
  const server = await startServer(command, { cwd: app, env: { ...env, ZUMO_MASTER_KEY: MASTER_KEY } })
  return { port: server.port, close: () => server.stop() }
}

/** Asserts that a server of a document refuses who has no token. */
async function assertServes({ port }, path = '/tables/foo') {
  assertUnauthorized(await call({ port }, path), 'Unauthorized')
  const answer = await call({ port }, path, AUTH)
  assert.equal(answer.status, 200)
  assert.deepEqual(answer.json(), { userId: 'Custom:42' })
}

const short = { longTokens: false }
const withoutNone = { longTokens: false, sets: Object.keys(SETS).filter((set) => set !== 'none') }

testServer('Hono on Bun', () => startPrinting([...bun, 'http/bun.mjs', 'hono']), short)
testServer('Bun.serve', () => startPrinting([...bun, 'http/bun.mjs', 'fetchHandler']), withoutNone)
testServer('Hono on Deno', () => startPrinting([...deno, 'http/deno.mjs', 'hono']), short)
testServer('Deno.serve', () => startPrinting([...deno, 'http/deno.mjs', 'fetchHandler']), withoutNone)

describe('NestJS runs the program of docs/servers.md', () => {
  const [program] = programs('NestJS')
  for (const [title, path, ...edits] of [
    ['as it is', '/tables/foo'],
    [
      'below a path of RouterModule',
      '/admin/tables/foo',
      ['Module({', "Module({ imports: [RouterModule.register([{ path: 'admin', module: AppModule }])],"],
      ['{ NestFactory }', '{ NestFactory, RouterModule }'],
    ],
  ]) {
    test(title, async (t) => {
      const text = edits.reduce((text, [from, to]) => text.replace(from, to), program.text)
      const main = writeProgram(join(app, 'nest'), { ...program, text })
      // As in a project of Nest's own command, but strict.
      const options = ['--module', 'nodenext', '--target', 'es2023', '--strict', '--isolatedModules']
      const decorators = ['--experimentalDecorators', '--emitDecoratorMetadata', '--skipLibCheck']
      build([process.execPath, TSC, '--ignoreConfig', ...options, ...decorators, '--types', 'node', main])
      const server = await startAt([process.execPath, main.replace(/ts$/, 'js')])
      t.after(server.close)
      await assertServes(server, path)
    })
  }
})

test('Bun runs the program of the README', async (t) => {
  const server = await startAt([...bun, writeProgram(join(app, 'bun'), programs('Bun')[0])])
  t.after(server.close)
  await assertServes(server)
})

test('Deno runs the program of the README', async (t) => {
  const program = writeProgram(join(app, 'deno'), programs('Deno')[0])
  const server = await startAt([...deno, program])
  t.after(server.close)
  await assertServes(server)
})

describe('Next.js', () => {
  const next = [process.execPath, tool('next/dist/bin/next')]

  before(() => {
    for (const program of programs('Next.js')) writeProgram(app, program)
    write(
      'app/[set]/[permission]/route.js',
      `import { catchErrors, handlers } from '../../../http/handlers.cjs'

      const handlerOf = handlers((request, user, context) => {
        if (!context.params) throw new Error('the context is missing')
        return new Response(JSON.stringify(user))
      })
      const handle = (request, context) => catchErrors(() => handlerOf(request.url)(request, context))(request)
      export { handle as DELETE, handle as GET, handle as OPTIONS, handle as PATCH, handle as POST, handle as PUT }`,
    )
    build([...next, 'build'])
  })

  const start = () => startAt([...next, 'start', '--hostname', '127.0.0.1'])
  testServer('route handlers', start, withoutNone)

  test('serves the route of the README', async (t) => {
    const server = await start()
    t.after(server.close)
    await assertServes(server)
  })
})

describe('SvelteKit', () => {
  before(() => {
    write('src/app.html', '<html><head>%sveltekit.head%</head><body>%sveltekit.body%</body></html>')
    writeProgram(app, programs('SvelteKit')[0])
    write(
      'svelte.config.js',
      `import adapter from '@sveltejs/adapter-node'
      export default { kit: { adapter: adapter() } }`,
    )
    write(
      'vite.config.mjs',
      `import { sveltekit } from '@sveltejs/kit/vite'
      export default { plugins: [sveltekit()] }`,
    )
    build([process.execPath, tool('vite/bin/vite.js'), 'build'])
  })

  test('serves the endpoint of the README', async (t) => {
    const server = await startAt([process.execPath, 'build'])
    t.after(server.close)
    await assertServes(server)
  })
})
