// Calls the addon millions of times and from hundreds of threads, and measures the memory: npm run soak [-- CALLS],
// 20 million by default. The script in package.json keeps V8's young generation small, as its growth would hide a leak.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate, setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { decode, sign, verify, ZumoKey, zumoJwt } from 'zumo-jwt'
import { childEnvironment } from '../__test__/helpers.js'

const MAX_GROWTH = 5
const PARTS = 40
const require = createRequire(import.meta.url)
const packageFolder = join(require.resolve('zumo-jwt'), '..')
const MASTER_KEY = 'AbCdEfGhIjKlMnOpQrStUvWxYz012345'
const BYTES = Buffer.from(MASTER_KEY)
const KEY = ZumoKey.fromMasterKey(MASTER_KEY)
const EXPIRY = 4102444800000
const TOKEN = zumoJwt(EXPIRY, 'Custom', 'Custom:42', MASTER_KEY)
const SIGNED = sign({ exp: EXPIRY / 1000, aud: 'Custom', uid: 'Custom:42' }, MASTER_KEY)
const LONG = KEY.sign({ exp: EXPIRY / 1000, aud: 'Custom', uid: 'ü'.repeat(2000) })

const CALLS = [
  () => zumoJwt(EXPIRY, 'Custom', 'Custom:42', MASTER_KEY) === TOKEN,
  () => zumoJwt(new Date(EXPIRY), 'Custom', 'Custom:42', BYTES) === TOKEN,
  () => ZumoKey.fromMasterKey(MASTER_KEY).zumoJwt(EXPIRY, 'Custom', 'Custom:42') === TOKEN,
  () => KEY.sign({ uid: 'Custom:42', aud: 'Custom', exp: EXPIRY / 1000 }) === SIGNED,
  () => KEY.verify(TOKEN, { audience: ['Another', 'Custom'] }).userId === 'Custom:42',
  () => verify(SIGNED, ['another key', KEY, BYTES]).claims.exp === EXPIRY / 1000,
  () => verify(LONG, MASTER_KEY).userId.length === 2000,
  () => decode(TOKEN).claims.uid === 'Custom:42',
  () => BYTES.length === KEY.export().length,
  () => throws('ERR_ZUMO_JWT_SIGNATURE', () => verify(TOKEN, 'another key')),
  () => throws('ERR_ZUMO_JWT_EXPIRED', () => KEY.verify(TOKEN, { now: new Date(EXPIRY) })),
  () => throws('ERR_ZUMO_JWT_AUDIENCE', () => KEY.verify(TOKEN, { audience: 'Another' })),
  () => throws('ERR_ZUMO_JWT_MALFORMED', () => decode('randomgoop')),
  () => throws('ERR_INVALID_ARG_TYPE', () => zumoJwt(EXPIRY, 'Custom', 42, MASTER_KEY)),
  () => throws('ERR_INVALID_ARG_VALUE', () => zumoJwt(EXPIRY, 'Custom', '\ud800', MASTER_KEY)),
  () => throws('ERR_OUT_OF_RANGE', () => zumoJwt(Number.NaN, 'Custom', 'Custom:42', MASTER_KEY)),
]

function throws(code, call) {
  try {
    call()
    return false
  } catch (error) {
    return error.code === code
  }
}

function use(count) {
  for (let call = 0; call < count; call++) {
    if (!CALLS[call % CALLS.length]()) throw new Error(`Wrong result: ${CALLS[call % CALLS.length]}`)
  }
}

if (isMainThread) await soak()
else {
  parentPort.postMessage('in use')
  use(workerData)
}

async function soak() {
  const calls = Number(process.argv[2] ?? 20e6)
  if (!(calls >= 1000)) throw new RangeError('CALLS must be a number of at least 1000')

  const table = []
  await measure(`${calls} mixed calls`, () => mixedCalls(calls))
  await measure('200 worker threads', () => workersThatEnd(200))
  await measure('200 worker threads terminated during a call', () => workersTerminated(200))
  await measure('two copies of the addon in one process', twoCopies)
  await measure('process.exit in a callback', exits)
  console.table(table)

  async function measure(what, check) {
    const start = performance.now()
    let result = 'ok'
    let growth
    try {
      growth = await check()
      use(CALLS.length)
    } catch (error) {
      console.error(what, error)
      result = 'FAILED'
      process.exitCode = 1
    }
    const seconds = ((performance.now() - start) / 1000).toFixed(1)
    table.push({ what, seconds, 'RSS growth in MB': growth?.toFixed(1), result })
  }
}

