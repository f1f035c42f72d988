import type { Verified, VerifyOptions, ZumoJwtError, ZumoKey } from '../index.js'

/**
 * What a request must send to use a route. The master key, in `X-ZUMO-MASTER`, is enough for each of them.
 *
 * - `public`: nothing
 * - `application`: the application key in `X-ZUMO-APPLICATION`; a token is not enough
 * - `user`, or `authenticated`: a valid token in `X-ZUMO-AUTH`
 * - `admin`: the master key
 */
export type Permission = 'public' | 'application' | 'user' | 'authenticated' | 'admin'

/**
 * Who sent a request: what the scripts of a Mobile Service got as `user`. The level is `admin` with a master key,
 * else `authenticated` with a token, else `anonymous`. `userId` and `claims` are those of the token. Without a
 * token they are undefined, also if the level is `admin`.
 */
export type User =
  | { level: 'anonymous'; userId: undefined; claims: undefined }
  | { level: 'authenticated'; userId: string; claims: Verified['claims'] }
  | { level: 'admin'; userId: string; claims: Verified['claims'] }
  | { level: 'admin'; userId: undefined; claims: undefined }

/** The error of a request without the permission that {@link Permission} names. */
export interface UnauthorizedError extends Error {
  name: 'UnauthorizedError'
  message: 'Unauthorized'
  code: 'ERR_ZUMO_UNAUTHORIZED'
  status: 401
}

// With `key` first, TypeScript's error for `masterKey: process.env.KEY` says that it may be undefined.
/**
 * The options of `authenticate`: `masterKey`, `key`, or both are required. An option is absent or has a value;
 * undefined is a TypeError.
 */
export type AuthenticateOptions<Request> = ServerOptions<Request> &
  (Required<Pick<ServerOptions<Request>, 'key'>> | Required<Pick<ServerOptions<Request>, 'masterKey'>>)

/** The options, without the rule that a key is required. */
export interface ServerOptions<Request> extends Omit<VerifyOptions, 'now'> {
  /**
   * The master key of a Mobile Service, or during a rotation several: an ASCII string, or bytes, which are used
   * unchanged. Tokens are verified with it, and a request that sends it in `X-ZUMO-MASTER` has the level
   * `admin`.
   */
  masterKey?: string | Uint8Array | readonly (string | Uint8Array)[]
  /**
   * A further key of the tokens, or several. Given without `masterKey`, the server only verifies tokens and
   * ignores `X-ZUMO-MASTER`. An App Service key requires `audience` and `issuer` too.
   */
  key?: ZumoKey | readonly ZumoKey[]
  /**
   * The key that `X-ZUMO-APPLICATION` must contain for the permission `application`: a non-empty ASCII
   * string without spaces, other than the master key. Without this option, only the master key gives that
   * permission.
   */
  applicationKey?: string
  /**
   * Returns the token of a request, to read it from another header, a cookie or the query string. For a
   * request without a token it returns undefined, null or the empty string. Any other value that is not a
   * string is a malformed token. It must be synchronous: a promise is an error, which, like what the
   * function throws, goes to the server's error handler.
   * @defaultValue a function that reads the header `X-ZUMO-AUTH`
   */
  getToken?: (request: Request) => string | string[] | null | undefined
  /**
   * Is called once for each request that is refused with 401, before it is answered: to log `error.code`, for
   * example. The request is the argument of `getToken`. What it returns is ignored, and so is the rejection of a
   * promise. What it throws goes to the server's error handler, in place of the refusal.
   * @defaultValue a function that does nothing
   */
  onRefusal?: (error: ZumoJwtError | UnauthorizedError, request: Request) => unknown
  /**
   * Whether a refused request goes to the server's error handler, instead of being answered with 401. The error
   * is the one that `onRefusal` gets: a `ZumoJwtError` for a bad token, and an `UnauthorizedError` for a request
   * without the permission. Both have the `status` 401. Applies to `authorize` too. An error handler that lets the
   * request continue opens the route: after a bad token the request continues as `anonymous`, after a refusal by
   * `authorize` with the user that it had.
   * @defaultValue false
   */
  failWithError?: boolean
}
