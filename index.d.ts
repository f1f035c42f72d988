/// <reference types="node" />

/**
 * Signs and verifies the tokens of the `X-ZUMO-AUTH` header: those of Azure Mobile Services, and those
 * of its successor App Service.
 *
 * @module zumo-jwt
 */

/**
 * A key: the master key of a Mobile Service as an ASCII string or as bytes, or a {@link ZumoKey}.
 */
export type KeyLike = string | Uint8Array | ZumoKey

/**
 * Signs a version 1 token of Mobile Services. The token equals, byte for byte, the one that the function
 * of the blog post "Generating your own ZUMO auth token" made on the Node.js of its time.
 *
 * @param expiry - When the token expires: a Date, a number of milliseconds since 1970, or any object
 *   whose `valueOf()` returns such a number (moment, dayjs, Luxon). Milliseconds are kept.
 * @param aud - The audience, usually the name of the login provider.
 * @param userId - The user, usually `Provider:id`. Not empty.
 * @param masterKey - The master key of the Mobile Service: a non-empty ASCII string, or non-empty bytes,
 *   which are used unchanged.
 * @returns The token, `header.claims.signature`, of at most 64 KiB.
 * @throws TypeError - `ERR_INVALID_ARG_TYPE` for an argument of the wrong type, `ERR_INVALID_ARG_VALUE`
 *   for an empty `userId`, an empty or non-ASCII `masterKey`, a string with lone surrogates, or a token
 *   that would be longer than 64 KiB. The message names the argument and never contains its value.
 * @throws RangeError - `ERR_OUT_OF_RANGE` for an `expiry` that is NaN or outside the range of Date.
 *
 * @example
 * ```js
 * const expiry = new Date(Date.now() + 24 * 60 * 60 * 1000)
 * const token = zumoJwt(expiry, 'Custom', 'Custom:42', masterKey)
 * ```
 */
export declare function zumoJwt(
  expiry: number | TimeObject,
  aud: string,
  userId: string,
  masterKey: string | Uint8Array,
): string

/** A time in the claims to {@link sign}: a number of **seconds** since 1970, or an object with a time. */
export type Time = number | TimeObject

/** A Date, or another object with a time (moment, dayjs, Luxon). */
export interface TimeObject {
  /** @returns Milliseconds since 1970. */
  valueOf(): number
  /** Excludes the objects of Temporal, whose `valueOf()` throws. Pass their `epochMilliseconds` instead. */
  readonly [Symbol.toStringTag]?: never
}

/** The claims of a Mobile Services token to {@link sign}. */
export interface MobileServicesClaims {
  /** When the token expires. */
  exp: Time
  /** The audience, usually the name of the login provider. */
  aud: string | readonly string[]
  /** The user, usually `Provider:id`. Not empty. */
  uid: string
  /** The token is not valid before this time. */
  nbf?: Time
  /** When the token was issued. */
  iat?: Time
  /** Any custom claim that JSON.stringify can write. */
  [name: string]: unknown
}

/** The claims of an App Service token to {@link sign}. */
export interface AppServiceClaims {
  /** When the token expires. */
  exp: Time
  /** The URL of the site, `https://SITE.azurewebsites.net/`. */
  aud: string | readonly string[]
  /** The URL of the site, `https://SITE.azurewebsites.net/`. */
  iss: string
  /** The user. Not empty. */
  sub: string
  /** The token is not valid before this time. */
  nbf?: Time
  /** When the token was issued. */
  iat?: Time
  /** Any custom claim that JSON.stringify can write. */
  [name: string]: unknown
}

/**
 * Claims without their index signature, which the type of an interface or a class does not have.
 *
 * @typeParam Claims - The claims.
 */
export type Named<Claims> = { [Name in keyof Claims as string extends Name ? never : Name]: Claims[Name] }

/** The options of {@link sign}. */
export interface SignOptions {
  /**
   * The version of a Mobile Services token. Must be absent with an App Service key.
   * @defaultValue 2
   */
  version?: 1 | 2
}

