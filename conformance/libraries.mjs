import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import fastJwt from 'fast-jwt'
import * as hono from 'hono/jwt'
import * as jose from 'jose'
import jsonwebtoken from 'jsonwebtoken'
import { sign, verify, ZumoKey, zumoJwt } from 'zumo-jwt'
import { pythonPath } from '../scripts/toolchains.mjs'
import { expiries, INVALID, ISSUER, Rejection, seconds, tampered, text } from './tokens.mjs'

const PYTHON = ['PyJWT==2.15.1', 'python-jose==3.5.0', 'Authlib==1.9.10', 'joserfc==1.8.0']
const SITE = 'https://zumo.example/'
const algorithms = ['HS256']

/** Libraries that refuse the number in `kid` of version 1 (RFC 7515, 4.1.4). */
const REFUSE_VERSION_1 = ['PyJWT', 'joserfc']
/** Libraries that sign no fraction of a second. */
const WHOLE_SECONDS = ['fast-jwt']

const raw = (key, use) => crypto.subtle.importKey('raw', key, { name: 'HMAC', hash: 'SHA-256' }, false, [use])
const npm = {
  jose: {
    verify: async (token, key) => (await jose.jwtVerify(token, key, { algorithms })).payload,
    sign: (claims, key) => new jose.SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).sign(key),
  },
  jsonwebtoken: {
    verify: (token, key) => jsonwebtoken.verify(token, key, { algorithms }),
    sign: (claims, key) => jsonwebtoken.sign(claims, key, { noTimestamp: true }),
  },
  'fast-jwt': {
    verify: (token, key) => fastJwt.createVerifier({ key, algorithms })(token),
    sign: (claims, key) => fastJwt.createSigner({ key, algorithm: 'HS256', noTimestamp: true })(claims),
  },
  'hono/jwt': {
    verify: async (token, key) => hono.verify(token, await raw(key, 'verify'), 'HS256'),
    sign: async (claims, key) => hono.sign(claims, await raw(key, 'sign'), 'HS256'),
  },
}

/** Each library verifies tokens of this package, and this package theirs. */
export async function compareWithLibraries(compare) {
  const python = startPython()
  const libraries = { ...python.libraries, ...npm }
  const [masterKey] = fc.sample(fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 80 }), 1)
  const key = ZumoKey.fromMasterKey(masterKey)
  const otherKey = ZumoKey.fromMasterKey(`${masterKey}x`)
  const plain = { noNullPrototype: true }
  const claimsOf = fc.record(
    { exp: expiries, aud: fc.constant('Custom'), uid: text(1, 80), id: text(0, 20) },
    plain,
  )
  const [constantSite, sub] = [fc.constant(SITE), text(1, 80)]
  const siteClaims = fc.record({ exp: expiries, aud: constantSite, iss: constantSite, sub }, plain)
  const site = { audience: SITE, issuer: SITE }
  const siteKeys = Array.from({ length: 100 }, (_, at) => {
    const [bytes] = fc.sample(fc.uint8Array({ minLength: at + 1, maxLength: at + 1 }), 1)
    return ZumoKey.fromSigningKey(bytes)
  })

  for (const [name, library] of Object.entries(libraries)) {
    const accepts = async (token, { claims }, by = key) => {
      assert.deepEqual({ ...(await library.verify(token, by.export())) }, claims)
    }
    const refuses = (token, by = key) => assert.rejects(async () => library.verify(token, by.export()))
    const ofVersion1 = REFUSE_VERSION_1.includes(name) ? refuses : accepts
    const is = REFUSE_VERSION_1.includes(name) ? 'refused' : 'verified'

    await compare(name, `tokens of zumoJwt ${is}`, fc.sample(claimsOf, 25), ({ exp, aud, uid }, index) => {
      const token = zumoJwt(exp * 1000 + index, aud, uid, masterKey)
      return ofVersion1(token, verify(token, key))
    })
    for (const version of [1, 2]) {
      const check = version === 1 ? ofVersion1 : accepts
      const what = `tokens of sign, version ${version}, ${version === 1 ? is : 'verified'}`
      await compare(name, what, fc.sample(claimsOf, 25), (claims) => {
        const token = sign(claims, key, { version })
        return check(token, verify(token, key))
      })
    }
    await compare(name, 'tokens for App Service verified, keys of 1 to 100 bytes', siteKeys, (siteKey) => {
      const token = siteKey.sign(fc.sample(siteClaims, 1)[0])
      return accepts(token, siteKey.verify(token, site), siteKey)
    })
    await compare(name, 'its tokens verified here', fc.sample(claimsOf, 25), async (claims, index) => {
      const exp = claims.exp + index / 8
      const signed = { ...claims, exp, iss: ISSUER }
      const signing = async () => library.sign(signed, key.export())
      if (WHOLE_SECONDS.includes(name) && !Number.isInteger(exp)) return assert.rejects(signing)
      assert.deepEqual(verify(await signing(), key, { audience: 'Custom' }).claims, signed)
    })
    await compare(name, 'its App Service tokens verified here', siteKeys, async (siteKey) => {
      const [claims] = fc.sample(siteClaims, 1)
      const token = await library.sign(claims, siteKey.export())
      assert.deepEqual(siteKey.verify(token, site).claims, claims)
    })

    const [claims] = fc.sample(claimsOf, 1)
    const invalid = INVALID.map(([, , make]) => make({ claims, key, otherKey }, 1))
    const expired = await library.sign({ ...claims, exp: seconds() - 10, iss: ISSUER }, key.export())
    const foreign = await library.sign({ ...claims, iss: ISSUER }, otherKey.export())
    // Trailing bits of base64url, which some libraries ignore, are in the last character of each part.
    const changed = tampered(key.sign(claims)).filter((_, at) => at % 7 === 0)
    await compare(
      name,
      'refused on both sides',
      [...invalid, expired, foreign, ...changed],
      async (token) => {
        await refuses(token)
        assert.throws(() => verify(token, key), { name: 'ZumoJwtError' })
      },
    )
  }
  python.stop()
}

/** The libraries for Python, in one process. */
function startPython() {
  const script = fileURLToPath(new URL('libraries.py', import.meta.url))
  const env = { ...process.env, PYTHONWARNINGS: 'ignore', PYTHONPATH: pythonPath('python-jwt', ...PYTHON) }
  const child = spawn('python3', [script], { env, stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface(child.stdout)
  const ask = (library, what) => async (value, key) => {
    child.stdin.write(`${JSON.stringify([library, what, value, Buffer.from(key).toString('hex')])}\n`)
    const [line] = await once(lines, 'line')
    const answer = JSON.parse(line)
    if ('refusal' in answer) throw new Rejection(answer.refusal)
    return answer.value
  }
  const names = PYTHON.map((requirement) => requirement.split('==')[0])
  const libraries = Object.fromEntries(
    names.map((name) => [name, { verify: ask(name, 'verify'), sign: ask(name, 'sign') }]),
  )
  return { libraries, stop: () => child.stdin.end() }
}
