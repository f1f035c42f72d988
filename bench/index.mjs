// npm run bench: the medians of interleaved rounds in one process, and how they compare.
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, statSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { cpus } from 'node:os'
import { Worker } from 'node:worker_threads'
import { zumoJwt } from 'zumo-jwt'
import { assertSameWork, example, minting, signed, token, verifying } from './contestants.mjs'
import { fields, median, printAims, race } from './race.mjs'

const { floor, blocks } = createRequire(import.meta.url)('../target/floor.node')

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

// One zumoJwt hashes a block to derive the key, two to expand it, the token's, and one last.
const hashed = 1 + 2 + Math.ceil((token.lastIndexOf('.') + 9) / 64) + 1
const TIMES = 50
const mintingAndFloor = await race({
  ...minting,
  'floor: the call': () => floor(...example, token.length),
  'floor: the blocks': () => blocks(hashed, TIMES),
})
const mint = { ...mintingAndFloor, 'floor: the blocks': mintingAndFloor['floor: the blocks'] / TIMES }
print('Minting', mint, 'zumoJwt')

const verify = await race(fields(verifying, (check) => () => check(signed)))
print('Verifying', verify, 'ZumoKey#verify')

const sizes = [10, 100, 1000, 10_000, 100_000]
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

const addon = readdirSync('.').find((file) => file.endsWith('.node'))
const size = statSync(addon).size
const load = median(Array.from({ length: 15 }, firstRequire))
console.log(`\nSize and start\n  ${addon}: ${size} bytes\n  first require: ${load.toFixed(1)} ms`)

const fastest = (rows, names) => Math.min(...names.map((name) => rows[name]))
const peers = ['fast-jwt', 'jsonwebtoken', 'jose', '@node-rs/jsonwebtoken', 'jwt-simple']
const blog = mint["the blog's function, mended"]
const cached = verify['fast-jwt, from its cache']
const aims = [
  ['zumoJwt to the floor', mint.zumoJwt / (mint['floor: the call'] + mint['floor: the blocks']), '<=', 1.3],
  ["the blog's function to zumoJwt", blog / mint.zumoJwt, '>=', 8],
  ['the fastest peer to zumoJwt', fastest(mint, peers) / mint.zumoJwt, '>=', 6],
  ['the fastest peer to ZumoKey#zumoJwt', fastest(mint, peers) / mint['ZumoKey#zumoJwt'], '>=', 6],
  ['the fastest peer to verify', fastest(verify, peers) / verify.verify, '>=', 5],
  ['the fastest peer to ZumoKey#verify', fastest(verify, peers) / verify['ZumoKey#verify'], '>=', 5],
  ["fast-jwt's cache to verify", cached / verify.verify, '>=', 2],
  ["fast-jwt's cache to ZumoKey#verify", cached / verify['ZumoKey#verify'], '>=', 2],
  ['100,000 bytes to 10,000', growth['user id of 100000 bytes'] / growth['user id of 10000 bytes'], '<=', 15],
  ['2 threads to 1', threads, '>=', 1.8],
  ['bytes of the addon', size, '<=', 700_000],
  ['ms of the first require', load, '<=', 5],
]
printAims(aims)

const machine = {
  cpu: cpus()[0].model,
  node: process.version,
  platform: `${process.platform}-${process.arch}`,
}
const results = { machine, unit: 'ns', minting: mint, verifying: verify, growth, threads, size, load }
const round = (_, value) => (typeof value === 'number' ? Number(value.toPrecision(4)) : value)
writeFileSync(new URL('./results.json', import.meta.url), `${JSON.stringify(results, round, 2)}\n`)