/**
 * Signs claims. A master key makes a Mobile Services token, in which `iss` and `ver` are filled in; an App
 * Service key makes an App Service token, in which `ver` is filled in.
 *
 * Values are written as JSON.stringify writes them. First come `exp`, `iss`, `ver`, `aud` and `uid`, or in an App
 * Service token `sub`, `ver`, `iss`, `aud` and `exp`. All other claims follow in the order given. A Date becomes whole seconds, rounded down; in version 1 it keeps its milliseconds
 * as a fraction. An `exp` may be in the past, an `nbf` or `iat` in the future.
 *
 * @typeParam ClaimsToSign - The type of the claims, which TypeScript infers.
 * @param claims - The claims: those that are required, and custom ones, whatever JSON.stringify can write.
 * @param key - The key.
 * @param options - See {@link SignOptions}.
 * @returns The token, `header.claims.signature`, of at most 64 KiB.
 * @throws TypeError - `ERR_INVALID_ARG_TYPE` for an argument or option of the wrong type.
 *   `ERR_INVALID_ARG_VALUE` for
 *   - a required claim that is missing or of the wrong type: `exp`, `aud` and `uid`, or with an App
 *     Service key `exp`, `aud`, `iss` and `sub`; an `nbf` or `iat` of the wrong type;
 *   - an `iss` or `ver` other than the one that is filled in;
 *   - a claim named `__proto__`, a lone surrogate, more than 128 levels, claims that JSON.stringify does
 *     not write as an object;
 *   - a token that would be longer than 64 KiB;
 *   - an empty or non-ASCII master key, an option that does not exist;
 *   - a `version` other than 1 and 2, and any `version` with an App Service key.
 *
 *   The message names the argument and never contains its value. What JSON.stringify or a `toJSON()` of the
 *   claims throws (for a BigInt, or a circular reference) is thrown unchanged.
 * @throws RangeError - `ERR_OUT_OF_RANGE` for an `exp`, `nbf` or `iat` of 1e11 seconds or more, which are
 *   milliseconds by mistake.
 *
 * @example
 * ```js
 * const exp = new Date(Date.now() + 60 * 60 * 1000)
 * const token = sign({ exp, aud: 'Custom', uid: 'Custom:42', id: 'a1b2' }, masterKey)
 * ```
 */
export declare function sign<ClaimsToSign extends Named<MobileServicesClaims> | Named<AppServiceClaims>>(
  claims: ClaimsToSign,
  key: KeyLike,
  options?: SignOptions,
): string

/** The options of {@link verify}. An option is absent or has a value; undefined is a TypeError. */
export interface VerifyOptions {
  /**
   * The audiences to accept: `aud` must be, or contain, one of them. Compared exactly. Required with an
   * App Service key.
   * @defaultValue any audience
   */
  audience?: string | readonly string[]
  /**
   * The issuers to accept: `iss` must be one of them. Compared exactly. Required with an App Service key.
   * @defaultValue `'urn:microsoft:windows-azure:zumo'`
   */
  issuer?: string | readonly string[]
  /**
   * How many seconds after `exp` a token is still accepted. Does not apply to `nbf` and `iat`, which may
   * always be up to 300 seconds in the future.
   * @defaultValue 0
   */
  clockTolerance?: number
  /**
   * The time to verify at.
   * @defaultValue the current time
   */
  now?: Date
}

/** The header of a token. */
export interface Header {
  /** The algorithm, always `HS256` in a verified token. */
  alg: string
  /** The media type, usually `JWT`. */
  typ?: string
  /** The number 0 in version 1, the string `'0'` in version 2, absent with App Service. */
  kid?: string | number
  /** Any other header parameter. */
  [name: string]: unknown
}

/**
 * The registered claims of a token. Times are in seconds since 1970, and can have a fraction. {@link verify} checks the
 * types of `exp`, `nbf`, `iat` and `iss` in every token. With a master key it checks those of `uid` and `ver`, with an
 * App Service key that of `sub`. It checks that of `aud` only if an `audience` is given, as with an App Service key
 * always. A claim that is not checked can have any type.
 */
export interface Claims {
  /** When the token expires. */
  exp?: number
  /** The issuer. */
  iss?: string
  /** The version: 1 or 2, or `'3'` with App Service. */
  ver?: number | string
  /** The audience. */
  aud?: string | string[]
  /** The user of a Mobile Services token. */
  uid?: string
  /** The user of an App Service token. */
  sub?: string
  /** The token is not valid before this time. */
  nbf?: number
  /** When the token was issued. */
  iat?: number
  /** Any custom claim. */
  [name: string]: unknown
}

/**
 * A token that {@link verify} accepted.
 *
 * @typeParam CustomClaims - The types of the custom claims.
 */
