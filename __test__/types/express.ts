import { createServer, type IncomingMessage } from 'node:http'
import express from 'express'
import { ZumoKey } from 'zumo-jwt'
import {
  type AuthenticateOptions,
  authenticate,
  authorize,
  type Permission,
  type User,
} from 'zumo-jwt/express'

const app = express()
app.use(authenticate({ masterKey: 'key' }))
app.use(authenticate({ masterKey: ['new key', new Uint8Array(32)] as const, applicationKey: 'other' }))
app.use(
  authenticate({ key: ZumoKey.fromMasterKey('key'), audience: ['a', 'b'] as const, failWithError: true }),
)
app.use(authenticate({ masterKey: 'key', requestProperty: 'zumo', clockTolerance: 5 }))
app.use(authenticate({ key: [ZumoKey.fromSigningKey('00')], audience: 'a', issuer: 'b' }))
app.use(authenticate({ masterKey: 'key', getToken: (req: express.Request) => req.get('token') }))
app.use(authenticate({ masterKey: 'key', getToken: (req) => req.headers.authorization ?? null }))
app.use(authenticate({ masterKey: 'key', getToken: (req) => req.headers['x-token'] }))

app.get('/', authorize('user'), (req) => {
  const { user } = req
  user satisfies User | undefined
  user?.level satisfies 'admin' | 'authenticated' | 'anonymous' | undefined
  if (user?.level === 'authenticated') {
    user.userId satisfies string
    user.claims.exp satisfies number
  } else if (user?.level === 'anonymous') {
    user.userId satisfies undefined
  } else if (user?.userId !== undefined) {
    user.claims.exp satisfies number
    // @ts-expect-error - an admin may have sent no token
  } else user?.claims.exp
  req.user?.userId satisfies string | undefined
  req.user?.claims?.exp satisfies number | undefined
  req.user?.claims?.other satisfies unknown
  // @ts-expect-error - there may be no user
  req.user.level
  // @ts-expect-error - no such property: a user is not any
  req.user?.name
})

const auth = authenticate({ masterKey: 'key' })
createServer((req: IncomingMessage & { user?: User }, res) => {
  auth(req, res, (error) => res.end(error ? 'sorry' : req.user?.userId))
})

authorize('authenticated' satisfies Permission)
authenticate({ masterKey: 'key' } satisfies AuthenticateOptions<IncomingMessage>)

authenticate({ masterKey: 'key', key: ZumoKey.fromMasterKey('key', { node6: true }) })
authenticate({
  masterKey: 'key',
  onRefusal: (error, req: express.Request) => console.warn(error.code, req.originalUrl),
})

// @ts-expect-error - a key is required
authenticate({})
// @ts-expect-error - options are required
authenticate()
// @ts-expect-error - a master key that may be missing, beside a key
authenticate({ masterKey: process.env.KEY, key: ZumoKey.fromMasterKey('key') })
declare const mayBeMissing: ZumoKey | undefined
// @ts-expect-error - a key that may be missing
authenticate({ key: mayBeMissing })
// @ts-expect-error - the same beside a master key
authenticate({ masterKey: 'key', key: mayBeMissing })
// @ts-expect-error - a function
authenticate({ masterKey: 'key', onRefusal: true })
// @ts-expect-error - a key that may be missing
authenticate({ masterKey: process.env.KEY })
// @ts-expect-error - a text is a master key
authenticate({ key: 'key' })
// @ts-expect-error - an option is absent or has a value
authenticate({ masterKey: 'key', audience: undefined })
// @ts-expect-error - no such option
authenticate({ masterKey: 'key', audiences: 'a' })
// @ts-expect-error - a token is text
authenticate({ masterKey: 'key', getToken: () => 1 })
// @ts-expect-error - getToken is synchronous
authenticate({ masterKey: 'key', getToken: async () => 'token' })
// @ts-expect-error - no such permission
authorize('users')
