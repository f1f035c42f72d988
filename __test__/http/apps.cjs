'use strict'

// One server for each framework. /SET/PERMISSION answers the user under that permission, /SET/other answers it to
// everyone. What reaches the server's error handler is answered with the error's name, code and message.
const { once } = require('node:events')
const { createServer } = require('node:http')
const { catchErrors, describeError, handlers } = require('./handlers.cjs')
const { PERMISSIONS, SETS } = require('./sets.cjs')

const sets = Object.entries(SETS)
const LOCAL = { port: 0, hostname: '127.0.0.1', host: '127.0.0.1' }
const LIMITS = { maxHeaderSize: 1 << 20, keepAliveTimeout: 60_000 }

async function listen(listener) {
  const server = createServer(LIMITS, listener).listen(LOCAL)
  await once(server, 'listening')
  return { server, port: server.address().port, close: () => server.close() }
}

function answerUser(req, res) {
  res.setHeader('Content-Type', 'application/json')
  res.end(JSON.stringify(req.user))
}

function answerError(error, _req, res, _next) {
  const { status, body } = describeError(error)
  res.statusCode = status
  res.end(body)
}

function connectStyle(app) {
  const { authenticate, authorize } = require('zumo-jwt/express')
  for (const [set, options] of sets) {
    if (options) app.use(`/${set}`, authenticate(options))
    for (const permission of PERMISSIONS) app.use(`/${set}/${permission}`, authorize(permission))
  }
  app.use(answerUser)
  app.use(answerError)
  return listen(app)
}

function plainHttp() {
  const { authenticate, authorize } = require('zumo-jwt/express')
  const skip = (_req, _res, next) => next()
  const authenticators = Object.fromEntries(
    sets.map(([set, options]) => [set, options ? authenticate(options) : skip]),
  )
  const authorizers = Object.fromEntries(PERMISSIONS.map((permission) => [permission, authorize(permission)]))
  return listen((req, res) => {
    const [, set, permission] = new URL(req.url, 'http://localhost').pathname.split('/')
    const handlers = [authenticators[set], authorizers[permission] ?? skip, answerUser]
    const next = (...args) => {
      if (args.length > 0) answerError(args[0], req, res)
      else handlers.shift()(req, res, next)
    }
    next()
  })
}

function fastifyApp() {
  const { authenticate, authorize } = require('zumo-jwt/fastify')
  const app = require('fastify')({ http: LIMITS })
  app.setErrorHandler((error, _request, reply) => {
    const { status, body } = describeError(error)
    reply.code(status).send(body)
  })
  const answer = async (request) => request.user
  for (const [set, options] of sets) {
    app.register(
      async (scope) => {
        if (options) await scope.register(authenticate, options)
        scope.all('/other', answer)
        for (const permission of PERMISSIONS) {
          scope.all(`/${permission}`, { onRequest: authorize(permission) }, answer)
        }
      },
      { prefix: `/${set}` },
    )
  }
  return app
}

async function listenFastify(app = fastifyApp()) {
  await app.listen(LOCAL)
  return { port: app.server.address().port, close: () => app.close() }
}

function koa(Koa) {
  const { authenticate, authorize } = require('zumo-jwt/koa')
  const { Router } = require('@koa/router')
  const app = new Koa()
  app.use(async (ctx, next) => {
    try {
      await next()
    } catch (error) {
      Object.assign(ctx, describeError(error))
    }
  })
  const router = new Router()
  const answer = (ctx) => {
    ctx.body = JSON.stringify(ctx.state.user)
  }
  for (const [set, options] of sets) {
    if (options) router.use(`/${set}`, authenticate(options))
    router.all(`/${set}/other`, answer)
    for (const permission of PERMISSIONS) router.all(`/${set}/${permission}`, authorize(permission), answer)
  }
  app.use(router.routes())
  return listen(app.callback())
}

/** The `fetch` of a Hono application. */
function hono() {
  const { authenticate, authorize } = require('zumo-jwt/hono')
  const { Hono } = require('hono')
  const app = new Hono()
  app.onError((error, c) => {
    const { status, body } = describeError(error)
    return c.body(body, status)
  })
  const answer = (c) => c.body(JSON.stringify(c.var.user))
  for (const [set, options] of sets) {
    if (options) app.use(`/${set}/*`, authenticate(options))
    app.all(`/${set}/other`, answer)
    for (const permission of PERMISSIONS) app.all(`/${set}/${permission}`, authorize(permission), answer)
  }
  return app.fetch
}

/** A server of Requests and Responses, without a framework. `toEvent` makes what the handlers get. */
function fetchHandler(toEvent = (request) => request) {
  const handlerOf = handlers((_event, user, ...rest) => {
    if (rest.length > 0) throw new Error('more arguments than were given')
    return new Response(JSON.stringify(user))
  })
  return catchErrors((request) => handlerOf(request.url)(toEvent(request)))
}

/** As in SvelteKit. */
const eventHandler = () => fetchHandler((request) => ({ request, params: {}, locals: {} }))

/** A function for each handler, called as the Azure Functions worker does. */
function azureFunctions() {
  const { invoke } = require('./functions-host.cjs')
  const { app } = require('@azure/functions')
  const handlerOf = handlers((request, user, context) => {
    if (!context.invocationId) throw new Error('the context is missing')
    // It has only a getter, which reads a header of App Service.
    if (request.user !== null) throw new Error("the request's own user is not as it was")
    return { body: JSON.stringify(user) }
  })
  for (const [set, options] of sets) {
    for (const permission of options ? [...PERMISSIONS, 'other'] : []) {
      app.http(`${set}-${permission}`, { handler: handlerOf(`http://localhost/${set}/${permission}`) })
    }
  }
  return catchErrors((request) => {
    const [, set, permission] = new URL(request.url).pathname.split('/')
    return invoke(`${set}-${permission}`, request)
  })
}

async function onNode(fetch, port = 0) {
  const { createAdaptorServer } = require('@hono/node-server')
  const server = createAdaptorServer({ fetch, serverOptions: LIMITS }).listen({ ...LOCAL, port })
  await once(server, 'listening')
  return { port: server.address().port, close: () => server.close() }
}

module.exports = {
  azureFunctions,
  connectStyle,
  eventHandler,
  fetchHandler,
  hono,
  koa,
  listen,
  listenFastify,
  onNode,
  plainHttp,
}
