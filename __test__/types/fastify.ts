import fastify from 'fastify'
import { ZumoKey } from 'zumo-jwt'
import { authenticate, authorize, type User } from 'zumo-jwt/fastify'

const app = fastify()
app.register(authenticate, { masterKey: 'key', applicationKey: 'key', audience: 'a' })
app.register(authenticate, { key: ZumoKey.fromSigningKey('00'), audience: 'a', issuer: 'b' })
app.register(authenticate, { masterKey: 'key', getToken: (request) => request.headers.authorization })

app.register(authenticate, { masterKey: 'key', requestProperty: 'zumo', clockTolerance: 5 })

app.get('/', { onRequest: authorize('user') }, async (request) => {
  const user: User = request.user
  const level: 'admin' | 'authenticated' | 'anonymous' = request.user.level
  const userId: string | undefined = request.user.userId
  const exp: number | undefined = request.user.claims?.exp
  // @ts-expect-error - no such property: a user is not any
  request.user.name
  return { user, level, userId, exp }
})
app.get('/admin', { preHandler: [authorize('admin')] }, async () => 'ok')
app.addHook('preValidation', authorize('application'))

const overHttp2 = fastify({ http2: true })
overHttp2.register(authenticate, { masterKey: 'key', getToken: (request) => request.headers['x-token'] })
overHttp2.get('/', { onRequest: authorize('user') }, async (request) => request.user.userId)
overHttp2.get('/admin', { preHandler: [authorize('admin')] }, async () => 'ok')

app.register(authenticate, { masterKey: 'key', key: ZumoKey.fromMasterKey('key', { node6: true }) })
app.register(authenticate, {
  masterKey: 'key',
  onRefusal: (error, request) => console.warn(error.code, request.ip),
})

// @ts-expect-error - a key is required
app.register(authenticate, {})
// @ts-expect-error - no such permission
app.get('/', { onRequest: authorize('users') }, async () => 'ok')
