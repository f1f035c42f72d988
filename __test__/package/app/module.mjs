import { verify, ZumoJwtError, ZumoKey, zumoJwt } from 'zumo-jwt'

const key = ZumoKey.fromMasterKey('yourmasterkey')
const token = zumoJwt(1356825600000, 'your-aud', 'unique string for this user', 'yourmasterkey')
console.log(token, verify(token, key, { now: new Date(0) }).userId)

try {
  key.verify(token)
} catch (error) {
  if (!(error instanceof ZumoJwtError)) throw error
  console.log(error.code)
}
