// The example service under load, and the cost of its token check: npm run load [-- SECONDS] for each kind of load,
// 30 by default. The kinds take turns, so that other work of the machine slows all of them alike. Linux.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import autocannon from 'autocannon'
import { sign, zumoJwt } from 'zumo-jwt'
import { MASTER_KEY, start } from '../__test__/mobile-service-helpers.js'

const seconds = Number(process.argv[2] ?? 30)
if (!(seconds > 0)) throw new RangeError('SECONDS must be a number above 0')

const TURNS = 5
const WITHOUT_CHECK = ['--require', fileURLToPath(new URL('without-token-check.cjs', import.meta.url))]
const SIGNATURE = "The authentication token's signature was malformed or signed by a different key."
const HOUR = 60 * 60 * 1000
const now = Date.now()

const valid = Array.from({ length: 8 }, (_, index) => {
  const userId = `Custom:${index}`
  const claims = { exp: new Date(now + HOUR), aud: 'Custom', uid: userId, id: 'x'.repeat(100 * index) }
  const token = index % 2 ? sign(claims, MASTER_KEY) : zumoJwt(now + HOUR, 'Custom', userId, MASTER_KEY)
  return { token, status: 200, body: (text) => JSON.parse(text).every((row) => row.userId === userId) }
})
const rejected = (token, error) => ({ token, status: 401, body: (text) => JSON.parse(text).error === error })
const invalid = [
  rejected(
    zumoJwt(now - HOUR, 'Custom', 'Custom:1', MASTER_KEY),
    'Error: The authentication token has expired.',
  ),
  rejected(zumoJwt(now + HOUR, 'Custom', 'Custom:1', 'another key'), `Error: ${SIGNATURE}`),
  rejected('randomgoop', `Error: ${SIGNATURE}`),
  rejected(undefined, 'Error: Unauthorized'),
]
const anyone = valid.map((one) => ({ ...one, body: (text) => JSON.parse(text).length === 1 }))

const folder = mkdtempSync(join(tmpdir(), 'zumo-jwt-load-'))
const service = await start(folder)
const unchecked = await start(folder, { nodeOptions: WITHOUT_CHECK })
const runs = [
  { what: 'valid and invalid tokens', service, kinds: [...valid, ...invalid], turns: [] },
  { what: 'valid tokens', service, kinds: valid, turns: [] },
  { what: 'valid tokens, without checking them', service: unchecked, kinds: anyone, turns: [] },
]
for (let turn = 0; turn < TURNS; turn++) {
  for (const { service, kinds, turns } of runs) turns.push(await load(service, kinds))
}
await service.kill()
await unchecked.kill()
rmSync(folder, { recursive: true })

const table = runs.map(({ what, turns }) => {
  const sum = (value) => turns.reduce((total, turn) => total + value(turn), 0)
  const median = (value) => turns.map(value).sort((one, other) => one - other)[(TURNS - 1) / 2]
  return {
    what,
    answers: sum(({ answers }) => answers),
    'wrong or none': sum(({ wrong, errors }) => wrong + errors),
    'a second': Math.round(median(({ requests }) => requests.average)),
    'p50 in ms': median(({ latency }) => latency.p50),
    'p99 in ms': median(({ latency }) => latency.p99),
    'processor time in µs an answer': Math.round(median(({ used, answers }) => (used / answers) * 1e6)),
  }
})
console.table(table)
for (const column of ['a second', 'processor time in µs an answer']) {
  const [, checked, without] = table.map((row) => row[column])
  console.log(`With the check, ${(checked / without).toFixed(2)} of what it is without: ${column}`)
}
process.exitCode = table.every((row) => row.answers > 0 && row['wrong or none'] === 0) ? 0 : 1

async function load(service, kinds) {
  const before = service.processorTime()
  let answers = 0
  let wrong = 0
  const { requests, latency, errors } = await autocannon({
    url: service.url,
    connections: 64,
    duration: seconds / TURNS,
    requests: kinds.map(({ token, status, body }) => ({
      path: '/tables/foo',
      headers: token === undefined ? {} : { 'x-zumo-auth': token },
      onResponse(answered, text) {
        answers++
        if (answered !== status || !body(text)) wrong++
      },
    })),
  })
  const used = service.processorTime() - before
  return { answers, wrong, errors, requests, latency, used }
}
