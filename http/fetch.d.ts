/**
 * Handlers of Web Requests: Azure Functions 4, Next.js, SvelteKit, Bun, Deno, and all else that
 * answers a Request with a Response.
 *
 * @module zumo-jwt/fetch
 */

import type { AuthenticateOptions, Permission, User } from './access.js'

export type * from './access.js'

/** A Request, or anything with the same `headers`. */
export interface WebRequest {
  readonly headers: Pick<Headers, 'get'>
}

/** What a handler gets first: a request, or an event that has one, as in SvelteKit. */
export type WebEvent = WebRequest | { readonly request: WebRequest }

/**
 * Makes a handler for those who have a permission; every other request is answered 401.
 *
 * @param permission - See {@link Permission}.
 * @param handler - Gets the request, who sent it, and whatever else the server gives to handlers.
 * @returns The handler for the server.
 * @throws TypeError - `ERR_INVALID_ARG_VALUE` for a permission that does not exist,
 *   `ERR_INVALID_ARG_TYPE` for a handler that is not a function.
 */
export type Authorize<Event extends WebEvent> = <Request extends Event, Rest extends unknown[], Result>(
  permission: Permission,
  handler: (request: Request, user: User, ...rest: Rest) => Result,
) => (request: Request, ...rest: Rest) => Result | Response

/**
 * Prepares {@link Authorize}, which makes handlers that know who sends a request. A request with a
 * bad token is answered 401 whatever the permission, also beside a good master key; one without a
 * token is `anonymous`.
 *
 * A CORS preflight carries no token. Answer it before the handler.
 *
 * @param options - See {@link AuthenticateOptions}. Checked and copied at once.
 * @returns The function that makes handlers. They throw what `getToken` throws, and with
 *   `failWithError` refusals too.
 * @throws TypeError - `ERR_INVALID_ARG_TYPE` or `ERR_INVALID_ARG_VALUE` for an option that cannot
 *   be used or does not exist. The message names it and never shows its value.
 * @throws RangeError - `ERR_OUT_OF_RANGE` for `clockTolerance`.
 *
 * @example
 * ```js
 * const authorize = authenticate({ masterKey: process.env.ZUMO_MASTER_KEY })
 * export const GET = authorize('user', (request, user) => Response.json({ userId: user.userId }))
 * ```
 */
export declare function authenticate<Event extends WebEvent = WebEvent>(
  options: AuthenticateOptions<Event>,
): Authorize<Event>
