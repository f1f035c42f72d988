/**
 * Middleware for Hono 4 on Node.js, Bun and Deno.
 *
 * @module zumo-jwt/hono
 */

import type { Context, MiddlewareHandler } from 'hono'
import type { AuthenticateOptions, Permission, User } from './access.js'

export type * from './access.js'

/**
 * What a context has once {@link authenticate} has run. Handlers after {@link authorize} know it;
 * others do in a `new Hono<Env>()`.
 */
export interface Env {
  Variables: {
    /** Who sent the request. */
    user: User
  }
}

/**
 * Finds out who sends a request and puts it into the context: `c.get('user')`, or `c.var.user`. A
 * request with a bad token is answered 401 on every route, also beside a good master key; one
 * without a token goes on as `anonymous`. Where several run for a request, the last one counts.
 *
 * A CORS preflight carries no token. Let the CORS middleware run before {@link authorize}.
 *
 * @param options - See {@link AuthenticateOptions}. Checked and copied at once; `getToken` gets the
 *   context.
 * @returns The middleware. What `getToken` throws goes to `app.onError`, which with `failWithError`
 *   gets refusals too; Hono itself answers 500 to every error.
 * @throws TypeError - `ERR_INVALID_ARG_TYPE` or `ERR_INVALID_ARG_VALUE` for an option that cannot
 *   be used or does not exist. The message names it and never shows its value.
 * @throws RangeError - `ERR_OUT_OF_RANGE` for `clockTolerance`.
 *
 * @example
 * ```js
 * app.use(authenticate({ masterKey: process.env.ZUMO_MASTER_KEY }))
 * app.get('/tables/foo', authorize('user'), (c) => c.json({ userId: c.var.user.userId }))
 * ```
 */
export declare function authenticate(options: AuthenticateOptions<Context>): MiddlewareHandler<Env>

/**
 * Lets a request go on that {@link authenticate} found to have a permission, and answers 401 to
 * every other.
 *
 * @param permission - See {@link Permission}.
 * @returns The middleware. Throws an Error where `authenticate` did not run before it.
 * @throws TypeError - `ERR_INVALID_ARG_VALUE` for a permission that does not exist.
 *
 * @example
 * ```js
 * app.delete('/tables/foo/:id', authorize('admin'), remove)
 * ```
 */
export declare function authorize(permission: Permission): MiddlewareHandler<Env>
