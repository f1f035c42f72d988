/**
 * Middleware for Express 4 and 5, Connect, NestJS on Express, and plain `http`.
 *
 * @module zumo-jwt/express
 */

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AuthenticateOptions, Permission, User } from './access.js'

export type * from './access.js'

/** The further option of {@link authenticate}. */
export interface PropertyOptions {
  /**
   * The property of a request that holds the user, where another library uses `req.user`, such as passport.
   * @defaultValue `'user'`
   */
  requestProperty?: string
}

/**
 * Tells TypeScript which property of an Express request holds the user: `user`, unless you declare another
 * `name`. Declare one where another library has types for `req.user`.
 *
 * @example
 * ```ts
 * import 'zumo-jwt/express'
 *
 * declare module 'zumo-jwt/express' {
 *   interface RequestProperty {
 *     name: 'zumo'
 *   }
 * }
 * ```
 */
// biome-ignore lint/suspicious/noEmptyInterface: users add to it by declaration merging
export interface RequestProperty {}

/** The property of a request that holds the user. It is undefined until `authenticate` has run. */
export type RequestWithUser = {
  [Name in RequestProperty extends { name: infer Name extends string } ? Name : 'user']?: User | undefined
}

declare global {
  namespace Express {
    interface Request extends RequestWithUser {}
  }
}

/** A middleware of Express, Connect, or any server that calls it with `next`. */
export type Middleware<Request extends IncomingMessage> = (
  req: Request,
  res: ServerResponse,
  next: (error?: unknown) => void,
) => void

/**
 * Finds out who sends a request, and stores it in `req.user`. A request with a bad token is answered with
 * 401 on every route, even if it also has the right master key. A request without a token continues as
 * `anonymous`. If several run for a request, the last one decides.
 *
 * A CORS preflight carries no token. Let the CORS middleware run before {@link authorize}.
 *
 * @param options - See {@link AuthenticateOptions} and {@link PropertyOptions}. They are checked and copied immediately.
 * @returns The middleware. What `getToken` and `onRefusal` throw goes to `next`. Where a refusal cannot be written, as
 *   for an upgrade, `next` gets the error of `failWithError`, with what went wrong as its `cause`.
 * @throws TypeError - `ERR_INVALID_ARG_TYPE` or `ERR_INVALID_ARG_VALUE` for an option that cannot be used or
 *   does not exist. The message names it and never contains its value.
 * @throws RangeError - `ERR_OUT_OF_RANGE` for a `clockTolerance` that is negative or not finite.
 *
 * @example
 * ```js
 * app.use(authenticate({ masterKey }))
 * app.get('/tables/foo', authorize('user'), (req, res) => res.json({ userId: req.user.userId }))
 * ```
 *
 * @example Your own answers
 * ```js
 * app.use(authenticate({ masterKey, failWithError: true }))
 * app.use((err, req, res, next) => res.status(err.status ?? 500).render('sorry'))
 * ```
 *
 * @example Plain http
 * ```js
 * const auth = authenticate({ masterKey })
 * http.createServer((req, res) => auth(req, res, () => res.end(`Hello, ${req.user.userId}`)))
 * ```
 */
export declare function authenticate<Request extends IncomingMessage = IncomingMessage>(
  options: AuthenticateOptions<Request> & PropertyOptions,
): Middleware<Request>

/**
 * Lets a request continue if it has the permission, and answers every other with 401. {@link authenticate}
 * must run before it, with the same request object.
 *
 * @param permission - See {@link Permission}.
 * @returns The middleware. If `authenticate` did not run before it, it passes an Error with the code
 *   `ERR_ZUMO_NO_AUTHENTICATE` to `next`.
 * @throws TypeError - `ERR_INVALID_ARG_VALUE` for a permission that does not exist.
 *
 * @example
 * ```js
 * app.delete('/tables/foo/:id', authorize('admin'), remove)
 * ```
 */
export declare function authorize(permission: Permission): Middleware<IncomingMessage>
