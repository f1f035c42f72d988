/**
 * Middleware for Koa 2 and 3.
 *
 * @module zumo-jwt/koa
 */

import type { Context, Middleware } from 'koa'
import type { AuthenticateOptions, Permission, User } from './access.js'

export type * from './access.js'

/** What `ctx.state` has once {@link authenticate} has run. */
export interface State {
  /** Who sent the request. */
  user: User
}

/**
 * Finds out who sends a request and puts it into `ctx.state.user`. A request with a bad token is
 * answered 401 on every route, also beside a good master key; one without a token goes on as
 * `anonymous`. Where several run for a request, the last one counts.
 *
 * A CORS preflight carries no token. Let the CORS middleware run before {@link authorize}.
 *
 * @param options - See {@link AuthenticateOptions}. Checked and copied at once; `getToken` gets the
 *   context.
 * @returns The middleware. It throws what `getToken` throws.
 * @throws TypeError - `ERR_INVALID_ARG_TYPE` or `ERR_INVALID_ARG_VALUE` for an option that cannot
 *   be used or does not exist. The message names it and never shows its value.
 * @throws RangeError - `ERR_OUT_OF_RANGE` for `clockTolerance`.
 *
 * @example
 * ```js
 * app.use(authenticate({ masterKey: process.env.ZUMO_MASTER_KEY }))
 * router.get('/tables/foo', authorize('user'), (ctx) => {
 *   ctx.body = { userId: ctx.state.user.userId }
 * })
 * ```
 */
export declare function authenticate(options: AuthenticateOptions<Context>): Middleware<State>

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
 * router.delete('/tables/foo/:id', authorize('admin'), remove)
 * ```
 */
export declare function authorize(permission: Permission): Middleware<State>
