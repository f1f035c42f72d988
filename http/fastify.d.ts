/**
 * A plugin for Fastify 5.
 *
 * @module zumo-jwt/fastify
 */

import type { FastifyPluginAsync, FastifyRequest, onRequestHookHandler } from 'fastify'
import type { AuthenticateOptions, Permission, User } from './access.js'

export type * from './access.js'

/** The further option of {@link authenticate}. */
export interface PropertyOptions {
  /**
   * The property of a request that holds the user, where another library uses `request.user`, such as `@fastify/jwt`.
   * @defaultValue `'user'`
   */
  requestProperty?: string
}

/**
 * Tells TypeScript which property of a Fastify request holds the user: `user`, unless you declare another
 * `name`. Declare one where another library has types for `request.user`.
 *
 * @example
 * ```ts
 * import 'zumo-jwt/fastify'
 *
 * declare module 'zumo-jwt/fastify' {
 *   interface RequestProperty {
 *     name: 'zumo'
 *   }
 * }
 * ```
 */
// biome-ignore lint/suspicious/noEmptyInterface: users add to it by declaration merging
export interface RequestProperty {}

/** The property of a request that holds the user, from the onRequest hook of `authenticate` on. */
export type RequestWithUser = {
  [Name in RequestProperty extends { name: infer Name extends string } ? Name : 'user']: User
}

declare module 'fastify' {
  interface FastifyRequest extends RequestWithUser {}
}

/**
 * The plugin that finds out who sends a request, and stores it in `request.user`. It is an onRequest hook of
 * the scope that registers it. A request with a bad token is answered with 401 on every route, even if it
 * also has the right master key. A request without a token continues as `anonymous`. A child scope may
 * register the plugin again, and that one decides for its routes. It runs after the parent's, unless the
 * parent registers later: then the parent's does not run there.
 *
 * A CORS preflight carries no token. Register `@fastify/cors` before this.
 *
 * Its options, see {@link AuthenticateOptions} and {@link PropertyOptions}, are checked and copied when the plugin
 * is loaded. For an option that cannot be used or does not exist, loading fails with a TypeError
 * (`ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE`) or a RangeError (`ERR_OUT_OF_RANGE`). The message names
 * the option, says that it is one of `zumo-jwt/fastify`, and never contains its value.
 *
 * @example
 * ```js
 * await app.register(authenticate, { masterKey })
 * app.get('/tables/foo', { onRequest: authorize('user') }, async (request) => ({
 *   userId: request.user.userId,
 * }))
 * ```
 */
export declare const authenticate: FastifyPluginAsync<AuthenticateOptions<FastifyRequest> & PropertyOptions>

/**
 * A hook, onRequest, preValidation or preHandler, that lets a request continue if it has the permission, and answers every
 * other with 401. {@link authenticate} must be registered.
 *
 * @param permission - See {@link Permission}.
 * @returns The hook. It throws an Error with the code `ERR_ZUMO_NO_AUTHENTICATE` if `authenticate` is not registered.
 * @throws TypeError - `ERR_INVALID_ARG_VALUE` for a permission that does not exist.
 *
 * @example
 * ```js
 * app.delete('/tables/foo/:id', { onRequest: authorize('admin') }, remove)
 * ```
 */
// For any server, with HTTP/2 too.
// biome-ignore lint/suspicious/noExplicitAny: the types of a server's own requests and replies
export declare function authorize(permission: Permission): onRequestHookHandler<any, any, any>
