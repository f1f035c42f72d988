// node bench/servers.mjs: what one authenticated request costs. authenticate and authorize against the JWT middleware
// of each framework, set up as its README says with the derived key, on requests that real servers received. The
// server itself is left out: each function is called as the framework calls it, until the route's handler would run.
// Then a whole server of Express with the check and without it.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import fastifyJwt from '@fastify/jwt'
import { serve } from '@hono/node-server'
import express from 'express'
import { expressjwt } from 'express-jwt'
import createFastify from 'fastify'
import { Hono } from 'hono'
import { jwt as honoJwt } from 'hono/jwt'
import jsonwebtoken from 'jsonwebtoken'
import Koa from 'koa'
import koaJwt from 'koa-jwt'
import { ZumoKey } from 'zumo-jwt'
import * as zumoExpress from 'zumo-jwt/express'
import * as zumoFastify from 'zumo-jwt/fastify'
import * as zumoHono from 'zumo-jwt/hono'
import * as zumoKoa from 'zumo-jwt/koa'
import { fields, printAims, race } from './race.mjs'

const MASTER_KEY = 'AbCdEfGhIjKlMnOpQrStUvWxYz012345'
const AUD = 'Custom'
const ISSUER = 'urn:microsoft:windows-azure:zumo'
const USER = 'Custom:42'

const key = ZumoKey.fromMasterKey(MASTER_KEY)
const secret = key.export()
const usages = [{ name: 'HMAC', hash: 'SHA-256' }, false, ['sign', 'verify']]
const cryptoKey = await crypto.subtle.importKey('raw', secret, ...usages)

const exp = Math.floor(Date.now() / 1000) + 3600
const token = key.sign({ exp, aud: AUD, uid: USER })
const foreign = (claims, options) =>
  jsonwebtoken.sign({ exp, iss: ISSUER, ver: '2', aud: AUD, uid: USER, ...claims }, secret, {
    noTimestamp: true,
    ...options,
  })
const BAD = {
  'no token': undefined,
  'another key': ZumoKey.fromMasterKey('another').sign({ exp, aud: AUD, uid: USER }),
  'another audience': key.sign({ exp, aud: 'other', uid: USER }),
  'another issuer': foreign({ iss: 'other' }),
  'another algorithm': foreign({}, { algorithm: 'HS384' }),
  'an expired one': key.sign({ exp: exp - 7200, aud: AUD, uid: USER }),
}

// A refusal that goes to the error handler rejects here, as those of the others do.
const options = { masterKey: MASTER_KEY, audience: AUD, failWithError: true }

/** Calls middleware of Express, or hooks of Fastify, one after the other. */
function run(handlers, request, response) {
  for (const handler of handlers) {
    let went = false
    handler(request, response, (error) => {
      if (error) throw error
      went = true
    })
    assert.ok(went)
  }
}

/** Sends a server one request, and returns what its handler received. */
async function receive(server, received, sent) {
  if (!server.listening) await once(server, 'listening')
  const headers = sent === undefined ? {} : { 'x-zumo-auth': sent, authorization: `Bearer ${sent}` }
  await fetch(`http://127.0.0.1:${server.address().port}`, { headers })
  return received()
}

/**
 * For each framework `request(token)`, which gives a function that makes a request with that token, a new object each
 * time, and the contestants: they return whom it names, or reject.
 */
