// npm run demo: the walk-through of the blog post. Makes a token and shows its content, then calls a running service
// with it by curl. Exits 1 if an answer differs from the post.
import { execFile } from 'node:child_process'
import { createHash, createHmac, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { inspect, promisify } from 'node:util'
import { decode, zumoJwt } from 'zumo-jwt'
import { openDatabase } from '../examples/mobile-service/database.js'
import { createService } from '../examples/mobile-service/service.js'

const BLOG_KEY = 'yourmasterkey'
const ONE_DAY = 24 * 60 * 60 * 1000
const SIGNATURE = "The authentication token's signature was malformed or signed by a different key."

const [aud = 'your-aud', userId = 'unique string for this user'] = process.argv.slice(2)
const masterKey = process.env.ZUMO_MASTER_KEY || BLOG_KEY

function check(right) {
  if (!right) process.exitCode = 1
  return right
}

// The function of the post. It passes the derived key to createHmac() as a string, which Node.js reads as UTF-8 since
// version 6, instead of as bytes.
function blogJwt(expiry, aud, userId, masterKey) {
  const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const claims = {
    exp: expiry.valueOf() / 1000,
    iss: 'urn:microsoft:windows-azure:zumo',
    ver: 1,
    aud,
    uid: userId,
  }
  const input = `${encode({ alg: 'HS256', typ: 'JWT', kid: 0 })}.${encode(claims)}`
  const key = createHash('sha256').update(`${masterKey}JWTSig`).digest('binary')
  return `${input}.${createHmac('sha256', key).update(input).digest('base64url')}`
}

function showToken(token, expiry) {
  const key = masterKey === BLOG_KEY ? inspect(BLOG_KEY) : 'process.env.ZUMO_MASTER_KEY'
  const { header, claims, signature } = decode(token)
  console.log(`zumoJwt(new Date('${expiry.toISOString()}'), ${inspect(aud)}, ${inspect(userId)}, ${key})`)
  console.log(`
  header     ${JSON.stringify(header)}
  claims     ${JSON.stringify(claims)}
  signature  ${Buffer.from(signature, 'base64url').toString('hex')}

  ${token}
`)
}

function showTrap(token, expiry) {
  const path = new URL('../__test__/vectors/zumo-jwt-v1.json', import.meta.url)
  const { expiryMs, token: golden, ...example } = JSON.parse(readFileSync(path, 'utf8')).vectors[0]
  const signatureOf = (token) => decode(token).signature
  const blogs = [new Date(expiryMs), example.aud, example.userId, example.masterKey]
  const comparison = (token) => (token === golden ? 'right' : 'wrong')
  const ours = zumoJwt(...blogs)
  const theirs = blogJwt(...blogs)
  check(ours === golden && theirs !== golden && blogJwt(expiry, aud, userId, masterKey) !== token)
  console.log(`The same call, signed by
  zumo-jwt                           ${signatureOf(token)}
  the post's JavaScript, on ${process.version.padEnd(9)}${signatureOf(blogJwt(expiry, aud, userId, masterKey))}

Which is right? The post's own example, expiring ${blogs[0].toISOString()}, signed by
  the post's JavaScript, in 2012     ${signatureOf(golden)}
  zumo-jwt                           ${signatureOf(ours)}  ${comparison(ours)}
  the post's JavaScript, on ${process.version.padEnd(9)}${signatureOf(theirs)}  ${comparison(theirs)}
`)
}

async function curl(...args) {
  try {
    const env = { ...process.env, no_proxy: '*' }
    const { stdout } = await promisify(execFile)('curl', ['-si', ...args], { env })
    const [head, body] = stdout.split('\r\n\r\n')
    return { status: Number(head.split(' ')[1]), body }
  } catch (error) {
    if (error.code === 'ENOENT') throw new Error('The walk-through needs curl. Please install it.')
    throw error
  }
}

const shown = (arg) => (/[^\w:/.-]/.test(arg) ? `'${arg}'` : arg)
const shortened = (text) => text.replaceAll(/(eyJ[\w-]{6})[\w-]*\.[\w-]+\.[\w-]*([\w-]{6})/g, '$1…$2')

async function step(title, args, expected) {
  const { status, body } = await curl(...args)
  console.log(
    `${title}\n  $ curl -si ${shortened(args.map(shown).join(' '))}\n  ${status} ${shortened(body)}`,
  )
  const right = check(status === (typeof expected === 'string' ? 401 : 200) && matches(body, expected))
  console.log(right ? '' : '  This is not the answer of the post.\n')
  return right ? JSON.parse(body) : {}
}

function matches(body, expected) {
  return typeof expected === 'string'
    ? body === `{"code":401,"error":"Error: ${expected}"}`
    : expected(JSON.parse(body))
}

async function walkThrough(token, url) {
  const foo = `${url}/tables/foo`
  const withToken = (token) => ['-H', `X-ZUMO-AUTH: ${token}`, foo]
  const rowsFor = (userId) => (rows) => rows.length > 0 && rows.every((row) => row.userId === userId)
  const credentials = '{"username":"alice","password":"correct horse"}'
  const post = (path) => ['-H', 'Content-Type: application/json', '-d', credentials, `${url}${path}`]
  const login = ({ user, authenticationToken }) => user.userId === 'Custom:1' && decode(authenticationToken)

  await step('No token', [foo], 'Unauthorized')
  await step('Random goop', withToken('randomgoop'), SIGNATURE)
  await step('The token from above', withToken(token), rowsFor(userId))
  const expired = zumoJwt(Date.now() - 1, aud, userId, masterKey)
  await step('A token that has expired', withToken(expired), 'The authentication token has expired.')
  const other = zumoJwt(Date.now() + ONE_DAY, aud, userId, randomBytes(32))
  await step('A token signed by another key', withToken(other), SIGNATURE)
  await step('Register', post('/api/register'), login)
  const { authenticationToken } = await step('Sign in', post('/.auth/login/custom'), login)
  await step('The token of the sign-in', withToken(authenticationToken), rowsFor('Custom:1'))
}

// The reader, `head` for instance, has read enough.
process.stdout.on('error', ({ code }) => process.exit(code === 'EPIPE' ? 0 : 1))

const expiry = new Date(Date.now() + ONE_DAY)
const token = zumoJwt(expiry, aud, userId, masterKey)
showToken(token, expiry)
showTrap(token, expiry)

const service = createService({ masterKey, database: openDatabase(':memory:') })
const server = service.listen(0, '127.0.0.1')
await once(server, 'listening')
const url = `http://127.0.0.1:${server.address().port}`
console.log(`A mobile service with this master key, on ${url} (tokens are shortened)\n`)
try {
  await walkThrough(token, url)
  console.log("The same service with a page for the browser, and Microsoft's client in it: npm run service")
} catch (error) {
  console.error(error.message)
  process.exitCode = 1
} finally {
  server.close()
}