export interface Verified<CustomClaims extends object = object> {
  /** The user: `uid`, or `sub` with an App Service key. Not empty. */
  userId: string
  /** The claims. */
  claims: Claims & { exp: number; iss: string } & CustomClaims
  /** The header. */
  header: Header
}

/**
 * Verifies a token: first its length and form, then its signature, then its header and claims. With a
 * master key it accepts Mobile Services tokens of version 1, 2 or none, with an App Service key App Service
 * tokens.
 *
 * @typeParam CustomClaims - The types of the custom claims, for TypeScript. `verify` does not check them.
 * @param token - The value of the `X-ZUMO-AUTH` header, as Node.js has it. Anything but one string is a
 *   malformed token.
 * @param key - The key, or during a rotation several keys of one service. Each is tried.
 * @param options - See {@link VerifyOptions}.
 * @returns The user, the claims and the header of the token.
 * @throws {@link ZumoJwtError} - For a token that must not be trusted.
 * @throws TypeError - `ERR_INVALID_ARG_TYPE` or `ERR_INVALID_ARG_VALUE` for a key or an option that cannot
 *   be used, and for an option that does not exist. The message names it and never contains its value.
 * @throws RangeError - `ERR_OUT_OF_RANGE` for a `clockTolerance` that is negative or not finite, and for a
 *   `now` that is an invalid Date.
 *
 * @example
 * ```js
 * const { userId } = verify(req.headers['x-zumo-auth'], masterKey, { audience: 'Custom' })
 * ```
 *
 * @example Custom claims in TypeScript
 * ```ts
 * const { claims } = verify<{ id: string }>(token, masterKey)
 * const id: string = claims.id
 * ```
 */
export declare function verify<CustomClaims extends object = object>(
  token: string | string[] | null | undefined,
  key: KeyLike | readonly KeyLike[],
  options?: VerifyOptions,
): Verified<CustomClaims>

/** The contents of a token whose signature was not verified. */
export interface Decoded {
  /** The header. */
  header: Record<string, unknown>
  /** The claims. */
  claims: Record<string, unknown>
  /** The signature, in base64url as in the token. */
  signature: string
}

/**
 * Reads a token **without verifying it**: anyone can have written what it returns. For logs and tools; to
 * trust a token, {@link verify} it.
 *
 * @param token - The token, or the value of a header as {@link verify} takes it.
 * @returns Header, claims and signature.
 * @throws {@link ZumoJwtError} - `ERR_ZUMO_JWT_MALFORMED` for anything that is not a token.
 *
 * @example
 * ```js
 * console.log(decode(token).claims)
 * ```
 */
export declare function decode(token: string | string[] | null | undefined): Decoded

/** The options of {@link ZumoKey.fromMasterKey}. */
export interface MasterKeyOptions {
  /**
   * The key that the function of the blog post uses by mistake on Node.js 6 and newer: the bytes of the
   * SHA-256, read as Latin-1 and written as UTF-8. No server of Microsoft accepts its tokens.
   * @defaultValue false
   */
  node6?: boolean
}

/**
 * A signing key. It is derived once, so signing and verifying with it is faster than with a master key.
 * `console.log` and JSON do not show its bytes; only {@link ZumoKey.export} returns them. They are wiped
 * from memory when the object is garbage-collected.
 *
 * @example
 * ```js
 * const key = ZumoKey.fromMasterKey(masterKey)
 * const { userId } = key.verify(token)
 * ```
 */
export declare class ZumoKey {
  private constructor()

  /**
   * The key of a Mobile Service: the SHA-256 of its master key followed by the text `JWTSig`.
   *
   * @param masterKey - A non-empty ASCII string, or non-empty bytes, which are used unchanged.
   * @param options - See {@link MasterKeyOptions}.
   * @throws TypeError - `ERR_INVALID_ARG_TYPE` for another type, `ERR_INVALID_ARG_VALUE` for a string that
   *   is empty or not ASCII, for no bytes, and for an option that does not exist.
   *
   * @example
   * ```js
   * const key = ZumoKey.fromMasterKey(masterKey)
   * ```
   *
   * @example Until the tokens that the blog's function made on Node.js 6 and newer have expired
   * ```js
   * const { userId } = verify(token, [masterKey, ZumoKey.fromMasterKey(masterKey, { node6: true })])
   * ```
   */
  static fromMasterKey(masterKey: string | Uint8Array, options?: MasterKeyOptions): ZumoKey

