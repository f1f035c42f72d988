// Compiled, never run: what the published types accept and refuse.
import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import {
  type AppServiceClaims,
  type Claims,
  decode,
  type Header,
  type KeyLike,
  type MobileServicesClaims,
  sign,
  verify,
  ZumoJwtError,
  type ZumoJwtErrorCode,
  ZumoKey,
  zumoJwt,
} from 'zumo-jwt'

const key: ZumoKey = ZumoKey.fromMasterKey('key')
const site: ZumoKey = ZumoKey.fromSigningKey(new Uint8Array(32))
const like: KeyLike[] = ['key', new Uint8Array(1), Buffer.from('key'), key]

const minted: string = zumoJwt(new Date(), 'aud', 'user', 'key')
zumoJwt(0, 'aud', 'user', Buffer.from('key'))
zumoJwt({ valueOf: () => 0 }, 'aud', 'user', new Uint8Array(1))
key.zumoJwt(new Date(), 'aud', 'user')

const signed: string = sign({ exp: 0, aud: 'aud', uid: 'user' }, like[0] as KeyLike)
sign({ exp: new Date(), aud: ['a', 'b'], uid: 'user', nbf: new Date(), more: { any: [1] } }, key, {
  version: 1,
})
sign({ exp: { valueOf: () => 0 }, aud: ['a', 'b'] as const, uid: 'user' }, key)
site.sign({ exp: 0, aud: 'aud', iss: 'iss', sub: 'user' })

interface ClaimsOfMine {
  exp: number
  aud: string
  uid: string
  role: string
}
class ClaimsOfAClass {
  exp = new Date()
  aud = 'aud'
  iss = 'iss'
  sub = 'user'
  #role = 'reader'
  toJSON() {
    return { ...this, role: this.#role }
  }
}
declare const mine: ClaimsOfMine
sign(mine, key)
const annotated: MobileServicesClaims = { exp: 0, aud: 'aud', uid: 'user', role: 'reader' }
annotated.id = 'a1b2'
sign(annotated, key)
sign<AppServiceClaims>({ exp: 0, aud: 'aud', iss: 'iss', sub: 'user', role: 'reader' }, site)
key.sign(mine)
site.sign(new ClaimsOfAClass())

const { userId, claims, header } = verify(minted, like, {
  audience: ['a'] as const,
  issuer: ['i'] as const,
  clockTolerance: 5,
  now: new Date(),
})
userId satisfies string
claims.exp satisfies number
claims satisfies Claims
header satisfies Header
claims['urn:microsoft:credentials'] satisfies unknown
verify(new IncomingMessage(new Socket()).headers['x-zumo-auth'], key).userId satisfies string
verify(new Headers().get('x-zumo-auth'), key).userId satisfies string
key.verify(new Headers().get('x-zumo-auth'))

interface Profile {
  id: string
  roles: string[]
}
const { claims: custom } = verify<Profile>(minted, key)
custom.roles[0] satisfies string | undefined
key.verify<{ id: string }>(minted).claims.id satisfies string
custom.exp satisfies number
// @ts-expect-error: without a type parameter, a custom claim is of no known type
claims.id.toUpperCase()
// @ts-expect-error: the types of claims are those of an object
verify<string>(minted, key)

decode(signed).signature satisfies string
decode(new IncomingMessage(new Socket()).headers['x-zumo-auth'])
decode(new Headers().get('x-zumo-auth'))
key.export() satisfies Buffer

declare const error: unknown
if (error instanceof ZumoJwtError) {
  error.name = 'OwnName'
  error.code satisfies ZumoJwtErrorCode
  error.claim satisfies string | undefined
  error.status satisfies number
}
'ERR_ZUMO_JWT_EXPIRED' satisfies ZumoJwtErrorCode

// @ts-expect-error: an expiry is a Date or milliseconds
zumoJwt('2030-01-01', 'aud', 'user', 'key')
// @ts-expect-error: so is not an object whose valueOf gives text
zumoJwt({ valueOf: () => '0' }, 'aud', 'user', 'key')
interface Instant {
  valueOf(): never
  readonly [Symbol.toStringTag]: 'Temporal.Instant'
}
declare const instant: Instant
// @ts-expect-error: the classes of Temporal have a valueOf that throws
zumoJwt(instant, 'aud', 'user', 'key')
// @ts-expect-error: also in claims
sign({ exp: instant, aud: 'aud', uid: 'user' }, key)
// @ts-expect-error: a user is text
zumoJwt(0, 'aud', 42, 'key')
// @ts-expect-error: a key is needed
zumoJwt(0, 'aud', 'user')
// @ts-expect-error: a ZumoKey has a method of its own
zumoJwt(0, 'aud', 'user', key)
// @ts-expect-error: claims need an expiry
sign({ aud: 'aud', uid: 'user' }, key)
// @ts-expect-error: claims need a user
sign({ exp: 0, aud: 'aud' }, key)
// @ts-expect-error: there is no version 3
sign({ exp: 0, aud: 'aud', uid: 'user' }, key, { version: 3 })
// @ts-expect-error: an audience is no RegExp
verify(minted, key, { audience: /aud/ })
// @ts-expect-error: a misspelt option
verify(minted, key, { audiance: 'aud' })
// @ts-expect-error: an option of another library
verify(minted, key, { algorithms: ['HS256'] })
// @ts-expect-error: a number of milliseconds is no Date
verify(minted, key, { now: Date.now() })
// @ts-expect-error: a key that may be undefined
verify(minted, process.env.KEY)
// @ts-expect-error: the same among several keys
verify(minted, ['key', process.env.KEY])
// @ts-expect-error: the same in sign
sign({ exp: 0, aud: 'aud', uid: 'user' }, process.env.KEY)
// @ts-expect-error: the same in zumoJwt
zumoJwt(0, 'aud', 'user', process.env.KEY)
// @ts-expect-error: the same in a static method
ZumoKey.fromMasterKey(process.env.KEY)
// @ts-expect-error: a time is not text
sign({ exp: '2030-01-01', aud: 'aud', uid: 'user' }, key)
// @ts-expect-error: a token is text
decode(Buffer.from(minted))
// @ts-expect-error: keys are made by the two static methods
new ZumoKey()
// @ts-expect-error: the claims of a token that is only decoded are of no known type
decode(minted).claims.exp.toFixed()
