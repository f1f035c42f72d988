import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import jsonwebtoken from 'jsonwebtoken'
import { sign, ZumoKey, zumoJwt } from 'zumo-jwt'
import documents from '../__test__/http/readme.cjs'
import { ISSUER, seconds } from './tokens.mjs'

const MASTER_KEY = 'masterKeyMasterKeyMasterKey01234'
const HOST = 'zumo.example'
const SECRET = 'the auth.secret of the server'

const secretKey = ZumoKey.fromSigningKey(Buffer.from(SECRET))
const derivedKey = ZumoKey.fromMasterKey(MASTER_KEY).export().toString('hex')
const KEY_OF_THE_PROGRAM = `WEBSITE_AUTH_SIGNING_KEY ?? Buffer.from('${SECRET}')`

/** [how the server gets its key, its settings, its environment, the key in the program, who signs what it accepts] */
const SERVERS = [
  ['auth.secret', { auth: { secret: SECRET } }, {}, KEY_OF_THE_PROGRAM, secretKey.export(), ISSUER],
  [
    'auth.azureSigningKey',
    { auth: { azureSigningKey: derivedKey } },
    {},
    `'${derivedKey}'`,
    Buffer.from(derivedKey, 'hex'),
    ISSUER,
  ],
  [
    'hosted',
    {},
    { WEBSITE_HOSTNAME: HOST, WEBSITE_AUTH_SIGNING_KEY: derivedKey },
    KEY_OF_THE_PROGRAM,
    Buffer.from(derivedKey, 'hex'),
    `https://${HOST}/`,
  ],
]

/** The custom API and the table of docs/servers.md, on servers that get their key in each way. */
export async function compareWithMobileAppsScripts(folder, compare) {
  for (const [how, settings, environment, key, secret, site] of SERVERS) {
    const server = await start(folder, settings, environment, key)
    const call = async (method, path, token, body) => {
      const headers = { 'zumo-api-version': '2.0.0', 'content-type': 'application/json' }
      if (token !== undefined) headers['x-zumo-auth'] = token
      const url = server.origin + path
      const response = await fetch(url, { method, headers, body: body && JSON.stringify(body) })
      return { status: response.status, body: await response.json().catch(() => undefined) }
    }
    const signIn = (password) => call('POST', '/api/login', undefined, { username: 'ann', password })
    const status = async (method, token, body) => (await call(method, '/tables/notes', token, body)).status
    const withoutSub = { exp: seconds() + 60, iss: site, aud: site, uid: 'Custom:7' }

    await compare(`scripts, ${how}: sign in, write and read`, [undefined], async () => {
      assert.equal((await signIn('wrong')).status, 401)
      const answer = await signIn('right')
      assert.deepEqual([answer.status, answer.body.user], [200, { userId: 'Custom:7' }])
      const token = answer.body.authenticationToken
      const written = await call('POST', '/tables/notes', token, { text: 'a note' })
      assert.deepEqual([written.status, written.body.userId], [201, 'Custom:7'])
      const rows = await call('GET', '/tables/notes', token)
      assert.deepEqual(
        rows.body.map(({ text, userId }) => [text, userId]),
        [['a note', 'Custom:7']],
      )
      const [header, claims, signature] = token.split('.')
      for (const wrong of [undefined, 'randomgoop', `${header}.${claims}A.${signature}`]) {
        assert.equal(await status('GET', wrong), 401)
      }
    })

    const tokens = [jsonwebtoken.sign(withoutSub, secret)]
    if (how === 'auth.azureSigningKey') {
      tokens.push(zumoJwt(Date.now() + 60_000, ISSUER, 'Custom:7', MASTER_KEY))
      tokens.push(sign({ exp: seconds() + 60, aud: ISSUER, uid: 'Custom:7' }, MASTER_KEY))
    }
    await compare(
      `scripts, ${how}: a token without sub passes, and its row has no user`,
      tokens,
      async (token) => {
        const written = await call('POST', '/tables/notes', token, { text: 'of nobody' })
        assert.deepEqual([written.status, written.body.userId], [201, undefined])
      },
    )
    server.stop()
  }
}

async function start(folder, settings, environment, key) {
  const app = mkdtempSync(join(tmpdir(), 'zumo-jwt-'))
  const link = (target, name) => symlinkSync(target, join(app, 'node_modules', name))
  mkdirSync(join(app, 'node_modules'))
  for (const name of ['azure-mobile-apps', 'express']) link(join(folder, name), name)
  link(fileURLToPath(new URL('..', import.meta.url)), 'zumo-jwt')
  for (const { file, text } of documents.programs('azure-mobile-apps')) {
    const passwords = "async (username, password) => (password === 'right' ? 'Custom:7' : undefined)"
    const edited = text
      .replace('async (username, password) => undefined', passwords)
      .replace(KEY_OF_THE_PROGRAM, key)
    documents.writeProgram(app, { file, text: edited })
  }
  cpSync(fileURLToPath(new URL('mobile-apps-scripts.cjs', import.meta.url)), join(app, 'server.cjs'))
  const child = fork(join(app, 'server.cjs'), {
    cwd: app,
    env: { ...environment, SETTINGS: JSON.stringify(settings) },
  })
  child.once('exit', () => rmSync(app, { recursive: true }))
  const [origin] = await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(() => {
      throw new Error('Azure Mobile Apps did not start')
    }),
  ])
  return { origin, stop: () => child.disconnect() }
}
