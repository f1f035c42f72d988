/**
 * Middleware for Hono 4 on Node.js, Bun and Deno.
 *
 * @module zumo-jwt/hono
 */

import type { Context, MiddlewareHandler } from 'hono'
import type { AuthenticateOptions, Permission, User } from './access.js'

export type * from './access.js'

/**
 * The variables of a context after {@link authenticate}. Handlers after {@link authorize} have these types,
 * all others in a `new Hono<Env>()`.
 */
export interface Env {
  Variables: {
    /** Who sent the request. */
    user: User
  }
}

/**
 * Finds out who sends a request, and stores it in the context: `c.get('user')`, or `c.var.user`. A request
 * with a bad token is answered with 401 on every route, even if it also has the right master key. A request
 * without a token continues as `anonymous`. If several run for a request, the last one decides.
 *
 * A CORS preflight carries no token. Let the CORS middleware run before {@link authorize}.
 *
 * @param options - See {@link AuthenticateOptions}. They are checked and copied immediately. The argument of
 *   `getToken` is the context.
 * @returns The middleware. What `getToken` and `onRefusal` throw goes to `app.onError` and so, with `failWithError`, do the
 *   errors of refused requests. Without your `app.onError`, Hono answers them with 500.
 * @throws TypeError - `ERR_INVALID_ARG_TYPE` or `ERR_INVALID_ARG_VALUE` for an option that cannot be used or
 *   does not exist. The message names it and never contains its value.
 * @throws RangeError - `ERR_OUT_OF_RANGE` for a `clockTolerance` that is negative or not finite.
 *
 * @example
 * ```js
 * app.use(authenticate({ masterKey }))
 * app.get('/tables/foo', authorize('user'), (c) => c.json({ userId: c.var.user.userId }))
 * ```
 */
export declare function authenticate(options: AuthenticateOptions<Context>): MiddlewareHandler<Env>

/**
 * Lets a request continue if it has the permission, and answers every other with 401. {@link authenticate}
 * must run before it, with the same context: an application that `mount` calls has another one.
 *
 * @param permission - See {@link Permission}.
 * @returns The middleware. It throws an Error with the code
 *   `ERR_ZUMO_NO_AUTHENTICATE` if `authenticate` did not run before it.
 * @throws TypeError - `ERR_INVALID_ARG_VALUE` for a permission that does not exist.
 *
 * @example
 * ```js
 * app.delete('/tables/foo/:id', authorize('admin'), remove)
 * ```
 */
export declare function authorize(permission: Permission): MiddlewareHandler<Env>