function mixedCalls(count) {
  return withoutGrowth(async () => {
    for (let chunk = 0; chunk < 100; chunk++) {
      use(count / PARTS / 100)
      await setImmediate() // V8 runs finalizers of keys between turns of the event loop
    }
  })
}

function workersThatEnd(count) {
  return withoutGrowth(async () => {
    for (let index = 0; index < count / PARTS; index++) {
      const [code] = await once(worker(10_000), 'exit')
      assert.equal(code, 0)
    }
  })
}

function workersTerminated(count) {
  return withoutGrowth(async () => {
    for (let index = 0; index < count / PARTS; index++) {
      const endless = worker(Number.POSITIVE_INFINITY)
      await once(endless, 'message')
      await setTimeout(4 * index)
      assert.equal(await endless.terminate(), 1)
    }
  })
}

/** Resolves with the growth of the RSS, in MB, after the first quarter of the parts. */
async function withoutGrowth(part) {
  const readings = []
  for (let index = 0; index < PARTS; index++) {
    await part()
    globalThis.gc()
    await setImmediate()
    readings.push(process.memoryUsage.rss() / 1024 / 1024)
  }
  const growth = Math.max(...readings.slice(PARTS / 4)) - readings[PARTS / 4 - 1]
  assert.ok(growth <= MAX_GROWTH, `RSS grew by ${growth} MB: ${readings.map(Math.round)}`)
  return growth
}

function worker(calls) {
  return new Worker(fileURLToPath(import.meta.url), { workerData: calls })
}

function twoCopies() {
  const folder = mkdtempSync(join(tmpdir(), 'zumo-jwt-'))
  try {
    for (const name of ['package.json', 'index.js', 'lib', 'zumo-jwt.node']) {
      cpSync(join(packageFolder, name), join(folder, name), { recursive: true })
    }
    const other = require(folder)
    assert.notEqual(other.zumoJwt, zumoJwt)
    assert.equal(other.zumoJwt(EXPIRY, 'Custom', 'Custom:42', MASTER_KEY), TOKEN)
    const otherKey = other.ZumoKey.fromMasterKey(MASTER_KEY)
    assert.equal(otherKey.verify(SIGNED).userId, 'Custom:42')
    // Only the copy that made a key knows the layout of its memory.
    for (const call of [() => verify(TOKEN, otherKey), () => other.verify(TOKEN, KEY)]) {
      assert.throws(call, { code: 'ERR_INVALID_ARG_TYPE' })
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Ends processes from code that the package calls, before and while it reads the arguments. */
function exits() {
  const callbacks = [
    'zumoJwt({ valueOf: exit }, "Custom", "Custom:42", KEY)',
    'sign({ toJSON: exit }, KEY)',
    'verify(TOKEN, Object.defineProperty([], 0, { get: exit }))',
    'verify(TOKEN, KEY, { audience: Object.defineProperty([], 0, { get: exit }) })',
    'setImmediate(() => { verify(TOKEN, KEY); exit() })',
    'process.on("exit", () => verify(TOKEN, KEY)); exit()',
  ]
  for (const callback of callbacks) {
    const script = `
      const { zumoJwt, sign, verify } = require('zumo-jwt')
      const [KEY, TOKEN] = ${JSON.stringify([MASTER_KEY, TOKEN])}
      const exit = () => process.exit(7)
      ${callback}`
    const { status, stderr } = spawnSync(process.execPath, ['--eval', script], {
      cwd: packageFolder,
      env: childEnvironment(),
      encoding: 'utf8',
    })
    assert.deepEqual({ status, stderr }, { status: 7, stderr: '' }, callback)
  }
}
