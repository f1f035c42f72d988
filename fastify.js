'use strict'

const server = require('./server.js')

async function authenticate(fastify, options) {
  fastify.decorateRequest('user', null)
  fastify.addHook('onRequest', hook(server.authenticate(options)))
}

// What fastify-plugin sets: the hook and request.user are there for the scope that registers this,
// not for a scope of its own.
authenticate[Symbol.for('skip-override')] = true
authenticate[Symbol.for('fastify.display-name')] = 'zumo-jwt'
authenticate[Symbol.for('plugin-meta')] = { name: 'zumo-jwt', fastify: '5.x' }

function authorize(permission) {
  return hook(server.authorize(permission))
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
