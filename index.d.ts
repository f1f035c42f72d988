/// <reference types="node" />

/**
 * Mints and verifies the tokens of Azure Mobile Services, the value of the `X-ZUMO-AUTH` header,
 * and those of its successor App Service.
 *
 * @module zumo-jwt
 */

/**
 * A key: the master key of a Mobile Service as ASCII text or as bytes, or a {@link ZumoKey}.
 */
export type KeyLike = string | Uint8Array | ZumoKey

/**
 * Makes the token of the blog post "Generating your own ZUMO auth token", to the byte: a version 1
 * Mobile Services token that names a user.
 *
 * @param expiry - When the token expires: a Date, milliseconds since 1970, or anything whose
 *   `valueOf()` gives milliseconds (moment, dayjs, Luxon). Milliseconds are kept.
 * @param aud - The audience, as a rule the provider's name.
 * @param userId - The user, as a rule `Provider:id`. Not empty.
 * @param masterKey - The master key of the Mobile Service: ASCII text, or bytes taken as they are.
 * @returns The token, `header.claims.signature`.
 * @throws TypeError - `ERR_INVALID_ARG_TYPE` or `ERR_INVALID_ARG_VALUE` for an argument that
 *   cannot be used. The message names it and never shows its value.
 * @throws RangeError - `ERR_OUT_OF_RANGE` for an `expiry` that is no valid time.
 *
 * @example
 * ```js
 * const expiry = new Date(Date.now() + 24 * 60 * 60 * 1000)
 * const token = zumoJwt(expiry, 'Custom', 'Custom:42', process.env.ZUMO_MASTER_KEY)
 * ```
 */
export declare function zumoJwt(
  expiry: Date | number | { valueOf(): number },
  aud: string,
  userId: string,
  masterKey: string | Uint8Array,
): string

/** The claims of a Mobile Services token to {@link sign}. */
export interface MobileServicesClaims {
  /** When the token expires: seconds since 1970, or a Date. */
  exp: number | Date
  /** The audience, as a rule the provider's name. */
  aud: string | string[]
  /** The user, as a rule `Provider:id`. Not empty. */
  uid: string
  /** Not valid before: seconds since 1970, or a Date. */
  nbf?: number | Date
  /** Issued at: seconds since 1970, or a Date. */
  iat?: number | Date
  /** Any further claim, as JSON.stringify writes it. */
  [name: string]: unknown
}

/** The claims of an App Service token to {@link sign}. */
export interface AppServiceClaims {
  /** When the token expires: seconds since 1970, or a Date. */
  exp: number | Date
  /** The site's URL, `https://SITE.azurewebsites.net/`. */
  aud: string | string[]
  /** The site's URL, `https://SITE.azurewebsites.net/`. */
  iss: string
  /** The user. Not empty. */
  sub: string
  /** Not valid before: seconds since 1970, or a Date. */
  nbf?: number | Date
  /** Issued at: seconds since 1970, or a Date. */
  iat?: number | Date
  /** Any further claim, as JSON.stringify writes it. */
  [name: string]: unknown
}

/** The options of {@link sign}. */
export interface SignOptions {
  /**
   * The version of a Mobile Services token; none may be given with an App Service key.
   * @defaultValue 2
   */
  version?: 1 | 2
}

/**
 * Signs claims. `iss` and `ver` of a Mobile Services token, `ver` of an App Service token, are
 * filled in. The claims' text is JSON.stringify's own; claims beyond those that every token has
 * follow in their own order. Dates become seconds: whole ones, but in version 1.
 *
 * @param claims - The claims, their times in seconds (RFC 7519).
 * @param key - The key, which decides whose tokens these are.
 * @param options - See {@link SignOptions}.
 * @returns The token, `header.claims.signature`.
 * @throws TypeError - `ERR_INVALID_ARG_TYPE` or `ERR_INVALID_ARG_VALUE` for an argument, an option
 *   or a claim that cannot be used; the message names it and never shows its value.
 *
 * @example
 * ```js
 * const exp = new Date(Date.now() + 60 * 60 * 1000)
 * const token = sign({ exp, aud: 'Custom', uid: 'Custom:42' }, process.env.ZUMO_MASTER_KEY)
 * ```
 */
