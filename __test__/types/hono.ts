import { Hono } from 'hono'
import { getCookie } from 'hono/cookie'
import { authenticate, authorize, type Env, type User } from 'zumo-jwt/hono'

const app = new Hono()
app.use(authenticate({ masterKey: 'key', applicationKey: 'other', clockTolerance: 5 }))
app.use(authenticate({ masterKey: 'key', getToken: (c) => getCookie(c, 'token') }))
app.get('/', authorize('user'), (c) => {
  c.var.user satisfies User
  c.get('user') satisfies User
  // @ts-expect-error - no such property: a user is not any
  c.var.user.name
  // @ts-expect-error - the same
  c.get('user').name
  return c.json(c.var.user)
})

new Hono<Env>().get('/', (c) => c.text(c.var.user.level))
new Hono<{ Bindings: { db: string }; Variables: Env['Variables'] & { more: number } }>()
  .use(authenticate({ masterKey: 'key' }))
  .get('/', authorize('admin'), (c) => c.text(`${c.var.user.userId} ${c.var.more.toFixed()} ${c.env.db}`))

// @ts-expect-error - a key is required
authenticate({})
// @ts-expect-error - an option of Express and Fastify
authenticate({ masterKey: 'key', requestProperty: 'zumo' })
// @ts-expect-error - no such permission
authorize('users')
