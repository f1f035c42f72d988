import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { sign, verify, ZumoKey, zumoJwt } from 'zumo-jwt'
import { bothReject, expiries, INVALID, ISSUER, masterKeys, Rejection, tampered, text } from './tokens.mjs'

const SITE = 'https://zumo.example/'

export async function compareWithMobileApps(folder, compare) {
  const [masterKey] = fc.sample(masterKeys, 1)
  const [signingKey, otherKey] = fc
    .sample(fc.uint8Array({ minLength: 32, maxLength: 32 }), 2)
    .map((bytes) => ZumoKey.fromSigningKey(bytes))
  const mobileServiceKey = ZumoKey.fromMasterKey(masterKey)
  const mobileService = {
    path: 'mobile-service',
    key: mobileServiceKey,
    otherKey: ZumoKey.fromMasterKey(otherKey.export()),
    expected: { audience: 'Custom', issuer: ISSUER },
    claims: fc.record({ exp: expiries, aud: fc.constant('Custom'), uid: text(1, 80) }),
    auth: { audience: 'Custom', issuer: ISSUER, azureSigningKey: hex(mobileServiceKey) },
  }
  const site = (path, key, url, settings) => ({
    path,
    key,
    otherKey,
    expected: { audience: url, issuer: url },
    claims: fc.record({ exp: expiries, aud: fc.constant(url), iss: fc.constant(url), sub: text(1, 80) }),
    ...settings,
  })
  const environment = { WEBSITE_HOSTNAME: new URL(SITE).host, WEBSITE_AUTH_SIGNING_KEY: hex(signingKey) }
  const [secret] = fc.sample(
    text(0, 100).map((text) => `${text}é`),
    1,
  )
  const ofSecret = (text) => ZumoKey.fromSigningKey(Buffer.from(text))
  const appServices = [
    site('app-service', signingKey, SITE, { environment }),
    // Without a signing key, any text is the key.
    site('secret', ofSecret(secret), ISSUER, { auth: { secret } }),
    // As diagnose says, where the signer's issuer is not that of the site.
    site('settings', signingKey, ISSUER, { environment, auth: { issuer: ISSUER, audience: ISSUER } }),
    site('default-secret', ofSecret('0000'), ISSUER),
  ]
  const sites = [mobileService, ...appServices]
  const { read, stop } = await start({ folder, sites })

  await compare('random zumoJwt', fc.sample(mobileService.claims, 100), (claims, index) => {
    const expiry = claims.exp * 1000 + index
    const token = zumoJwt(expiry, claims.aud, claims.uid, masterKey)
    return bothAccept(mobileService, token, { ...claims, exp: expiry / 1000, iss: ISSUER, ver: 1 })
  })
  for (const version of [1, 2]) {
    await compare(`random sign, v${version}`, fc.sample(mobileService.claims, 100), (claims) => {
      const token = sign(claims, masterKey, { version })
      return bothAccept(mobileService, token, { ...claims, iss: ISSUER, ver: version })
    })
  }
  for (const own of appServices) {
    await compare(`${own.path}, random sign`, fc.sample(own.claims, 100), (claims) => {
      return bothAccept(own, sign(claims, own.key), { ...claims, ver: '3' })
    })
  }

  const forAnotherAudience = ({ key, claims }) => key.sign({ ...claims, aud: 'another' })
  const kinds = [...INVALID, ['for another audience', 'ERR_ZUMO_JWT_AUDIENCE', forAnotherAudience]]
  // The default secret is ASCII, and no other key where its bytes are read as text.
  for (const service of sites.slice(0, -1)) {
    for (const [kind, code, make] of kinds) {
      await compare(`${service.path}, invalid: ${kind}`, fc.sample(service.claims, 25), (claims, index) => {
        return bothRejectFor(service, make({ ...service, claims }, index), code)
      })
    }
    const [claims] = fc.sample(service.claims, 1)
    await compare(
      `${service.path}, invalid: any one character changed`,
      tampered(service.key.sign(claims)),
      (token) => {
        return bothRejectFor(service, token)
      },
    )
    await compare(`${service.path}, invalid: no token`, [undefined], () =>
      assert.rejects(read(service), Rejection),
    )
  }
  for (const own of appServices) {
    await compare(`${own.path}, invalid: from another issuer`, fc.sample(own.claims, 25), (claims) => {
      const token = sign({ ...claims, iss: 'https://another.example/' }, own.key)
      return bothRejectFor(own, token, 'ERR_ZUMO_JWT_ISSUER')
    })
    // Which has no ver.
    await compare(`${own.path}, minted by the server`, fc.sample(own.claims, 100), async (claims) => {
      const { token } = await read(own, sign(claims, own.key))
      const verified = verify(token, own.key, own.expected)
      assert.deepEqual([verified.userId, verified.claims.ver], [claims.sub, undefined])
    })
  }

  stop()

  async function bothAccept(service, token, claims) {
    assert.deepEqual((await read(service, token)).claims, claims)
    assert.deepEqual(verify(token, service.key, service.expected).claims, claims)
  }

  function bothRejectFor(service, token, code) {
    return bothReject(read(service, token), token, service.key, service.expected, code)
  }
}

function hex(key) {
  return key.export().toString('hex')
}

/** Starts the server. `read` resolves with the answer of an authenticated table, or rejects with a Rejection on 401. */
async function start(settings) {
  const server = fileURLToPath(new URL('mobile-apps-server.cjs', import.meta.url))
  // Without this environment, as the server takes its configuration from there too.
  const child = fork(server, { env: {} })
  child.send(settings)
  const [origin] = await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(() => {
      throw new Error('Azure Mobile Apps did not start')
    }),
  ])

  return {
    async read({ path }, token) {
      const headers = { 'zumo-api-version': '2.0.0', ...(token !== undefined && { 'x-zumo-auth': token }) }
      const response = await fetch(`${origin}/${path}/tables/notes`, { headers })
      if (response.status === 401) throw new Rejection(await response.text())
      assert.equal(response.status, 200)
      return response.json()
    },
    stop: () => child.disconnect(),
  }
}
