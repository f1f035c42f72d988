// npm run demo: the same token by the blog post's function and by zumoJwt, then the walk-through of the post. Calls a
// running service with the tokens by curl. Exits 1 if an answer is not the expected one.
import { execFile } from 'node:child_process'
import { createHash, createHmac, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { inspect, promisify } from 'node:util'
import { decode, zumoJwt } from 'zumo-jwt'
import { paint } from '../bin/output.js'
import { openDatabase } from '../examples/mobile-service/database.js'
import { createService } from '../examples/mobile-service/service.js'

const BLOG_KEY = 'yourmasterkey'
const ONE_DAY = 24 * 60 * 60 * 1000
const SIGNATURE = "The authentication token's signature was malformed or signed by a different key."

const [aud = 'your-aud', userId = 'unique string for this user'] = process.argv.slice(2)
const VERSION = `Node.js ${process.version}`
const masterKey = process.env.ZUMO_MASTER_KEY || BLOG_KEY

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

function showTokens(token, blogsToken, expiry) {
  const key = masterKey === BLOG_KEY ? inspect(BLOG_KEY) : 'process.env.ZUMO_MASTER_KEY'
  const { header, claims, signature } = decode(token)
  const call = `zumoJwt(new Date('${expiry.toISOString()}'), ${inspect(aud)}, ${inspect(userId)}, ${key})`
  console.log(`${paint('bold', call)}

  header     ${JSON.stringify(header)}
  claims     ${JSON.stringify(claims)}
  signature  ${decode(blogsToken).signature}  by the post's function, on ${VERSION}
             ${signature}  by zumoJwt

  ${token}
`)
}

/** The two signatures of the post's own example, beside the one that the post shows. */
function showSignatures() {
  const path = new URL('../__test__/vectors/zumo-jwt-v1.json', import.meta.url)
  const { expiryMs, token, ...example } = JSON.parse(readFileSync(path, 'utf8')).vectors[0]
  const call = [new Date(expiryMs), example.aud, example.userId, example.masterKey]
  const golden = decode(token).signature
  const compared = (token) => {
    const { signature } = decode(token)
    return `${signature}  ${signature === golden ? paint('green', 'right') : paint('red', 'wrong')}`
  }
  console.log(`${paint('bold', "The post's own example of 2012")}, signed by
  the post's function, in 2012       ${golden}
  the post's function, on ${process.version.padEnd(10)} ${compared(blogJwt(...call))}
  zumoJwt                            ${compared(zumoJwt(...call))}
`)
}

async function curl(...args) {
  try {
    const env = { ...process.env, no_proxy: '*' }
    const { stdout } = await promisify(execFile)('curl', ['-qsi', ...args], { env })
    const [head, body] = stdout.split('\r\n\r\n')
    return { status: Number(head.split(' ')[1]), body }
  } catch (error) {
    if (error.code === 'ENOENT') throw new Error('The walk-through needs curl. Please install it.')
    throw new Error(`curl ended with ${error.code ?? error.signal}.`) // Its own message has the token.
  }
}

const shown = (arg) => (/[^\w:/.-]/.test(arg) ? `'${arg}'` : arg)
const shortened = (text) => text.replaceAll(/(eyJ[\w-]{6})[\w-]*\.[\w-]+\.[\w-]*([\w-]{6})/g, '$1…$2')

const answers = []

async function step(title, args, expected) {
  const { status, body } = await curl(...args)
  const isExpected = status === (typeof expected === 'string' ? 401 : 200) && matches(body, expected)
  answers.push(isExpected)
  const mark = isExpected ? paint('green', '✓ as expected') : paint('red', '✗ not as expected')
  const command = paint('cyan', `curl -si ${shortened(args.map(shown).join(' '))}`)
  console.log(
    `${paint('bold', title)}\n  $ ${command}\n  ${paint('bold', String(status))} ${shortened(body)}\n  ${mark}\n`,
  )
  return isExpected ? JSON.parse(body) : {}
}

function matches(body, expected) {
  return typeof expected === 'string'
    ? body === `{"code":401,"error":"Error: ${expected}"}`
    : expected(JSON.parse(body))
}

async function walkThrough(token, blogsToken, url) {
  const foo = `${url}/tables/foo`
  const withToken = (token) => ['-H', `X-ZUMO-AUTH: ${token}`, foo]
  const rowsFor = (userId) => (rows) => rows.length > 0 && rows.every((row) => row.userId === userId)
  const credentials = '{"username":"alice","password":"correct horse"}'
  const post = (path) => ['-H', 'Content-Type: application/json', '-d', credentials, `${url}${path}`]
  const login = ({ user, authenticationToken }) => user.userId === 'Custom:1' && decode(authenticationToken)

  await step(`This token by the post's function, on ${VERSION}`, withToken(blogsToken), SIGNATURE)
  await step('This token by zumoJwt', withToken(token), rowsFor(userId))
  showSignatures()
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

async function demo() {
  const expiry = new Date(Date.now() + ONE_DAY)
  const token = zumoJwt(expiry, aud, userId, masterKey)
  const blogsToken = blogJwt(expiry, aud, userId, masterKey)
  showTokens(token, blogsToken, expiry)

  const service = createService({ masterKey, database: openDatabase(':memory:') })
  const server = service.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${server.address().port}`
  console.log(`A mobile service with this master key, on ${url} (tokens are shortened)\n`)
  await walkThrough(token, blogsToken, url).finally(() => server.close())

  const expected = answers.filter(Boolean).length
  const isGood = expected === answers.length
  if (!isGood) process.exitCode = 1
  const count = `${expected} of ${answers.length} answers are as expected.`
  console.log(`${paint(isGood ? 'green' : 'red', count)} The same service with a page: npm run service`)
}

try {
  await demo()
} catch (error) {
  console.error(error.message)
  process.exitCode = 1
}
