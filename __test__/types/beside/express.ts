// Beside passport, which has types for req.user.
import express from 'express'
import type {} from 'passport'
import { authenticate, authorize, type User } from 'zumo-jwt/express'

declare module 'zumo-jwt/express' {
  interface RequestProperty {
    name: 'zumo'
  }
}

declare global {
  namespace Express {
    interface User {
      name: string
    }
  }
}

const app = express()
app.use(authenticate({ masterKey: 'key', requestProperty: 'zumo' }))
app.get('/', authorize('user'), (req) => {
  req.zumo satisfies User | undefined
  req.user?.name satisfies string | undefined
  // @ts-expect-error - passport's user has no level
  req.user?.level
})
