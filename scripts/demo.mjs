// npm run demo: a running service gets a token of the blog's function and one of zumoJwt, then what the blog post sent,
// all by curl. Exits 1 if an answer is not the expected one.
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { inspect, promisify } from 'node:util'
import { decode, zumoJwt } from 'zumo-jwt'
import { paint } from '../bin/output.js'
import blogJwt from '../conformance/blog-function.cjs'
import { openDatabase } from '../examples/mobile-service/database.js'
import { createService } from '../examples/mobile-service/service.js'

const BLOG_KEY = 'yourmasterkey'
const ONE_DAY = 24 * 60 * 60 * 1000
const SIGNATURE = "The authentication token's signature was malformed or signed by a different key."
const BLOG = `the blog's function, on Node.js ${process.version}`

const [aud = 'your-aud', userId = 'unique string for this user'] = process.argv.slice(2)
const masterKey = process.env.ZUMO_MASTER_KEY || BLOG_KEY
const answers = []

async function demo() {
  const expiry = new Date(Date.now() + ONE_DAY)
  const token = zumoJwt(expiry, aud, userId, masterKey)
  const blogsToken = blogJwt(expiry, aud, userId, masterKey, 'binary')

  const service = createService({ masterKey, database: openDatabase(':memory:') })
  const server = service.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${server.address().port}`
  console.log(`Two tokens with the same claims and master key are sent to a mobile service:
one of ${BLOG}, and one of zumoJwt.
`)
  await walkThrough(token, blogsToken, url, expiry).finally(() => server.close())

  const [blogs, ours] = answers
  const verdict = ({ status }) => `${status === 200 ? 'Accepted' : 'Refused'} (${status})`
  console.log(`${verdict(blogs)}: the token of ${BLOG}`)
  console.log(`${verdict(ours)}: the token of zumoJwt`)
  const expected = answers.filter(({ isExpected }) => isExpected).length
  const isGood = expected === answers.length
  if (!isGood) process.exitCode = 1
  const count = `${expected} of ${answers.length} answers are as expected.`
  console.log(`${paint(isGood ? 'green' : 'red', count)} The same service with a page: npm run service`)
}

async function walkThrough(token, blogsToken, url, expiry) {
  const foo = `${url}/tables/foo`
  const withToken = (token) => [foo, '-H', `X-ZUMO-AUTH: ${token}`]
  const rowsFor = (userId) => (rows) => rows.length > 0 && rows.every((row) => row.userId === userId)
  const credentials = '{"username":"alice","password":"correct horse"}'
  const post = (path) => [url + path, '-H', 'Content-Type: application/json', '-d', credentials]
  const login = ({ user, authenticationToken }) => user.userId === 'Custom:1' && decode(authenticationToken)

  await step(`The token of ${BLOG}`, withToken(blogsToken), SIGNATURE)
  await step('The token of zumoJwt', withToken(token), rowsFor(userId))
  showToken(token, expiry)
  showSignatures()
  await step('No token', [foo], 'Unauthorized')
  await step('Random goop', withToken('randomgoop'), SIGNATURE)
  const expired = zumoJwt(Date.now() - 1, aud, userId, masterKey)
  await step('A token that has expired', withToken(expired), 'The authentication token has expired.')
  const other = zumoJwt(Date.now() + ONE_DAY, aud, userId, randomBytes(32))
  await step('A token signed by another key', withToken(other), SIGNATURE)
  await step('Register', post('/api/register'), login)
  const { authenticationToken } = await step('Sign in', post('/.auth/login/custom'), login)
  await step('The token of the sign-in', withToken(authenticationToken), rowsFor('Custom:1'))
}

async function step(title, args, expected) {
  const { status, body } = await curl(...args)
  const isExpected = status === (typeof expected === 'string' ? 401 : 200) && matches(body, expected)
  answers.push({ status, isExpected })
  const mark = isExpected ? paint('green', '✓ as expected') : paint('red', '✗ not as expected')
  const command = shortened(args.map(shown).join(' ')).replaceAll(/ (?=-)/g, ' \\\n      ')
  const answer = wrapped(`  ${status} ${shortened(body)}`)
  console.log(`${paint('bold', title)}
  $ ${paint('cyan', `curl -si ${command}`)}
${answer.replace(String(status), (found) => paint('bold', found))}
  ${mark}
`)
  return isExpected ? JSON.parse(body) : {}
}

function matches(body, expected) {
  return typeof expected === 'string'
    ? body === `{"code":401,"error":"Error: ${expected}"}`
    : expected(JSON.parse(body))
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
/** Breaks a line at spaces, for 80 columns. */
const wrapped = (line) => line.replaceAll(/(?=.{79})(.{1,78}) /g, '$1\n  ')

function showToken(token, expiry) {
  const key = masterKey === BLOG_KEY ? inspect(BLOG_KEY) : 'process.env.ZUMO_MASTER_KEY'
  const { header, claims } = decode(token)
  console.log(`${paint('bold', 'The token of zumoJwt, in full')}
  zumoJwt(
    new Date('${expiry.toISOString()}'),
    ${inspect(aud)},
    ${inspect(userId)},
    ${key},
  )

  ${token}

  header  ${JSON.stringify(header)}
  claims  ${JSON.stringify(claims, null, 2).replaceAll('\n', '\n  ')}
`)
}

/** The signatures of the blog's own example, beside the one that the blog shows. */
function showSignatures() {
  const path = new URL('../__test__/vectors/zumo-jwt-v1.json', import.meta.url)
  const { expiryMs, token, ...example } = JSON.parse(readFileSync(path, 'utf8')).vectors[0]
  const call = [expiryMs, example.aud, example.userId, example.masterKey]
  const golden = decode(token).signature
  const compared = (token) => {
    const { signature } = decode(token)
    return `${signature}  ${signature === golden ? paint('green', 'right') : paint('red', 'wrong')}`
  }
  console.log(`${paint('bold', "The blog's own example of 2012")}, signed by
  the blog's function, 2012  ${golden}
  the blog's function, now   ${compared(blogJwt(...call, 'binary'))}
  zumoJwt                    ${compared(zumoJwt(...call))}
`)
}

// The reader, `head` for instance, has read enough.
process.stdout.on('error', ({ code }) => process.exit(code === 'EPIPE' ? 0 : 1))

try {
  await demo()
} catch (error) {
  console.error(error.message)
  process.exitCode = 1
}