const frameworks = {
  Express: () => {
    let received
    const app = express().get('/', (req, res) => {
      received = { req, res }
      res.end()
    })
    const server = app.listen(0, '127.0.0.1')
    const ours = [zumoExpress.authenticate(options), zumoExpress.authorize('user')]
    const theirs = expressjwt({ secret, algorithms: ['HS256'], audience: AUD, issuer: ISSUER })
    return {
      server,
      async request(sent) {
        const { req, res } = await receive(server, () => received, sent)
        return () => ({ req: Object.create(req), res })
      },
      'zumo-jwt': ({ req, res }) => {
        run(ours, req, res)
        return req.user.userId
      },
      'express-jwt': ({ req, res }) =>
        new Promise((resolve, reject) => {
          theirs(req, res, (error) => (error ? reject(error) : resolve(req.auth.uid)))
        }),
    }
  },
  Fastify: async () => {
    let received
    const app = createFastify()
    await app.register(fastifyJwt, {
      secret,
      verify: { algorithms: ['HS256'], allowedAud: AUD, allowedIss: ISSUER },
    })
    const ours = [zumoFastify.authorize('user')]
    const addHook = (_name, hook) => ours.unshift(hook)
    await zumoFastify.authenticate({ __proto__: app, addHook }, { ...options, requestProperty: 'zumo' })
    app.get('/', async (request, reply) => {
      received = { request, reply }
      return ''
    })
    await app.listen({ port: 0, host: '127.0.0.1' })
    const { server } = app
    return {
      server,
      async request(sent) {
        const { request, reply } = await receive(server, () => received, sent)
        return () => ({ request: Object.create(request), reply })
      },
      'zumo-jwt': ({ request, reply }) => {
        run(ours, request, reply)
        return request.zumo.userId
      },
      '@fastify/jwt': async ({ request }) => (await request.jwtVerify()).uid,
    }
  },
  Koa: () => {
    let received
    const app = new Koa()
    app.use((ctx) => {
      received = ctx
      ctx.body = ''
    })
    const server = createServer(app.callback()).listen(0, '127.0.0.1')
    const authenticate = zumoKoa.authenticate(options)
    const authorize = zumoKoa.authorize('user')
    const theirs = koaJwt({ secret, algorithms: ['HS256'], audience: AUD, issuer: ISSUER })
    return {
      server,
      async request(sent) {
        const ctx = await receive(server, () => received, sent)
        return () => ({ __proto__: ctx, state: {} })
      },
      'zumo-jwt': (ctx) => authenticate(ctx, () => authorize(ctx, () => ctx.state.user.userId)),
      'koa-jwt': (ctx) => theirs(ctx, () => ctx.state.user.uid),
    }
  },
  Hono: () => {
    let received
    const app = new Hono().get('/', (c) => {
      received = c
      return c.text('')
    })
    const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' })
    const authenticate = zumoHono.authenticate(options)
    const authorize = zumoHono.authorize('user')
    const verification = { aud: AUD, iss: ISSUER }
    const theirs = (key) => {
      const middleware = honoJwt({ secret: key, alg: 'HS256', verification })
      return async (c) => {
        let userId
        await middleware(c, () => {
          userId = c.var.jwtPayload.uid
        })
        return userId
      }
    }
    return {
      server,
      async request(sent) {
        const c = await receive(server, () => received, sent)
        const { raw } = c.req
        return () => new c.constructor(raw)
      },
      'zumo-jwt': async (c) => {
        let userId
        await authenticate(c, () =>
          authorize(c, () => {
            userId = c.var.user.userId
          }),
        )
        return userId
      },
      // Its README gives it the text of a secret; of bytes that are not text, a JWK is the same.
      'hono/jwt': theirs({ kty: 'oct', k: secret.toString('base64url') }),
      'hono/jwt with an imported key': theirs(cryptoKey),
    }
  },
}

const AIMS = { 'express-jwt': 100, 'koa-jwt': 100, 'hono/jwt': 15, '@fastify/jwt': 3.5 }
const aims = []

console.log('\nWhat one authenticated request costs')
for (const [framework, create] of Object.entries(frameworks)) {
  const { server, request, ...contestants } = await create()
  const good = await request(token)
  for (const [name, authenticate] of Object.entries(contestants)) {
    assert.equal(await authenticate(good()), USER, name)
    for (const [what, bad] of Object.entries(BAD)) {
      const make = await request(bad)
      await assert.rejects(async () => authenticate(make()), `${name} accepts ${what}`)
    }
  }
  const times = await race(fields(contestants, (authenticate) => () => authenticate(good())))
  server.close()
  server.closeAllConnections()
  console.log(` ${framework}`)
  for (const [name, ns] of Object.entries(times)) {
    const ratio = (ns / times['zumo-jwt']).toFixed(1).padStart(6)
    console.log(`  ${name.padEnd(30)} ${ns.toFixed(0).padStart(7)} ns ${ratio} ×`)
    if (name in AIMS) aims.push([`${name} to zumo-jwt`, ns / times['zumo-jwt'], '>=', AIMS[name]])
  }
}

/** One request to a server, whose answer is checked. */
async function ask(path) {
  const response = await fetch(origin + path, { headers: { 'x-zumo-auth': token } })
  assert.deepEqual([response.status, await response.json()], [200, { userId: USER }])
}

const check = [zumoExpress.authenticate(options), zumoExpress.authorize('user')]
const app = express()
app.get('/with', ...check, (req, res) => res.json({ userId: req.user.userId }))
app.get('/without', (_req, res) => res.json({ userId: USER }))
const server = app.listen(0, '127.0.0.1')
await once(server, 'listening')
const origin = `http://127.0.0.1:${server.address().port}`
const times = await race({ 'with the check': () => ask('/with'), 'without it': () => ask('/without') })
server.close()
server.closeAllConnections()
console.log(' A whole request to Express, every answer checked')
for (const [name, ns] of Object.entries(times)) {
  console.log(`  ${name.padEnd(30)} ${ns.toFixed(0).padStart(7)} ns`)
}

printAims(aims)
