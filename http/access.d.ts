import type { Verified, ZumoKey } from '../index.js'

/**
 * What a request must send to use a route. The master key, in `X-ZUMO-MASTER`, is enough for each of them.
 *
 * - `public`: nothing
 * - `application`: the application key in `X-ZUMO-APPLICATION`; a token is not enough
 * - `user`, or `authenticated`: a valid token in `X-ZUMO-AUTH`
 * - `admin`: the master key
 */
export type Permission = 'public' | 'application' | 'user' | 'authenticated' | 'admin'

/** Who sent a request: what the scripts of a Mobile Service got as `user`. */
export interface User {
  /** `admin` with a master key, else `authenticated` with a token, else `anonymous`. */
  level: 'admin' | 'authenticated' | 'anonymous'
  /** The user of the token; undefined without a token, also where the level is `admin`. */
  userId: string | undefined
  /** The claims of the token; undefined without a token. */
  claims: Verified['claims'] | undefined
}

// With KeyOptions first, TypeScript's error for `masterKey: process.env.KEY` says that it may be undefined.
/**
 * The options of `authenticate`: either `masterKey` or `key` is required. An option is absent or has a
 * value; undefined is a TypeError.
 */
export type AuthenticateOptions<Request> = KeyOptions<Request> | MasterKeyOptions<Request>

/** Options with `key`: for a server that only verifies tokens. It ignores `X-ZUMO-MASTER`. */
export interface KeyOptions<Request> extends ServerOptions<Request> {
  /**
   * The key of the tokens, or during a rotation several keys. An App Service key requires `audience` and
   * `issuer` too.
   */
  key: ZumoKey | readonly ZumoKey[]
  masterKey?: never
}

/** Options with `masterKey`: for a server that also accepts the master key of its Mobile Service. */
export interface MasterKeyOptions<Request> extends ServerOptions<Request> {
  /**
   * The master key, or during a rotation several master keys: an ASCII string, or bytes, which are used
   * unchanged. Tokens are verified with it, and a request that sends it in `X-ZUMO-MASTER` has the level
   * `admin`.
   */
  masterKey: string | Uint8Array | readonly (string | Uint8Array)[]
  key?: never
}

/** The options beside the key. */
export interface ServerOptions<Request> {
  /**
   * The key that `X-ZUMO-APPLICATION` must contain for the permission `application`: a non-empty ASCII
   * string without spaces, other than the master key. Without this option, only the master key gives that
   * permission.
   */
  applicationKey?: string
  /**
   * The audiences to accept: `aud` must be, or contain, one of them. Compared exactly. Required with an App
   * Service key.
   * @defaultValue any audience
   */
  audience?: string | readonly string[]
  /**
   * The issuers to accept: `iss` must be one of them. Compared exactly. Required with an App Service key.
   * @defaultValue `'urn:microsoft:windows-azure:zumo'`
   */
  issuer?: string | readonly string[]
  /**
   * How many seconds after `exp` a token is still accepted. `nbf` and `iat` may always be up to 300 seconds
   * in the future.
   * @defaultValue 0
   */
  clockTolerance?: number
  /**
   * Returns the token of a request, to read it from another header, a cookie or the query string. For a
   * request without a token it returns undefined, null or the empty string. Any other value that is not a
   * string is a malformed token. It must be synchronous: a promise is an error, which, like what the
   * function throws, goes to the server's error handler.
   * @defaultValue a function that reads the header `X-ZUMO-AUTH`
   */
  getToken?: (request: Request) => string | string[] | null | undefined
  /**
   * Whether a refused request goes to the server's error handler, instead of being answered with 401. The
   * error is a `ZumoJwtError` for a bad token, and one named `UnauthorizedError` for a request without the
   * permission. Both have the `status` 401. Applies to `authorize` too.
   * @defaultValue false
   */
  failWithError?: boolean
}
