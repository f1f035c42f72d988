// Beside @fastify/jwt, which has types for request.user.
import fastifyJwt from '@fastify/jwt'
import fastify from 'fastify'
import { authenticate, authorize, type User } from 'zumo-jwt/fastify'

declare module 'zumo-jwt/fastify' {
  interface RequestProperty {
    name: 'zumo'
  }
}

declare module '@fastify/jwt' {
  interface FastifyJWT {
    user: { name: string }
  }
}

const app = fastify()
app.register(fastifyJwt, { secret: 'secret' })
app.register(authenticate, { masterKey: 'key', requestProperty: 'zumo' })
app.get('/', { onRequest: authorize('user') }, async (request) => {
  request.zumo satisfies User
  request.user.name satisfies string
  // @ts-expect-error - the user of @fastify/jwt has no level
  request.user.level
})
