/**
 * Middleware for Koa 2 and 3.
 *
 * @module zumo-jwt/koa
 */

import type { Context, Middleware } from 'koa'
import type { AuthenticateOptions, Permission, User } from './access.js'

export type * from './access.js'

/** The type of `ctx.state` after {@link authenticate}. */
export interface State {
  /** Who sent the request. */
  user: User
}

/**
 * Finds out who sends a request, and stores it in `ctx.state.user`. A request with a bad token is answered
 * with 401 on every route, even if it also has the right master key. A request without a token continues as
 * `anonymous`. If several run for a request, the last one decides.
 *
 * A CORS preflight carries no token. Let the CORS middleware run before {@link authorize}.
 *
 * @param options - See {@link AuthenticateOptions}. They are checked and copied immediately. The argument of
 *   `getToken` is the context.
 * @returns The middleware. It throws what `getToken` and `onRefusal` throw.
 * @throws TypeError - `ERR_INVALID_ARG_TYPE` or `ERR_INVALID_ARG_VALUE` for an option that cannot be used or
 *   does not exist. The message names it and never contains its value.
 * @throws RangeError - `ERR_OUT_OF_RANGE` for a `clockTolerance` that is negative or not finite.
 *
 * @example
 * ```js
 * app.use(authenticate({ masterKey }))
 * router.get('/tables/foo', authorize('user'), (ctx) => {
 *   ctx.body = { userId: ctx.state.user.userId }
 * })
 * ```
 */
export declare function authenticate(options: AuthenticateOptions<Context>): Middleware<State>

/**
 * Lets a request continue if it has the permission, and answers every other with 401. {@link authenticate}
 * must run before it, with the same context.
 *
 * @param permission - See {@link Permission}.
 * @returns The middleware. It throws an Error with the code
 *   `ERR_ZUMO_NO_AUTHENTICATE` if `authenticate` did not run before it.
 * @throws TypeError - `ERR_INVALID_ARG_VALUE` for a permission that does not exist.
 *
 * @example
 * ```js
 * router.delete('/tables/foo/:id', authorize('admin'), remove)
 * ```
 */
export declare function authorize(permission: Permission): Middleware<State>
