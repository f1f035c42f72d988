import fastify from 'fastify'
import { authenticate, authorize, type User } from 'zumo-jwt/fastify'

const app = fastify()
app.register(authenticate, { masterKey: 'key', applicationKey: 'key', audience: 'a' })
app.register(authenticate, { masterKey: 'key', getToken: (request) => request.headers.authorization })
app.register(authenticate, { masterKey: 'key', requestProperty: 'zumo', clockTolerance: 5 })

app.get('/', { onRequest: authorize('user') }, async (request) => {
  request.user satisfies User
  // @ts-expect-error - no such property: a user is not any
  request.user.name
})
app.get('/admin', { preHandler: [authorize('admin')] }, async () => 'ok')
app.addHook('preValidation', authorize('application'))

const overHttp2 = fastify({ http2: true })
overHttp2.register(authenticate, { masterKey: 'key', getToken: (request) => request.headers['x-token'] })
overHttp2.get('/', { onRequest: authorize('user') }, async (request) => request.user.userId)
overHttp2.get('/admin', { preHandler: [authorize('admin')] }, async () => 'ok')

// @ts-expect-error - a key is required
app.register(authenticate, {})
// @ts-expect-error - no such permission
app.get('/', { onRequest: authorize('users') }, async () => 'ok')
