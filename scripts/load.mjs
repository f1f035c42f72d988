// The example service under load, and what its token check costs there: npm run load [-- SECONDS], of each of
// three runs; 30 where not given.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import autocannon from 'autocannon'
import { sign, zumoJwt } from 'zumo-jwt'
import { MASTER_KEY, start } from './service/start.mjs'

const seconds = Number(process.argv[2] ?? 30)
if (!(seconds > 0)) throw new RangeError('SECONDS must be a number above 0')

const WITHOUT_CHECK = ['--require', fileURLToPath(new URL('service/unchecked.cjs', import.meta.url))]
const SIGNATURE = "The authentication token's signature was malformed or signed by a different key."
const HOUR = 60 * 60 * 1000
const now = Date.now()

const good = Array.from({ length: 8 }, (_, index) => {
  const userId = `Custom:${index}`
  const claims = { exp: new Date(now + HOUR), aud: 'Custom', uid: userId, id: 'x'.repeat(100 * index) }
  const token = index % 2 ? sign(claims, MASTER_KEY) : zumoJwt(now + HOUR, 'Custom', userId, MASTER_KEY)
  return { token, status: 200, body: (text) => JSON.parse(text).every((row) => row.userId === userId) }
})
const refused = (token, error) => ({ token, status: 401, body: (text) => JSON.parse(text).error === error })
const bad = [
  refused(
    zumoJwt(now - HOUR, 'Custom', 'Custom:1', MASTER_KEY),
    'Error: The authentication token has expired.',
  ),
  refused(zumoJwt(now + HOUR, 'Custom', 'Custom:1', 'another key'), `Error: ${SIGNATURE}`),
  refused('randomgoop', `Error: ${SIGNATURE}`),
  refused(undefined, 'Error: Unauthorized'),
]
const anyone = good.map((one) => ({ ...one, body: (text) => JSON.parse(text).length === 1 }))

const table = []
const folder = mkdtempSync(join(tmpdir(), 'zumo-jwt-load-'))
try {
  await load('good and bad tokens', [...good, ...bad])
  const checked = await load('good tokens', good)
  const unchecked = await load('good tokens, their check taken out', anyone, ...WITHOUT_CHECK)
  console.table(table)
  console.log(
    `The check's cost: ${(unchecked / checked).toFixed(3)} times as many answers a second without it`,
  )
} finally {
  rmSync(folder, { recursive: true })
}

async function load(what, kinds, ...nodeOptions) {
  const service = await start(folder, ...nodeOptions)
  let answers = 0
  let wrong = 0
  const { requests, latency, errors } = await autocannon({
    url: service.url,
    connections: 64,
    duration: seconds,
    requests: kinds.map(({ token, status, body }) => ({
      path: '/tables/foo',
      headers: token === undefined ? {} : { 'x-zumo-auth': token },
      onResponse(answered, text) {
        answers++
        if (answered !== status || !body(text)) wrong++
      },
    })),
  })
  await service.stop()
  if (answers === 0 || wrong > 0 || errors > 0) process.exitCode = 1
  table.push({
    what,
    answers,
    'wrong or none': wrong + errors,
    'a second': Math.round(requests.average),
    'p50 in ms': latency.p50,
    'p99 in ms': latency.p99,
    'longest in ms': latency.max,
  })
  return requests.average
}
