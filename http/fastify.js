'use strict'

const { createAuthenticate, createAuthorize, readNodeHeader } = require('./access.js')
const { PROPERTY_CHECKS, readServerOptions } = require('./options.js')

/** The request properties that authenticate() added in a scope; child scopes inherit them. */
const PROPERTIES = Symbol('zumo-jwt.requestProperties')

/** The last check of a scope; child scopes inherit it, unless they have their own. */
const CHECK = Symbol('zumo-jwt.check')

/** On a request whose scope's own check has run. */
const DECIDED = Symbol('zumo-jwt.decided')

async function authenticate(fastify, options) {
  let settings
  try {
    settings = readServerOptions(options, PROPERTY_CHECKS)
  } catch (error) {
    // Fastify calls plugins later, so no line of the stack, which begins with the message, is the caller's.
    error.message += ' These are the options of zumo-jwt/fastify.'
    Error.captureStackTrace(error)
    throw error
  }
  const { requestProperty } = settings
  const properties = fastify[PROPERTIES] ?? []
  if (!properties.includes(requestProperty)) {
    fastify.decorateRequest(requestProperty, null)
    fastify[PROPERTIES] = [...properties, requestProperty]
  }
  const setUser = (request, user) => {
    request[requestProperty] = user
  }
  const check = hook(createAuthenticate(settings, readNodeHeader, setUser))
  fastify[CHECK] = check
  fastify.addHook('onRequest', (request, reply, done) => {
    // Fastify runs a hook in child scopes too, after their own if it is added later.
    if (request[DECIDED]) return done()
    request[DECIDED] = request.server[CHECK] === check
    check(request, reply, done)
  })
}

// What fastify-plugin sets: the hook and the property belong to the scope that registers this.
authenticate[Symbol.for('skip-override')] = true
authenticate[Symbol.for('fastify.display-name')] = 'zumo-jwt'
authenticate[Symbol.for('plugin-meta')] = { name: 'zumo-jwt', fastify: '5.x' }

function authorize(permission) {
  return hook(createAuthorize(permission))
}

function hook(check) {
  return (request, reply, done) => {
    const refusal = check(request)
    if (refusal === undefined) return done()
    // As bytes: Fastify would add a charset to the type of text.
    reply.code(refusal.status).header('content-type', refusal.type).send(Buffer.from(refusal.body))
  }
}

module.exports = { authenticate, authorize }