export declare function sign(
  claims: MobileServicesClaims | AppServiceClaims,
  key: KeyLike,
  options?: SignOptions,
): string

/** What {@link verify} asks of a token beyond its form. */
export interface VerifyOptions {
  /**
   * The audience, or audiences of which the token must name one. Compared exactly. Required with
   * an App Service key.
   */
  audience?: string | string[]
  /**
   * The issuer, or issuers of which the token must name one. Compared exactly. Required with an
   * App Service key.
   * @defaultValue `'urn:microsoft:windows-azure:zumo'`
   */
  issuer?: string | string[]
  /**
   * How long after `exp` a token is still accepted, in seconds.
   * @defaultValue 0
   */
  clockTolerance?: number
  /**
   * The time to verify at: a Date, or milliseconds since 1970.
   * @defaultValue `Date.now()`
   */
  now?: Date | number
}

/** The header of a token. */
export interface Header {
  alg: string
  typ?: string
  kid?: string | number
  [name: string]: unknown
}

/** The claims of a token; times in seconds since 1970. */
export interface Claims {
  exp?: number
  iss?: string
  ver?: number | string
  aud?: string | string[]
  uid?: string
  sub?: string
  nbf?: number
  iat?: number
  [name: string]: unknown
}

/** A token that {@link verify} accepted. */
export interface Verified {
  /** Whom the token names: its `uid`, or `sub` with an App Service key. Never empty. */
  userId: string
  /** The claims. */
  claims: Claims & { exp: number; iss: string }
  /** The header. */
  header: Header
}

/**
 * Verifies a token: its form, its signature, and then every rule for its header and claims. A
 * master key accepts Mobile Services tokens of version 1 and 2, an App Service key App Service
 * tokens.
 *
 * @param token - The value of the `X-ZUMO-AUTH` header.
 * @param key - The key, or several while keys are rotated: each is tried.
 * @param options - See {@link VerifyOptions}.
 * @returns The user, the claims and the header of the token.
 * @throws {@link ZumoJwtError} - For a token that must not be trusted.
 * @throws TypeError - `ERR_INVALID_ARG_TYPE` or `ERR_INVALID_ARG_VALUE` for an argument or an
 *   option that cannot be used.
 * @throws RangeError - `ERR_OUT_OF_RANGE` for `clockTolerance` or `now`.
 *
 * @example
 * ```js
 * const { userId } = verify(req.headers['x-zumo-auth'], masterKey, { audience: 'Custom' })
 * ```
 */
export declare function verify(
  token: string,
  key: KeyLike | readonly KeyLike[],
  options?: VerifyOptions,
): Verified

/** The contents of a token that nobody vouches for. */
export interface Decoded {
  /** The header. */
  header: Record<string, unknown>
  /** The claims. */
  claims: Record<string, unknown>
  /** The signature as it stands in the token, in base64url. */
  signature: string
}

/**
 * Reads a token **without verifying anything** but its form: anyone can have written what it
 * returns. For logs and tools; to trust a token, {@link verify} it.
 *
 * @param token - The token.
 * @returns Header, claims and signature.
 * @throws {@link ZumoJwtError} - `ERR_ZUMO_JWT_MALFORMED`
 * @throws TypeError - `ERR_INVALID_ARG_TYPE`
 *
 * @example
 * ```js
 * const { claims } = decode(token)
 * console.log(new Date(claims.exp * 1000))
 * ```
 */
export declare function decode(token: string): Decoded

/**
 * A signing key, derived once and kept ready: the fastest way to sign and verify often. Its bytes
 * are wiped from memory when it is garbage-collected; nothing shows them but {@link ZumoKey.export}.
 *
 * @example
 * ```js
 * const key = ZumoKey.fromMasterKey(process.env.ZUMO_MASTER_KEY)
 * const { userId } = key.verify(token)
 * ```
 */
