import Router from '@koa/router'
import Koa from 'koa'
import { authenticate, authorize, type State, type User } from 'zumo-jwt/koa'

const app = new Koa<State>()
app.use(authenticate({ masterKey: 'key', applicationKey: 'other', clockTolerance: 5 }))
app.use(authenticate({ masterKey: 'key', getToken: (ctx) => ctx.cookies.get('token') }))
app.use(async (ctx, next) => {
  ctx.state.user satisfies User
  // @ts-expect-error - no such property: a user is not any
  ctx.state.user.name
  await next()
})

const router = new Router<State>()
router.get('/', authorize('user'), (ctx) => {
  ctx.body = ctx.state.user.userId
  // @ts-expect-error - a user is not any
  ctx.state.user.name
})
app.use(router.routes())

// In an application with any state, middleware that follows in the same chain knows the user.
new Koa().use(authenticate({ masterKey: 'key' })).use((ctx) => {
  ctx.body = ctx.state.user.level
})
const anyState = new Router()
anyState.get('/', authorize('user'), (ctx) => {
  ctx.body = ctx.state.user.level
})
new Koa().use(anyState.routes())

// @ts-expect-error - a key is required
authenticate({})
// @ts-expect-error - an option of Express and Fastify
authenticate({ masterKey: 'key', requestProperty: 'zumo' })
// @ts-expect-error - no such permission
authorize('users')
