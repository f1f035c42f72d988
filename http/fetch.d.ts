/**
 * Handlers that answer a Request with a Response: for Azure Functions 4, Next.js, SvelteKit, Bun, Deno and
 * others.
 *
 * @module zumo-jwt/fetch
 */

import type { AuthenticateOptions, Permission, User } from './access.js'

export type * from './access.js'

/** A Request, or anything with the same `headers`. */
export interface WebRequest {
  readonly headers: Pick<Headers, 'get'>
}

/**
 * The first argument of a handler: a request, or an event that has one as its own property `request`, as in
 * SvelteKit. A getter of the event's class is not read.
 */
export type WebEvent = WebRequest | { readonly request: WebRequest }

/**
 * Wraps a handler. Requests with the permission reach it, all others are answered with 401.
 *
 * @param permission - See {@link Permission}.
 * @param handler - Its arguments are the request, who sent it, and the server's other arguments.
 * @returns The handler for the server.
 * @throws TypeError - `ERR_INVALID_ARG_VALUE` for a permission that does not exist,
 *   `ERR_INVALID_ARG_TYPE` for a handler that is not a function.
 */
export type Authorize<Event extends WebEvent> = <Request extends Event, Rest extends unknown[], Result>(
  permission: Permission,
  handler: (request: Request, user: User, ...rest: Rest) => Result,
) => (request: Request, ...rest: Rest) => Result | Response

/**
 * Returns the function {@link Authorize}, which wraps handlers. A request with a bad token is answered with
 * 401 whatever the permission, even if it also has the right master key. A request without a token is
 * `anonymous`.
 *
 * A CORS preflight carries no token. Answer it before the handler.
 *
 * @param options - See {@link AuthenticateOptions}. They are checked and copied immediately.
 * @returns The function that wraps handlers. A wrapped handler throws what `getToken` and `onRefusal` throw
 *   and, with `failWithError`, the error of a refused request.
 * @throws TypeError - `ERR_INVALID_ARG_TYPE` or `ERR_INVALID_ARG_VALUE` for an option that cannot be used or
 *   does not exist. The message names it and never contains its value.
 * @throws RangeError - `ERR_OUT_OF_RANGE` for a `clockTolerance` that is negative or not finite.
 *
 * @example
 * ```js
 * const authorize = authenticate({ masterKey })
 * export const GET = authorize('user', (request, user) => Response.json({ userId: user.userId }))
 * ```
 */
export declare function authenticate<Event extends WebEvent = WebEvent>(
  options: AuthenticateOptions<Event>,
): Authorize<Event>
