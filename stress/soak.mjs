// Uses the addon long and roughly, and reads the memory along the way: npm run soak [-- CALLS], 20 million where
// not given. Node keeps its young generation small, lest that grow when it likes and hide what the addon does.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate, setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import vm from 'node:vm'
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
  () => throws('ERR_ZUMO_JWT_EXPIRED', () => KEY.verify(TOKEN, { now: EXPIRY })),
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
    if (!CALLS[call % CALLS.length]()) throw new Error(`A wrong answer: ${CALLS[call % CALLS.length]}`)
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
  await measure('200 worker threads terminated in mid-call', () => workersTerminated(200))
  await measure('two copies of the addon in one process', twoCopies)
  await measure('arguments of, and the package in, a vm context', contexts)
  await measure('process.exit in a callback', exits)
  console.table(table)

  async function measure(what, check) {
    const begun = performance.now()
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
    const seconds = ((performance.now() - begun) / 1000).toFixed(1)
    table.push({ what, seconds, 'RSS growth in MB': growth?.toFixed(1), result })
  }
}

function mixedCalls(count) {
  return watched(async () => {
    for (let chunk = 0; chunk < 100; chunk++) {
      use(count / PARTS / 100)
      await setImmediate() // keys are dropped between turns of the event loop
    }
  })
}

function workersThatEnd(count) {
  return watched(async () => {
    for (let index = 0; index < count / PARTS; index++) {
      const [code] = await once(worker(10_000), 'exit')
      assert.equal(code, 0)
    }
  })
}

function workersTerminated(count) {
  return watched(async () => {
    for (let index = 0; index < count / PARTS; index++) {
      const endless = worker(Number.POSITIVE_INFINITY)
      await once(endless, 'message')
      await setTimeout(4 * index)
      assert.equal(await endless.terminate(), 1)
    }
  })
}

/** Answers how far RSS rose, in MB, above what it was after the first quarter of the parts. */
async function watched(part) {
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
    const addon = readdirSync(packageFolder).filter((name) => name.endsWith('.node'))
    for (const name of ['package.json', 'index.js', 'binding.js', ...addon]) {
      cpSync(join(packageFolder, name), join(folder, name))
    }
    const other = require(folder)
    assert.notEqual(other.zumoJwt, zumoJwt)
    assert.equal(other.zumoJwt(EXPIRY, 'Custom', 'Custom:42', MASTER_KEY), TOKEN)
    const otherKey = other.ZumoKey.fromMasterKey(MASTER_KEY)
    assert.equal(otherKey.verify(SIGNED).userId, 'Custom:42')
    // Where its memory is laid out is known to nobody but the copy that made it.
    for (const call of [() => verify(TOKEN, otherKey), () => other.verify(TOKEN, KEY)]) {
      assert.throws(call, { code: 'ERR_INVALID_ARG_TYPE' })
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function contexts() {
  const context = vm.createContext({ zumoJwt, sign, verify, KEY, MASTER_KEY, EXPIRY, TOKEN, SIGNED })
  const inContext = (code) => vm.runInContext(code, context)
  assert.equal(
    inContext(`
      const bytes = Uint8Array.from(MASTER_KEY, (character) => character.charCodeAt(0))
      zumoJwt(new Date(EXPIRY), 'Custom', 'Custom:42', bytes)`),
    TOKEN,
  )
  assert.equal(inContext("sign({ exp: new Date(EXPIRY), aud: 'Custom', uid: 'Custom:42' }, KEY)"), SIGNED)
  assert.equal(inContext("verify(TOKEN, [bytes, KEY], { audience: ['Custom'] }).userId"), 'Custom:42')

  // The facade as test runners load it: its code in their context, the addon from outside.
  const file = join(packageFolder, 'index.js')
  const facade = { exports: {} }
  const load = vm.compileFunction(readFileSync(file, 'utf8'), ['module', 'require'], {
    filename: file,
    parsingContext: context,
  })
  load(facade, createRequire(file))
  const inside = facade.exports
  assert.equal(inside.zumoJwt(EXPIRY, 'Custom', 'Custom:42', MASTER_KEY), TOKEN)
  assert.equal(inside.ZumoKey.fromMasterKey(BYTES).verify(TOKEN).userId, 'Custom:42')
  assert.throws(() => inside.verify(TOKEN, 'another key'), inside.ZumoJwtError)
}

/** Ends processes from code that the package calls: before the addon has the arguments, and while it reads them. */
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
