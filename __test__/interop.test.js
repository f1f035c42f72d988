'use strict'

const assert = require('node:assert/strict')
const { createHmac, createSecretKey } = require('node:crypto')
const { describe, test } = require('node:test')
const fastJwt = require('fast-jwt')
const jose = require('jose')
const jsonwebtoken = require('jsonwebtoken')
const { sign, verify, zumoJwt, ZumoKey } = require('zumo-jwt')
const { HEADER, ISSUER, MASTER_KEY, SIGNING_KEY, SITE } = require('./helpers.js')

const exp = Math.floor(Date.now() / 1000) + 3600
const site = {
  claims: { exp, iss: SITE, ver: '3', aud: SITE, sub: 'sid:ünï😀' },
  options: { audience: SITE, issuer: SITE },
}
const ofLength = (length) => ZumoKey.fromSigningKey(Buffer.alloc(length, 'a key of any length'))
const services = {
  'Mobile Services': {
    key: ZumoKey.fromMasterKey(MASTER_KEY),
    claims: { exp, iss: ISSUER, ver: 2, aud: 'your-aud', uid: 'Custom:ünï😀' },
    options: { audience: 'your-aud', issuer: ISSUER },
  },
  'the Mobile Services key of Node.js 6': {
    key: ZumoKey.fromMasterKey(MASTER_KEY, { node6: true }),
    claims: { exp, iss: ISSUER, ver: 2, aud: 'your-aud', uid: 'Custom:42' },
    options: { audience: 'your-aud', issuer: ISSUER },
  },
  'App Service': { ...site, key: ZumoKey.fromSigningKey(SIGNING_KEY) },
  ...Object.fromEntries(
    [1, 31, 33, 64, 65, 100].map((length) => [
      `App Service with a key of ${length} bytes`,
      { ...site, key: ofLength(length) },
    ]),
  ),
}

for (const [service, { key, claims, options }] of Object.entries(services)) {
  const secret = key.export()
  const { audience, issuer } = options

  describe(`tokens of ${service}`, () => {
    const token = sign(claims, key)

    test('are verified by jose, and those of jose by this package', async () => {
      const { payload, protectedHeader } = await jose.jwtVerify(token, secret, {
        ...options,
        algorithms: ['HS256'],
      })
      assert.deepEqual(payload, claims)
      assert.equal(protectedHeader.alg, 'HS256')
      const theirs = await new jose.SignJWT(claims).setProtectedHeader(HEADER).sign(secret)
      assert.deepEqual(verify(theirs, key, options).claims, claims)
    })

    test('are verified by jsonwebtoken, and those of jsonwebtoken by this package', () => {
      assert.deepEqual(jsonwebtoken.verify(token, secret, { ...options, algorithms: ['HS256'] }), claims)
      const theirs = jsonwebtoken.sign(claims, secret, { algorithm: 'HS256', noTimestamp: true })
      assert.deepEqual(verify(theirs, key, options).claims, claims)
      assert.deepEqual(verify(jsonwebtoken.sign(claims, secret), key, options).claims.exp, exp)
    })

    test('are verified by fast-jwt, and those of fast-jwt by this package', () => {
      const check = fastJwt.createVerifier({
        key: secret,
        algorithms: ['HS256'],
        allowedAud: audience,
        allowedIss: issuer,
      })
      assert.deepEqual({ ...check(token) }, claims)
      const theirs = fastJwt.createSigner({ key: secret, algorithm: 'HS256', noTimestamp: true })(claims)
      assert.deepEqual(verify(theirs, key, options).claims, claims)
    })

    test('have the signature that node:crypto makes with a KeyObject', () => {
      const keyObject = createSecretKey(secret)
      const [header, body, signature] = token.split('.')
      const digest = (input) => createHmac('sha256', keyObject).update(input).digest('base64url')
      assert.equal(digest(`${header}.${body}`), signature)
      const input = `${header}.${Buffer.from(JSON.stringify({ ...claims, more: 1 })).toString('base64url')}`
      assert.equal(verify(`${input}.${digest(input)}`, key, options).claims.more, 1)
    })
  })
}

test('tokens of zumoJwt are verified by jose and jsonwebtoken', async () => {
  const token = zumoJwt(exp * 1000, 'your-aud', 'Custom:42', MASTER_KEY)
  const secret = services['Mobile Services'].key.export()
  const claims = { exp, iss: ISSUER, ver: 1, aud: 'your-aud', uid: 'Custom:42' }
  assert.deepEqual((await jose.jwtVerify(token, secret)).payload, claims)
  assert.deepEqual(jsonwebtoken.verify(token, secret), claims)
})
