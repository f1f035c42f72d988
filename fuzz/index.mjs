// Fuzzes each target for SECONDS, 60 by default: npm run fuzz [-- SECONDS]
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { pathWith } from '../scripts/toolchains.mjs'

const seconds = Number(process.argv[2] ?? 60)
if (!(seconds > 0)) throw new RangeError('SECONDS must be a number above 0')

const root = new URL('../', import.meta.url)
const env = { ...process.env, PATH: pathWith('cargo-fuzz') }
const read = (name) => JSON.parse(readFileSync(new URL(`__test__/vectors/${name}.json`, root), 'utf8'))
const { vectors } = read('zumo-jwt-v1')
const { appService } = read('microsoft')

// The separator of the pieces is a byte that UTF-8 text never has.
const input = (...pieces) =>
  Buffer.concat(pieces.flatMap((piece) => [Buffer.of(0xff), Buffer.from(piece)]).slice(1))

const tokens = [...vectors, appService].map(({ token }) => input(token))
const texts = [...vectors, appService].map(({ token }) => {
  return input(...token.split('.', 2).map((part) => Buffer.from(part, 'base64url')))
})
const site = 'https://zumo.example/'
// The first or last valid values at the time that the target verifies at.
const times = { exp: 1356825600, nbf: 1356825899, iat: 1356825899 }
const users = [{ sub: 'user' }, { uid: 'user' }, { uid: 'user', ver: null }, { sub: '' }, { uid: '' }]
for (const user of users) {
  const claims = JSON.stringify({ ...user, iss: site, aud: ['x', site], ...times })
  texts.push(input('{"alg":"HS256"}', claims))
  texts.push(input('{"alg":"HS256"}', claims.replace('{', '{"a":[{"b":{"c":1,"d":2,"c":3}}],')))
}
const deepest = [127, 128].map((depth) => input('{}', `{"deep":${'['.repeat(depth)}${']'.repeat(depth)}}`))
const mints = vectors.map(({ expiryMs, aud, userId }) => {
  const others = JSON.stringify({ id: userId, groups: [{ aud }, [], {}, null, true, expiryMs / 7] })
  return input(others, aud, userId, Float64Array.of(expiryMs).buffer)
})
const seeds = { decode: [...texts, ...tokens, ...deepest], sign: mints, verify: [...texts, ...tokens] }

must(cargo('+nightly', 'fuzz', 'build'))

const table = []
for (const [target, inputs] of Object.entries(seeds)) {
  const corpus = new URL(`fuzz/corpus/${target}/`, root)
  mkdirSync(corpus, { recursive: true })
  for (const [index, input] of inputs.entries()) writeFileSync(new URL(`seed-${index}`, corpus), input)

  const limits = [
    `-max_total_time=${seconds}`,
    '-dict=fuzz/tokens.dict',
    '-timeout=10',
    '-print_final_stats=1',
  ]
  const { status, stderr } = cargo('+nightly', 'fuzz', 'run', target, '--', ...limits)
  if (status !== 0) {
    process.stderr.write(stderr)
    process.exitCode = 1
  }
  const last = (pattern) => Number(Array.from(stderr.matchAll(pattern)).at(-1)?.[1])
  table.push({
    target,
    seconds,
    inputs: last(/stat::number_of_executed_units: +(\d+)/g),
    corpus: last(/ corp: (\d+)/g),
    'edges covered': last(/ cov: (\d+)/g),
    result: status === 0 ? 'nothing found' : 'FAILED',
  })
}
console.table(table)

function cargo(...args) {
  return spawnSync('cargo', args, { cwd: root, env, encoding: 'utf8', maxBuffer: 2 ** 28 })
}

function must({ error, status, stderr }) {
  if (error) throw error
  if (status !== 0) throw new Error(stderr)
}
