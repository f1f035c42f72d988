/**
 * A plugin for Fastify 5.
 *
 * @module zumo-jwt/fastify
 */

import type { FastifyPluginAsync, FastifyRequest, onRequestHookHandler } from 'fastify'
import type { AuthenticateOptions, Permission, User } from './access.js'

export type * from './access.js'

/** What {@link authenticate} takes beside {@link AuthenticateOptions}. */
export interface PropertyOptions {
  /**
   * The property of a request that gets the user, where `request.user` is another library's, as with
   * `@fastify/jwt`.
   * @defaultValue `'user'`
   */
  requestProperty?: string
}

/**
 * Tells TypeScript which property of a Fastify request has the user. It is `user` unless you declare
 * another `name`, as you must where another library has types for `request.user`.
 *
 * @example
 * ```ts
 * declare module 'zumo-jwt/fastify' {
 *   interface RequestProperty {
 *     name: 'zumo'
 *   }
 * }
 * ```
 */
// biome-ignore lint/suspicious/noEmptyInterface: declarations elsewhere add to it
export interface RequestProperty {}

/** The property of a request that has the user: there from `authenticate`'s onRequest hook on. */
export type RequestWithUser = {
  [Name in RequestProperty extends { name: infer Name extends string } ? Name : 'user']: User
}

declare module 'fastify' {
  interface FastifyRequest extends RequestWithUser {}
}

/**
 * The plugin that finds out who sends a request and puts it into `request.user`, in an onRequest
 * hook of the scope that registers it. A request with a bad token is answered 401 on every route,
 * also beside a good master key; one without a token goes on as `anonymous`. A child scope may
 * register its own, which runs after its parent's; the last one counts.
 *
 * A CORS preflight carries no token. Register `@fastify/cors` before this.
 *
 * Its options, see {@link AuthenticateOptions} and {@link PropertyOptions}, are checked and copied when the plugin is loaded: a
 * TypeError, `ERR_INVALID_ARG_TYPE` or `ERR_INVALID_ARG_VALUE`, or a RangeError, `ERR_OUT_OF_RANGE`,
 * names the one that cannot be used or does not exist, and never shows its value.
 *
 * @example
 * ```js
 * await app.register(authenticate, { masterKey: process.env.ZUMO_MASTER_KEY })
 * app.get('/tables/foo', { onRequest: authorize('user') }, async (request) => ({
 *   userId: request.user.userId,
 * }))
 * ```
 */
export declare const authenticate: FastifyPluginAsync<AuthenticateOptions<FastifyRequest> & PropertyOptions>

/**
 * A hook, onRequest or any later one, that lets a request go on which {@link authenticate} found to
 * have a permission, and answers 401 to every other.
 *
 * @param permission - See {@link Permission}.
 * @returns The hook. Throws an Error where `authenticate` is not registered.
 * @throws TypeError - `ERR_INVALID_ARG_VALUE` for a permission that does not exist.
 *
 * @example
 * ```js
 * app.delete('/tables/foo/:id', { onRequest: authorize('admin') }, remove)
 * ```
 */
export declare function authorize(permission: Permission): onRequestHookHandler
