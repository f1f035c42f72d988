import { type KeyLike, type VerifyOptions, verify, ZumoJwtError, ZumoKey, zumoJwt } from 'zumo-jwt'

const key: KeyLike = ZumoKey.fromMasterKey('yourmasterkey')
const token: string = zumoJwt(new Date(), 'Custom', 'Custom:42', key.export())
const options: VerifyOptions = { audience: ['Custom'] }

try {
  const { userId, claims } = verify(token, [key], options)
  const expiry: [string, number] = [userId, claims.exp]
  console.log(expiry)
} catch (error) {
  if (error instanceof ZumoJwtError && error.code === 'ERR_ZUMO_JWT_EXPIRED') console.log(error.claim)
}

// @ts-expect-error -- an ISO date is no time in ms
zumoJwt('2026-12-31', 'Custom', 'Custom:42', 'yourmasterkey')
// @ts-expect-error -- there is no such option
verify(token, key, { algorithms: ['HS256'] })