export declare class ZumoKey {
  private constructor()

  /**
   * The key of a Mobile Service: SHA-256 over the master key and the text `JWTSig`.
   *
   * @param masterKey - ASCII text, or bytes taken as they are. Not empty.
   * @throws TypeError - `ERR_INVALID_ARG_TYPE` or `ERR_INVALID_ARG_VALUE`
   *
   * @example
   * ```js
   * const key = ZumoKey.fromMasterKey(process.env.ZUMO_MASTER_KEY)
   * ```
   */
  static fromMasterKey(masterKey: string | Uint8Array): ZumoKey

  /**
   * The key of an App Service site.
   *
   * @param signingKey - The 64 hexadecimal digits of `WEBSITE_AUTH_SIGNING_KEY`, or 32 bytes.
   * @throws TypeError - `ERR_INVALID_ARG_TYPE` or `ERR_INVALID_ARG_VALUE`
   *
   * @example
   * ```js
   * const key = ZumoKey.fromSigningKey(process.env.WEBSITE_AUTH_SIGNING_KEY)
   * ```
   */
  static fromSigningKey(signingKey: string | Uint8Array): ZumoKey

  /**
   * {@link zumoJwt} with this key, which must be that of a Mobile Service.
   *
   * @example
   * ```js
   * const token = key.zumoJwt(Date.now() + 3_600_000, 'Custom', 'Custom:42')
   * ```
   */
  zumoJwt(expiry: Date | number | { valueOf(): number }, aud: string, userId: string): string

  /**
   * {@link sign} with this key.
   *
   * @example
   * ```js
   * const token = key.sign({ exp: 1798761600, aud: 'Custom', uid: 'Custom:42' })
   * ```
   */
  sign(claims: MobileServicesClaims | AppServiceClaims, options?: SignOptions): string

  /**
   * {@link verify} with this key.
   *
   * @example
   * ```js
   * const { userId } = key.verify(token, { audience: 'Custom' })
   * ```
   */
  verify(token: string, options?: VerifyOptions): Verified

  /**
   * The 32 bytes that sign: the HS256 secret for jose or jsonwebtoken, the `azureSigningKey` of
   * azure-mobile-apps as hex, the key of API Management's `validate-jwt` as base64. Whoever has
   * them can mint tokens for any user.
   *
   * @returns A copy.
   *
   * @example
   * ```js
   * jsonwebtoken.verify(token, key.export(), { algorithms: ['HS256'] })
   * ```
   */
  export(): Buffer
}

/** Why a token was refused. */
export type ZumoJwtErrorCode =
  | 'ERR_ZUMO_JWT_MALFORMED'
  | 'ERR_ZUMO_JWT_SIGNATURE'
  | 'ERR_ZUMO_JWT_HEADER'
  | 'ERR_ZUMO_JWT_EXPIRED'
  | 'ERR_ZUMO_JWT_NOT_ACTIVE'
  | 'ERR_ZUMO_JWT_AUDIENCE'
  | 'ERR_ZUMO_JWT_ISSUER'
  | 'ERR_ZUMO_JWT_CLAIM'

/**
 * A token that must not be trusted. Its message is that of Microsoft's server where there was one,
 * and holds no key, no token and no claim's value.
 *
 * @example
 * ```js
 * try {
 *   verify(token, masterKey)
 * } catch (error) {
 *   if (error.code === 'ERR_ZUMO_JWT_EXPIRED') askToSignInAgain()
 *   else throw error
 * }
 * ```
 */
export declare class ZumoJwtError extends Error {
  private constructor()
  readonly name: 'ZumoJwtError'
  /** The cause. */
  readonly code: ZumoJwtErrorCode
  /** The HTTP status that fits, as Express reads it. */
  readonly status: 401
  /** The claim that the token was refused for, where it was one. */
  readonly claim?: string
}
