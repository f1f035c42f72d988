import type { Verified, ZumoKey } from './index.js'

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

/** The options of `authenticate`: a master key, or the key alone, and what a server may add. */
export type AuthenticateOptions<Request> = ServerOptions<Request> & (MasterKeyOptions | KeyOptions)

/** For a server that knows the master key of its Mobile Service. */
export interface MasterKeyOptions {
  /**
   * The master key, which tokens are signed with and which makes whoever sends it in
   * `X-ZUMO-MASTER` an `admin`: ASCII text, or bytes taken as they are. Several while keys are
   * rotated.
   */
  masterKey: string | Uint8Array | readonly (string | Uint8Array)[]
  key?: never
}

/** For a server that only verifies: nobody is `admin` there. */
export interface KeyOptions {
  /**
   * The key of the tokens, several while keys are rotated. An App Service key needs `audience`
   * and `issuer` too.
   */
  key: ZumoKey | readonly ZumoKey[]
  masterKey?: never
}

/** What a server may add to its key. */
export interface ServerOptions<Request> {
  /** What `X-ZUMO-APPLICATION` must be where `application` is asked for: ASCII without spaces. */
  applicationKey?: string | undefined
  /** The audience, or audiences of which a token must name one. Compared exactly. */
  audience?: string | string[] | undefined
  /**
   * The issuer, or issuers of which a token must name one. Compared exactly.
   * @defaultValue `'urn:microsoft:windows-azure:zumo'`, none with an App Service key
   */
  issuer?: string | string[] | undefined
  /**
   * Where a request has its token, for another header, a cookie or a query string. No token is
   * undefined, null or the empty string.
   * @defaultValue `(request) => request.headers['x-zumo-auth']`
   */
  getToken?: ((request: Request) => string | null | undefined) | undefined
  /**
   * Whether a refusal goes to the server's error handler in place of being answered: a
   * `ZumoJwtError` for a bad token, an error named `UnauthorizedError` for a request without the
   * permission, each with `status` 401. Decides for `authorize` too.
   * @defaultValue false
   */
  failWithError?: boolean | undefined
}
