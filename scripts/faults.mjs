// Kills the example service in the middle of registrations, 20 times, and looks for what was lost: npm run faults
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'libsql'
import { verify } from 'zumo-jwt'
import { APPLICATION_KEY, MASTER_KEY, start } from './service/start.mjs'

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
        const userId = await enter(service, 'register', credentials).catch(lostConnection)
        if (userId === undefined) return
        registered.push({ credentials, userId })
        if (++answers === kill) service.stop()
      }
    })
    await Promise.all(clients)
    await service.stop()
    assert.deepEqual(integrity(), [{ integrity_check: 'ok' }])
  }

  const service = await start(folder)
  for (const { credentials, userId } of registered) {
    assert.equal(await enter(service, 'login', credentials), userId)
  }
  await service.stop()
  const ids = new Set(registered.map(({ userId }) => userId))
  assert.equal(ids.size, registered.length)
  assert.ok(interrupted > 0)
  console.table([
    { kills: KILLS, interrupted, answered: registered.length, 'could log in': ids.size, database: 'ok' },
  ])
} finally {
  rmSync(folder, { recursive: true })
}

/** Registers or logs in; resolves with the user that the answered token names. */
async function enter(service, path, credentials) {
  const response = await fetch(`${service.url}/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-zumo-application': APPLICATION_KEY },
    body: JSON.stringify(credentials),
  })
  const { user, authenticationToken } = await response.json()
  assert.equal(response.status, 200)
  assert.equal(verify(authenticationToken, MASTER_KEY).userId, user.userId)
  return user.userId
}

/** What fetch rejects with when the service is gone, which tells the client to stop. */
function lostConnection(error) {
  if (error.name !== 'TypeError') throw error
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
