// Kills the example service during registrations, 20 times, and checks that no answered one is lost: npm run faults
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { json } from 'node:stream/consumers'
import Database from 'libsql'
import { verify } from 'zumo-jwt'
import { MASTER_KEY, start } from '../__test__/mobile-service-helpers.js'

const KILLS = 20
const CLIENTS = 8

const folder = mkdtempSync(join(tmpdir(), 'zumo-jwt-faults-'))
const registered = []
let interrupted = 0
try {
  for (let kill = 1; kill <= KILLS; kill++) {
    const service = await start(folder)
    let answers = 0
    const clients = Array.from({ length: CLIENTS }, async (_, client) => {
      for (let user = 0; ; user++) {
        const credentials = {
          username: `user-${kill}-${client}-${user}`,
          password: `password ${kill} ${user}`,
        }
        // The service accepts 20 registrations an hour from each address.
        const localAddress = `127.0.${client + 1}.${(user % 250) + 1}`
        const userId = await enter(service, '/api/register', credentials, localAddress).catch(lostConnection)
        if (userId === undefined) return
        registered.push({ credentials, userId })
        if (++answers === kill) service.kill()
      }
    })
    await Promise.all(clients)
    await service.kill()
    assert.deepEqual(integrity(), [{ integrity_check: 'ok' }])
  }

  const service = await start(folder)
  for (const { credentials, userId } of registered) {
    assert.equal(await enter(service, '/.auth/login/custom', credentials), userId)
  }
  await service.kill()
  const ids = new Set(registered.map(({ userId }) => userId))
  assert.equal(ids.size, registered.length)
  assert.ok(interrupted > 0)
  console.table([
    { kills: KILLS, interrupted, answered: registered.length, 'could log in': ids.size, database: 'ok' },
  ])
} finally {
  rmSync(folder, { recursive: true })
}

/** Registers or signs in. Resolves with the user that the answered token names. */
async function enter(service, path, credentials, localAddress) {
  const sent = request(service.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    localAddress,
    agent: false,
  })
  sent.end(JSON.stringify(credentials))
  const [response] = await once(sent, 'response')
  const { user, authenticationToken } = await json(response)
  assert.equal(response.statusCode, 200)
  assert.equal(verify(authenticationToken, MASTER_KEY).userId, user.userId)
  return user.userId
}

/** Accepts the errors of a connection to a killed service only. */
function lostConnection(error) {
  if (error.code !== 'ECONNRESET' && error.code !== 'ECONNREFUSED') throw error
  interrupted++
}

function integrity() {
  const database = new Database(join(folder, 'service.db'))
  try {
    return database.pragma('integrity_check')
  } finally {
    database.close()
  }
}
