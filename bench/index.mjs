// npm run bench: the medians of interleaved rounds in one process, and how they compare.
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { statSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { Worker } from 'node:worker_threads'
import { zumoJwt } from 'zumo-jwt'
import { assertSameWork, example, minting, shapes, verifiers } from './contestants.mjs'
import { fields, median, printAims, race } from './race.mjs'

function print(title, rows, base) {
  console.log(`\n${title}`)
  const width = Math.max(...Object.keys(rows).map((name) => name.length))
  for (const [name, ns] of Object.entries(rows)) {
    const ratio = base === undefined ? '' : `${(ns / rows[base]).toFixed(2).padStart(8)} ×`
    console.log(`  ${name.padEnd(width)} ${ns.toFixed(0).padStart(8)} ns${ratio}`)
  }
}

/** How many tokens so many threads mint in a second. */
async function throughput(threads) {
  const workers = Array.from({ length: threads }, () => new Worker(new URL('./worker.mjs', import.meta.url)))
  await Promise.all(workers.map((worker) => once(worker, 'message')))
  const counts = workers.map((worker) => once(worker, 'message'))
  for (const worker of workers) worker.postMessage({ example, ms: 400 })
  const minted = (await Promise.all(counts)).reduce((sum, [count]) => sum + count, 0)
  await Promise.all(workers.map((worker) => worker.terminate()))
  return minted / 0.4
}

/** The ms that a process of its own takes to load the package. */
function firstRequire() {
  const code = "const t = performance.now(); require('zumo-jwt'); console.log(performance.now() - t)"
  return Number(execFileSync(process.execPath, ['-e', code], { cwd: new URL('..', import.meta.url) }))
}

await assertSameWork()

const mint = await race(minting)
print('Minting', mint, 'zumoJwt')

const verifying = {}
for (const [shape, { token, ...own }] of Object.entries(shapes)) {
  verifying[shape] = await race(fields(verifiers(own), (verify) => () => verify(token)))
  print(`Verifying: ${shape}`, verifying[shape], 'zumo-jwt')
}

const sizes = [10, 100, 1000, 10_000, 40_000]
const growth = await race(
  Object.fromEntries(
    sizes.map((size) => {
      const [expiry, aud, , masterKey] = example
      const userId = 'u'.repeat(size)
      return [`user id of ${size} bytes`, () => zumoJwt(expiry, aud, userId, masterKey)]
    }),
  ),
)
print('Growth of zumoJwt', growth)

const rates = { 1: [], 2: [] }
for (let round = 0; round < 7; round++) {
  for (const threads of [1, 2]) rates[threads].push(await throughput(threads))
}
const threads = median(rates[2].map((rate, round) => rate / rates[1][round]))
console.log(`\nThreads\n  2 mint ${threads.toFixed(2)} times as many tokens as 1`)

const size = statSync('zumo-jwt.node').size
const load = median(Array.from({ length: 15 }, firstRequire))
console.log(`\nSize and start\n  zumo-jwt.node: ${size} bytes\n  first require: ${load.toFixed(1)} ms`)

const peers = ['fast-jwt', 'jsonwebtoken', 'jose', '@node-rs/jsonwebtoken', 'jwt-simple']
const fastest = (rows) => Math.min(...peers.map((name) => rows[name]))
/** The smallest ratio of the fastest peer that verifies to verify, of all shapes of a kind. */
const worst = (isNestedOrLong) =>
  Math.min(
    ...Object.entries(verifying)
      .filter(([shape]) => Boolean(shapes[shape].isNestedOrLong) === isNestedOrLong)
      .map(([, rows]) => fastest(rows) / rows['zumo-jwt']),
  )
printAims([
  ["the blog's function to zumoJwt", mint["the blog's function, fixed"] / mint.zumoJwt, '>=', 7],
  ['the fastest peer to zumoJwt', fastest(mint) / mint.zumoJwt, '>=', 5],
  ['the fastest peer to verify, flat claims', worst(false), '>=', 2.4],
  ['the fastest peer to verify, nested or long', worst(true), '>=', 2.3],
  ['40,000 bytes to 10,000', growth['user id of 40000 bytes'] / growth['user id of 10000 bytes'], '<=', 6],
  ['2 threads to 1', threads, '>=', 1.8],
  ['bytes of the addon', size, '<=', 700_000],
  ['ms of the first require', load, '<=', 5],
])

const machine = {
  cpu: cpus()[0].model,
  node: process.version,
  platform: `${process.platform}-${process.arch}`,
}
const results = { machine, unit: 'ns', minting: mint, verifying, growth, threads, size, load }
const round = (_, value) => (typeof value === 'number' ? Number(value.toPrecision(4)) : value)
writeFileSync(new URL('./results.json', import.meta.url), `${JSON.stringify(results, round, 2)}\n`)