  /**
   * The key of an App Service site, or of a server with azure-mobile-apps.
   *
   * A key that is not written as 64 hexadecimal digits is given as bytes: `Buffer.from(text, 'hex')` or
   * `Buffer.from(text, 'base64')` of a text in that encoding, `Buffer.from(secret)` of an `auth.secret` of
   * azure-mobile-apps, which may be any text. `Buffer.from` reports no mistakes:
   * - With `'hex'` it stops at the first character that is not a hexadecimal digit, with `'base64'` it skips
   *   what is not base64: `Buffer.from('69-DF-D8', 'hex')` is one byte. The second example detects this.
   * - `Buffer.from(secret)` also takes 64 hexadecimal digits as a text of 64 bytes, which is another key.
   *
   * A short key can be guessed by anyone who has one token: RFC 7518 requires 32 bytes for HS256.
   *
   * @param signingKey - The 64 hexadecimal digits of `WEBSITE_AUTH_SIGNING_KEY`, or at least one byte.
   * @throws TypeError - `ERR_INVALID_ARG_TYPE` for another type, `ERR_INVALID_ARG_VALUE` for another
   *   string and for no bytes.
   *
   * @example
   * ```js
   * const key = ZumoKey.fromSigningKey(signingKey)
   * ```
   *
   * @example A key in base64
   * ```js
   * const bytes = Buffer.from(text, 'base64')
   * if (bytes.toString('base64') !== text) throw new Error('The key is not base64.')
   * const key = ZumoKey.fromSigningKey(bytes)
   * ```
   */
  static fromSigningKey(signingKey: string | Uint8Array): ZumoKey

  /**
   * {@link zumoJwt} with this key.
   *
   * @throws TypeError - As {@link zumoJwt}, and `ERR_INVALID_ARG_VALUE` for an App Service key.
   * @throws RangeError - As {@link zumoJwt}.
   *
   * @example
   * ```js
   * const token = key.zumoJwt(Date.now() + 3_600_000, 'Custom', 'Custom:42')
   * ```
   */
  zumoJwt(expiry: number | TimeObject, aud: string, userId: string): string

  /**
   * {@link sign} with this key.
   *
   * @throws TypeError - As {@link sign}.
   * @throws RangeError - As {@link sign}.
   *
   * @example
   * ```js
   * const token = key.sign({ exp: 1798761600, aud: 'Custom', uid: 'Custom:42' })
   * ```
   */
  sign<ClaimsToSign extends Named<MobileServicesClaims> | Named<AppServiceClaims>>(
    claims: ClaimsToSign,
    options?: SignOptions,
  ): string

  /**
   * {@link verify} with this key.
   *
   * @typeParam CustomClaims - The types of the custom claims, for TypeScript. `verify` does not check them.
   * @throws {@link ZumoJwtError} - For a token that must not be trusted.
   * @throws TypeError - As {@link verify}.
   * @throws RangeError - As {@link verify}.
   *
   * @example
   * ```js
   * const { userId } = key.verify(token, { audience: 'Custom' })
   * ```
   */
  verify<CustomClaims extends object = object>(
    token: string | string[] | null | undefined,
    options?: VerifyOptions,
  ): Verified<CustomClaims>

  /**
   * The bytes of the key, as many as it has: the HS256 secret for jose or jsonwebtoken; as hex the `azureSigningKey` of
   * azure-mobile-apps; as base64 the key of API Management's `validate-jwt`. Whoever has them can sign
   * tokens for any user.
   *
   * @returns A copy of the bytes.
   *
   * @example
   * ```js
   * jsonwebtoken.verify(token, key.export(), { algorithms: ['HS256'] })
   * ```
   */
  export(): Buffer
}

/** Why a token was refused. The README says what each code means. */
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
 * The error for a token that must not be trusted. The messages for an expired token, one that is not active yet
 * and a missing `exp` are those of Microsoft's server; that for a bad form or signature is the one that the blog post
 * shows. No message contains a key, a token or the value of a claim.
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
  /** The cause. */
  readonly code: ZumoJwtErrorCode
  /** The HTTP status of the response, which Express and others read from errors. */
  readonly status: 401
  /** The name of the claim that is the cause, if a claim is. */
  readonly claim?: string
}
