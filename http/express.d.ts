/**
 * Middleware for Express 4 and 5, Connect, NestJS on Express, and plain `http`.
 *
 * @module zumo-jwt/express
 */

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AuthenticateOptions, Permission, User } from './access.js'

export type * from './access.js'

/** What {@link authenticate} takes beside {@link AuthenticateOptions}. */
export interface PropertyOptions {
  /**
   * The property of a request that gets the user, where `req.user` is another library's, as with
   * passport.
   * @defaultValue `'user'`
   */
  requestProperty?: string
}

/**
 * Tells TypeScript which property of an Express request has the user. It is `user` unless you
 * declare another `name`, as you must where another library has types for `req.user`.
 *
 * @example
 * ```ts
 * declare module 'zumo-jwt/express' {
 *   interface RequestProperty {
 *     name: 'zumo'
 *   }
 * }
 * ```
 */
// biome-ignore lint/suspicious/noEmptyInterface: declarations elsewhere add to it
export interface RequestProperty {}

/** The property of a request that has the user: there once `authenticate` has run. */
export type RequestWithUser = {
  [Name in RequestProperty extends { name: infer Name extends string } ? Name : 'user']?: User | undefined
}

declare global {
  namespace Express {
    interface Request extends RequestWithUser {}
  }
}

/** A middleware of Express, Connect, or anything that calls it with a continuation. */
export type Middleware<Request extends IncomingMessage> = (
  req: Request,
  res: ServerResponse,
  next: (error?: unknown) => void,
) => void

/**
 * Finds out who sends a request and puts it into `req.user`. A request with a bad token is answered
 * 401 on every route, also beside a good master key; one without a token goes on as `anonymous`.
 * Where several run for a request, the last one counts.
 *
 * A CORS preflight carries no token. Let the CORS middleware run before {@link authorize}.
 *
 * @param options - See {@link AuthenticateOptions} and {@link PropertyOptions}. Checked and copied at once.
 * @returns The middleware. What `getToken` throws goes to `next`.
 * @throws TypeError - `ERR_INVALID_ARG_TYPE` or `ERR_INVALID_ARG_VALUE` for an option that cannot
 *   be used or does not exist. The message names it and never shows its value.
 * @throws RangeError - `ERR_OUT_OF_RANGE` for `clockTolerance`.
 *
 * @example
 * ```js
 * app.use(authenticate({ masterKey: process.env.ZUMO_MASTER_KEY }))
 * app.get('/tables/foo', authorize('user'), (req, res) => res.json({ userId: req.user.userId }))
 * ```
 *
 * @example Your own answers
 * ```js
 * app.use(authenticate({ masterKey: process.env.ZUMO_MASTER_KEY, failWithError: true }))
 * app.use((err, req, res, next) => res.status(err.status ?? 500).render('sorry'))
 * ```
 *
 * @example Plain http
 * ```js
 * const auth = authenticate({ masterKey: process.env.ZUMO_MASTER_KEY })
 * http.createServer((req, res) => auth(req, res, () => res.end(`Hello, ${req.user.userId}`)))
 * ```
 */
export declare function authenticate<Request extends IncomingMessage = IncomingMessage>(
  options: AuthenticateOptions<Request> & PropertyOptions,
): Middleware<Request>

/**
 * Lets a request go on that {@link authenticate} found to have a permission, and answers 401 to
 * every other.
 *
 * @param permission - See {@link Permission}.
 * @returns The middleware. Gives an Error to `next` where `authenticate` did not run before it.
 * @throws TypeError - `ERR_INVALID_ARG_VALUE` for a permission that does not exist.
 *
 * @example
 * ```js
 * app.delete('/tables/foo/:id', authorize('admin'), remove)
 * ```
 */
export declare function authorize(permission: Permission): Middleware<IncomingMessage>
