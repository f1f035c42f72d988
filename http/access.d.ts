import type { Verified, ZumoKey } from '../index.js'

/**
 * Who may use a route:
 *
 * - `public`: everyone
 * - `application`: whoever sends the application key in `X-ZUMO-APPLICATION`; a token is not enough
 * - `user`, or `authenticated`: whoever sends a token
 * - `admin`: whoever sends a master key in `X-ZUMO-MASTER`, which opens all the others too
 */
export type Permission = 'public' | 'application' | 'user' | 'authenticated' | 'admin'

/** Who sent a request, as the scripts of a Mobile Service saw it. */
export interface User {
  /** `admin` with a master key, else `authenticated` with a token, else `anonymous`. */
  level: 'admin' | 'authenticated' | 'anonymous'
  /** Whom the token names; undefined without a token. */
  userId: string | undefined
  /** The token's claims; undefined without a token. */
  claims: Verified['claims'] | undefined
}

// In this order, TypeScript says of `masterKey: process.env.KEY` that it may be undefined.
/**
 * The options of `authenticate`: a master key, or the key alone, and what a server may add. An
 * option is absent or has a value: undefined is a TypeError.
 */
export type AuthenticateOptions<Request> = KeyOptions<Request> | MasterKeyOptions<Request>

/** For a server that only verifies: nobody is `admin` there. */
export interface KeyOptions<Request> extends ServerOptions<Request> {
  /**
   * The key of the tokens, several while keys are rotated. An App Service key needs `audience`
   * and `issuer` too.
   */
  key: ZumoKey | readonly ZumoKey[]
  masterKey?: never
}

/** For a server that knows the master key of its Mobile Service. */
export interface MasterKeyOptions<Request> extends ServerOptions<Request> {
  /**
   * The master key, which tokens are signed with and which makes whoever sends it in
   * `X-ZUMO-MASTER` an `admin`: ASCII text, or bytes taken as they are. Several while keys are
   * rotated.
   */
  masterKey: string | Uint8Array | readonly (string | Uint8Array)[]
  key?: never
}

/** What a server may add to its key. */
export interface ServerOptions<Request> {
  /**
   * What `X-ZUMO-APPLICATION` must be where `application` is required: ASCII without spaces, and
   * not a master key. Without it, `application` opens to the master key alone.
   */
  applicationKey?: string
  /** The audience, or audiences of which a token must name one. Compared exactly. */
  audience?: string | readonly string[]
  /**
   * The issuer, or issuers of which a token must name one. Compared exactly.
   * @defaultValue `'urn:microsoft:windows-azure:zumo'`, none with an App Service key
   */
  issuer?: string | readonly string[]
  /**
   * How long after `exp` a token is still accepted, in seconds.
   * @defaultValue 0
   */
  clockTolerance?: number
  /**
   * Returns the token of a request, for another header, a cookie or a query string. No token is
   * undefined, null or the empty string; any other value that is not a string is a bad token. It is
   * synchronous: a promise, like what it throws, goes to the server's error handler.
   * @defaultValue a function that reads the header `X-ZUMO-AUTH`
   */
  getToken?: (request: Request) => string | null | undefined
  /**
   * Whether a refusal goes to the server's error handler instead of being answered: a
   * `ZumoJwtError` for a bad token, an error named `UnauthorizedError` for a request without the
   * permission, each with `status` 401. Decides for `authorize` too.
   * @defaultValue false
   */
  failWithError?: boolean
}
