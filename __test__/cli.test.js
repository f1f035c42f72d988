'use strict'

const { after, describe, test } = require('node:test')
const assert = require('node:assert/strict')
const { spawn } = require('node:child_process')
const { createHash } = require('node:crypto')
const { mkdtempSync, rmSync, writeFileSync } = require('node:fs')
const { tmpdir } = require('node:os')
const { join } = require('node:path')
const { sign, verify, zumoJwt, ZumoKey } = require('zumo-jwt')
const packageJson = require('../package.json')
const { HEADER, ISSUER, SIGNING_KEY, SITE, childEnvironment, derive, forge } = require('./helpers.js')
const { vectors, wrongOnModernNode } = require('./vectors/zumo-jwt-v1.json')

const onLinux = { skip: process.platform !== 'linux' && "needs util-linux's script", timeout: 60_000 }

const PROGRAM = join(__dirname, '..', packageJson.bin['zumo-jwt'])

const [{ masterKey: MASTER_KEY, token: BLOGS_TOKEN }] = vectors
const MASTER = { ZUMO_MASTER_KEY: MASTER_KEY }
const SITE_ENV = { WEBSITE_AUTH_SIGNING_KEY: SIGNING_KEY }
const AT_SITE = ['--app-service', '--issuer', SITE]

const zumoKey = ZumoKey.fromMasterKey(MASTER_KEY)
const siteKey = ZumoKey.fromSigningKey(SIGNING_KEY)
const SECRETS = [
  MASTER_KEY,
  ...[zumoKey, siteKey].flatMap((key) =>
    ['hex', 'base64', 'base64url'].map((format) => key.export().toString(format)),
  ),
]

/** Runs the program as its users do, and sees to it that no output but that of `key` shows a secret. */
function run(args, options) {
  return runCommand(process.execPath, [PROGRAM, ...args], { ...options, showsKey: args[0] === 'key' })
}

async function runCommand(command, args, { env, input = '', showsKey = false, onData, signal } = {}) {
  const { PATH } = process.env
  const child = spawn(command, args, { env: { PATH, ...env }, signal })
  const output = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr']) {
    child[name].setEncoding('utf8').on('data', (chunk) => {
      output[name] += chunk
      onData?.(output[name], child.stdin)
    })
  }
  // The program may end before it has read everything.
  child.stdin.on('error', () => {})
  if (!onData) child.stdin.end(input)
  const code = await new Promise((resolve, reject) => child.on('error', reject).on('close', resolve))
  if (!showsKey) {
    for (const secret of SECRETS) {
      assert.ok(!output.stdout.includes(secret) && !output.stderr.includes(secret), 'a secret was shown')
    }
  }
  return { code, ...output }
}

/** Runs a shell's command on a pseudo-terminal, and types `keys` when something was asked. */
function runOnTerminal(command, { env, keys, signal } = {}) {
  const onData = (screen, stdin) => {
    if (!keys || !screen.includes('_KEY: ')) return
    stdin.write(keys)
    keys = undefined
  }
  const terminal = { SHELL: '/bin/sh', TERM: 'xterm-256color', NODE: process.execPath, PROGRAM, ...env }
  const args = ['--quiet', '--return', '--command', command, '/dev/null']
  return runCommand('script', args, { env: terminal, onData, signal })
}

async function json(args, options) {
  const { code, stdout, stderr } = await run([...args, '--json'], options)
  return { code, stdout: stdout && JSON.parse(stdout), stderr }
}

const inAnHour = () => Math.floor(Date.now() / 1000) + 3600
const claims = (further) => ({ exp: inAnHour(), aud: 'your-aud', uid: 'Custom:42', ...further })
const GOOD = sign(claims(), MASTER_KEY)

const CONTENTS = { ...claims(), iss: ISSUER, ver: 2 }
const withClaims = (changes, key = derive(MASTER_KEY)) => forge(HEADER, { ...CONTENTS, ...changes }, key)
const signedWith = (key) => withClaims({}, key)

describe('sign', () => {
  test('prints the token alone, for a day and of version 2', async () => {
    const before = Date.now()
    const { code, stdout, stderr } = await run(['sign', '--aud', 'your-aud', '--user', 'Custom:42'], {
      env: MASTER,
    })
    assert.deepEqual({ code, stderr }, { code: 0, stderr: '' })
    assert.match(stdout, /^[\w-]+\.[\w-]+\.[\w-]+\n$/)
    const { claims, header } = verify(stdout.trim(), MASTER_KEY, { audience: 'your-aud' })
    assert.equal(header.kid, '0')
    const { exp, ...others } = claims
    assert.deepEqual(others, { iss: ISSUER, ver: 2, aud: 'your-aud', uid: 'Custom:42' })
    const lifetime = exp - Math.floor(before / 1000)
    assert.ok(lifetime >= 86_400 && lifetime < 86_460, `${lifetime} s`)
  })

  test('makes the very token of the blog post', async () => {
    const [{ aud, userId }] = vectors
    const args = ['sign', '--ver', '1', '--expires', '2012-12-30T00:00Z', '--aud', aud, '--user', userId]
    assert.equal((await run(args, { env: MASTER })).stdout, `${BLOGS_TOKEN}\n`)
  })

  test('takes claims as JSON', async () => {
    const args = [
      'sign',
      '--aud',
      'a',
      '--user',
      'u',
      '--claim',
      'id="x=y"',
      '--claim',
      'urn:x={"n":[1]}',
      '--json',
    ]
    const { stdout } = await run(args, { env: MASTER })
    const verified = verify(JSON.parse(stdout).token, MASTER_KEY)
    assert.equal(verified.claims.id, 'x=y')
    assert.deepEqual(verified.claims['urn:x'], { n: [1] })
  })

  for (const [expires, seconds] of [
    ['45s', 45],
    ['90m', 5400],
    ['12h', 43_200],
    ['30d', 2_592_000],
  ]) {
    test(`takes ${expires} as time from now`, async () => {
      const before = Date.now() / 1000
      const { stdout } = await run(['sign', '--aud', 'a', '--user', 'u', '--expires', expires], {
        env: MASTER,
      })
      const { exp } = verify(stdout.trim(), MASTER_KEY).claims
      assert.ok(exp > before + seconds - 1 && exp < before + seconds + 60)
    })
  }

  test('makes App Service tokens', async () => {
    const { stdout } = await run(['sign', ...AT_SITE, '--user', 'sid:42'], { env: SITE_ENV })
    const options = { audience: SITE, issuer: SITE }
    const verified = verify(stdout.trim(), siteKey, options)
    assert.equal(verified.userId, 'sid:42')
    assert.equal(verified.claims.ver, '3')
  })

  test('pipes into verify', async () => {
    const command = '"$0" "$1" sign --aud your-aud --user Custom:42 | "$0" "$1" verify - --aud your-aud'
    const { code, stdout } = await runCommand('sh', ['-c', command, process.execPath, PROGRAM], {
      env: MASTER,
    })
    assert.equal(code, 0)
    assert.match(stdout, /^ {2}uid {2}"Custom:42"$/m)
  })
})

describe('verify', () => {
  test('prints the claims of a good token, with their times in words', async () => {
    const token = sign(claims({ nbf: inAnHour() - 7200, exp: inAnHour() + 8460 }), MASTER_KEY)
    const { code, stdout, stderr } = await run(['verify', token, '--aud', 'your-aud'], { env: MASTER })
    assert.deepEqual({ code, stderr }, { code: 0, stderr: '' })
    assert.match(stdout, /^ {2}exp {2}\d{10} {2}\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ, expires in 3 h 20 min$/m)
    assert.match(stdout, /^ {2}nbf .*, 1 h 0 min ago$/m)
    assert.match(stdout, /^ {2}aud {2}"your-aud"$/m)
  })

  test('reads the token from standard input, whether asked to or not', async () => {
    for (const args of [['verify', '-'], ['verify']]) {
      const { code, stdout } = await json(args, { env: MASTER, input: `${GOOD}\r\n` })
      assert.equal(code, 0)
      assert.deepEqual(stdout, verify(GOOD, MASTER_KEY))
    }
  })

  test('verifies at another time', async () => {
    const { code, stdout } = await run(['verify', BLOGS_TOKEN, '--now', '2012-12-01'], { env: MASTER })
    assert.equal(code, 0)
    assert.match(stdout, /2012-12-30T00:00:00Z, expires in 29 days/)
  })

  test('says on standard error why a token is refused', async () => {
    const refused = await run(['verify', BLOGS_TOKEN], { env: MASTER })
    const stderr = 'The authentication token has expired. (ERR_ZUMO_JWT_EXPIRED)\n'
    assert.deepEqual(refused, { code: 1, stdout: '', stderr })
    const { stderr: forMachines, ...others } = await json(['verify', GOOD, '--aud', 'other'], { env: MASTER })
    assert.deepEqual(others, { code: 1, stdout: '' })
    const { code, claim } = JSON.parse(forMachines)
    assert.deepEqual({ code, claim }, { code: 'ERR_ZUMO_JWT_AUDIENCE', claim: 'aud' })
  })

  test('takes an empty audience for an audience', async () => {
    const { code, stderr } = await run(['verify', GOOD, '--aud', ''], { env: MASTER })
    assert.equal(code, 1)
    assert.match(stderr, /ERR_ZUMO_JWT_AUDIENCE/)
  })

  test('holds App Service tokens to their site', async () => {
    const token = siteKey.sign({ exp: inAnHour(), aud: SITE, iss: SITE, sub: 'sid:42' })
    assert.equal((await run(['verify', token, ...AT_SITE], { env: SITE_ENV })).code, 0)
    const elsewhere = ['verify', token, '--app-service', '--issuer', 'https://other.azurewebsites.net/']
    assert.equal((await run(elsewhere, { env: SITE_ENV })).code, 1)
  })
})

describe('decode', () => {
  test('reads a token without a key and warns that nothing was verified', async () => {
    const { code, stdout, stderr } = await run([
      'decode',
      withClaims({ exp: inAnHour() - 3600 - 172_800 }, 'anything'),
    ])
    assert.equal(code, 0)
    assert.match(stdout, /^Header\n {2}alg {2}"HS256"\n[\s\S]*^Claims\n {2}exp .*, expired 2 days ago$/m)
    assert.equal(stderr, 'Nothing was verified: anyone can have written this.\n')
  })

  test('prints JSON for machines', async () => {
    const { stdout } = await json(['decode'], { input: GOOD })
    assert.deepEqual(Object.keys(stdout), ['header', 'claims', 'signature'])
    assert.equal(stdout.claims.uid, 'Custom:42')
  })

  test('reads a token as it stands in a log', async () => {
    for (const wrapped of [`Bearer ${GOOD}`, `"${GOOD}"`, `x-zumo-auth: '${GOOD}'`, ` ${GOOD}\n`]) {
      assert.equal((await run(['decode', wrapped])).code, 0, wrapped)
    }
  })

  test('exits 1 for what is no token', async () => {
    const { code, stdout, stderr } = await run(['decode'], { input: 'randomgoop' })
    assert.deepEqual({ code, stdout }, { code: 1, stdout: '' })
    assert.match(stderr, /\(ERR_ZUMO_JWT_MALFORMED\)\n$/)
  })

  test('leaves no control character of a token to the terminal', async () => {
    const token = forge(HEADER, { '\x1b[2J': '\x1b]0;\x9b31m\x7f\u202e' }, 'anything')
    for (const args of [
      ['decode', token],
      ['decode', token, '--json'],
    ]) {
      const { stdout } = await run(args)
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
      assert.doesNotMatch(stdout, /[\0-\x09\x0b-\x1f\x7f-\x9f\u202e]/)
      assert.match(stdout, /\\u001b\[2J.*\\u001b\]0;\\u009b31m\\u007f\\u202e/)
    }
  })

  test('takes times that are no dates', async () => {
    const { code, stdout } = await run(['decode', withClaims({ exp: -1e300, nbf: 'soon' }, 'anything')])
    assert.equal(code, 0)
    assert.match(stdout, /^ {2}exp {2}-1e\+300 {2}no calendar date, expired .* years ago$/m)
  })
})

describe('key', () => {
  const bytes = derive(MASTER_KEY)

  test('prints the derived key alone, and what it opens on standard error', async () => {
    for (const [args, shown] of [
      [[], bytes.toString('hex')],
      [['--format', 'hex'], bytes.toString('hex')],
      [['--format', 'base64'], bytes.toString('base64')],
    ]) {
      const { code, stdout, stderr } = await run(['key', ...args], { env: MASTER })
      assert.deepEqual({ code, stdout }, { code: 0, stdout: `${shown}\n` })
      assert.match(stderr, /sign in as any user/)
      assert.ok(!stderr.includes(shown))
    }
  })

  test('prints a JSON Web Key that verifies tokens', async () => {
    const { stdout } = await run(['key', '--format', 'jwk'], { env: MASTER })
    const { importJWK, jwtVerify } = await import('jose')
    const { payload } = await jwtVerify(GOOD, await importJWK(JSON.parse(stdout)))
    assert.equal(payload.uid, 'Custom:42')
    assert.deepEqual((await json(['key', '--format', 'jwk'], { env: MASTER })).stdout.key, JSON.parse(stdout))
  })

  test("prints an App Service site's key in another form", async () => {
    const { stdout } = await json(['key', '--format', 'base64', '--app-service'], { env: SITE_ENV })
    assert.deepEqual(stdout, { format: 'base64', key: Buffer.from(SIGNING_KEY, 'hex').toString('base64') })
  })
})

describe('diagnose', () => {
  const derived = derive(MASTER_KEY)
  const siteClaims = { exp: inAnHour(), aud: SITE, iss: SITE, sub: 'sid:42' }
  const siteToken = siteKey.sign(siteClaims)
  const siteTokenSignedWith = (key) => forge({ alg: 'HS256' }, siteClaims, key)
  const now = Math.floor(Date.now() / 1000)
  const atSite = { args: AT_SITE, env: SITE_ENV }

  for (const { name, token, args = [], env = MASTER, says = /./ } of [
    // The blog's own call, as any Node since 6 runs it.
    { name: 'node-6-trap', token: signedWith(derived.toString('binary')), says: /Node 6/ },
    { name: 'raw-master-key', token: signedWith(MASTER_KEY) },
    { name: 'hex-key', token: signedWith(derived.toString('hex')) },
    { name: 'base64-key', token: signedWith(derived.toString('base64')) },
    { name: 'no-suffix', token: signedWith(createHash('sha256').update(MASTER_KEY).digest()) },
    { name: 'newline', token: sign(claims(), `${MASTER_KEY}\n`) },
    { name: 'undefined-key', token: sign(claims(), 'undefined') },
    { name: 'other-key', token: sign(claims(), 'anotherkey') },
    { name: 'other-key', token: signedWith('anything').slice(0, -3) },
    { name: 'hex-key', token: siteTokenSignedWith(SIGNING_KEY), ...atSite },
    {
      name: 'mobile-services-key',
      token: siteTokenSignedWith(derive(SIGNING_KEY)),
      ...atSite,
    },
    { name: 'other-key', token: siteTokenSignedWith('anything'), ...atSite },
    {
      name: 'expired',
      token: sign(claims({ exp: now - 172_800 }), MASTER_KEY),
      says: /expired 2 days ago, on \d{4}-/,
    },
    { name: 'expired', token: withClaims({ exp: -1e300 }) },
    { name: 'clock-skew', token: sign(claims({ exp: now - 120 }), MASTER_KEY), says: /expired 2 min ago/ },
    {
      name: 'clock-skew',
      token: sign(claims({ nbf: now + 3600 }), MASTER_KEY),
      says: /nbf lies (59 min|1 h 0 min) ahead/,
    },
    { name: 'clock-skew', token: sign(claims({ iat: now + 3600 }), MASTER_KEY), says: /iat lies/ },
    { name: 'milliseconds', token: sign(claims({ exp: Date.now() + 3_600_000 }), MASTER_KEY), says: /exp/ },
    { name: 'milliseconds', token: sign(claims({ iat: Date.now() }), MASTER_KEY), says: /iat/ },
    { name: 'seconds', token: zumoJwt(inAnHour(), 'your-aud', 'Custom:42', MASTER_KEY), says: /exp/ },
    { name: 'version', token: zumoJwt(Date.now() + 3_600_000, 'a', 'u', MASTER_KEY), args: ['--ver', '2'] },
    { name: 'version', token: GOOD, args: ['--ver', '1'] },
    { name: 'wrapped', token: `Bearer ${GOOD}`, says: /Bearer/ },
    { name: 'wrapped', token: `"${GOOD}"`, says: /quotes/ },
    { name: 'wrapped', token: `${GOOD}\n`, says: /white space/ },
    { name: 'wrapped', token: `X-ZUMO-AUTH: ${GOOD}`, says: /name of the header/ },
    { name: 'wrapped', token: `:${GOOD}`, says: /colon/ },
    { name: 'malformed', token: 'randomgoop', says: /1 part / },
    { name: 'malformed', token: GOOD.slice(0, 60), says: /2 parts / },
    { name: 'malformed', token: GOOD.replace('.', '.!'), says: /base64url/ },
    { name: 'algorithm', token: forge({ alg: 'RS256' }, CONTENTS), says: /"RS256"/ },
    { name: 'audience', token: GOOD, args: ['--aud', 'Your-aud'], says: /"your-aud", not "Your-aud"/ },
    {
      name: 'issuer',
      token: withClaims({ iss: 'me' }),
      says: /"me", not "urn:microsoft:windows-azure:zumo"/,
    },
    { name: 'contents', token: withClaims({ exp: undefined }), says: /requires expiration claim/ },
  ]) {
    const at = env === SITE_ENV ? ', App Service' : ''
    test(`names the cause ${name}${says.source === '.' ? '' : ` (${says.source})`}${at}, and one cure`, async () => {
      const { code, stdout, stderr } = await run(['diagnose', token, ...args], { env })
      assert.deepEqual({ code, stderr }, { code: 1, stderr: '' })
      assert.match(stdout, /^Cause: \S.*\.\nCure: {2}\S.*\.\n$/)
      assert.match(stdout, says)
      const { causes } = (await json(['diagnose', token, ...args], { env })).stdout
      assert.deepEqual(
        causes.map(({ name, cause, cure }) => [name, `Cause: ${cause}\nCure:  ${cure}\n`]),
        [[name, stdout]],
      )
    })
  }

  test("names the trap of Node 6 for the blog's token as modern Node signs it, then its age", async () => {
    const { code, stdout } = await json(['diagnose', '-'], {
      env: MASTER,
      input: `${wrongOnModernNode.token}\n`,
    })
    assert.equal(code, 1)
    assert.deepEqual(
      stdout.causes.map(({ name }) => name),
      ['node-6-trap', 'expired'],
    )
  })

  test('names every cause of a token that has several', async () => {
    const token = `Bearer ${withClaims({ exp: Date.now(), iat: Date.now() }, MASTER_KEY)}`
    const { stdout } = await json(['diagnose', token, '--ver', '1'], { env: MASTER })
    assert.deepEqual(
      stdout.causes.map(({ name }) => name),
      ['wrapped', 'raw-master-key', 'milliseconds', 'milliseconds', 'version'],
    )
  })

  test('finds nothing wrong with a good token and says what was not asked', async () => {
    const { code, stdout } = await run(['diagnose', GOOD], { env: MASTER })
    assert.equal(code, 0)
    assert.match(stdout, /^Nothing is wrong with this token\.\n.*--aud.*\n.*--ver.*\n$/)
    const asked = await run(['diagnose', GOOD, '--aud', 'your-aud', '--ver', '2'], { env: MASTER })
    assert.deepEqual(asked, { code: 0, stdout: 'Nothing is wrong with this token.\n', stderr: '' })
    const { stdout: forMachines } = await json(['diagnose', siteToken, ...AT_SITE], { env: SITE_ENV })
    assert.deepEqual(forMachines, { causes: [] })
  })

  test('survives words that are no token', async () => {
    for (const text of ['', 'bearer', '"', 'x-zumo-auth:', '...']) {
      const { code, stdout } = await run(['diagnose'], { env: MASTER, input: text })
      assert.equal(code, 1, text)
      assert.match(stdout, /^Cause: It is no token/m)
    }
  })
})

describe('the key', () => {
  const folder = mkdtempSync(join(tmpdir(), 'cli-test-'))
  after(() => rmSync(folder, { recursive: true }))
  const file = (name, contents) => {
    writeFileSync(join(folder, name), contents)
    return join(folder, name)
  }

  test('comes from a file, less one newline, before the environment', async () => {
    const env = { ZUMO_MASTER_KEY: 'anotherkey' }
    for (const end of ['', '\n', '\r\n']) {
      const args = ['verify', GOOD, '--key-file', file('key', `${MASTER_KEY}${end}`)]
      assert.equal((await run(args, { env })).code, 0)
    }
    assert.equal((await run(['verify', GOOD, '--key-file', file('key', `${MASTER_KEY}\n\n`)])).code, 1)
  })

  test('may be any bytes in a file, but no text beyond ASCII', async () => {
    const bytes = Buffer.from([0xc5, 0x00, 0xff])
    assert.equal((await run(['verify', sign(claims(), bytes), '--key-file', file('bytes', bytes)])).code, 0)
    const { code, stderr } = await run(['verify', GOOD], { env: { ZUMO_MASTER_KEY: 'pässwörd' } })
    assert.equal(code, 2)
    assert.match(stderr, /must be ASCII/)
    assert.doesNotMatch(stderr, /pässwörd/)
  })

  test('of App Service comes from a file, too', async () => {
    const args = ['sign', ...AT_SITE, '--user', 'u', '--key-file', file('site', `${SIGNING_KEY}\n`)]
    assert.equal((await run(args)).code, 0)
  })

  for (const args of [
    ['--key', MASTER_KEY, 'sign', '--aud', 'a', '--user', 'u'],
    ['sign', '--aud', 'a', '--user', 'u', '--key', MASTER_KEY],
    ['sign', `--key=${MASTER_KEY}`, '--nonsense'],
    ['sign', '--master-key', MASTER_KEY],
    ['sign', '--signing-key', MASTER_KEY],
    ['sign', '-k', MASTER_KEY],
    ['sign', MASTER_KEY, '--aud', 'a', '--user', 'u'],
    ['key', MASTER_KEY],
    ['verify', MASTER_KEY, GOOD],
    ['verify', GOOD, '--aud', 'a', MASTER_KEY],
  ]) {
    test(`is refused as argument, with the reason: ${args.join(' ').replaceAll(GOOD, 'TOKEN')}`, async () => {
      // No command, not even `key`, shows what it refuses.
      const { code, stdout, stderr } = await runCommand(process.execPath, [PROGRAM, ...args], { env: MASTER })
      assert.deepEqual({ code, stdout }, { code: 2, stdout: '' })
      assert.match(stderr, /never taken from an argument: the process list and the history of the shell/)
    })
  }

  test('is asked for on a terminal, and not shown', onLinux, async ({ signal }) => {
    const command = `"$NODE" "$PROGRAM" verify ${GOOD}`
    const { code, stdout } = await runOnTerminal(command, { keys: `${MASTER_KEY}\r`, signal })
    assert.equal(code, 0)
    assert.match(stdout, /^ZUMO_MASTER_KEY: \r\n {2}exp /)
  })

  test('is asked for in App Service, and can be corrected', onLinux, async ({ signal }) => {
    const command = `"$NODE" "$PROGRAM" sign ${AT_SITE.join(' ')} --user u`
    const { code, stdout } = await runOnTerminal(command, { keys: `${SIGNING_KEY}xx\x7f\x7f\r`, signal })
    assert.equal(code, 0)
    assert.match(stdout, /^WEBSITE_AUTH_SIGNING_KEY: \r\n[\w-]+\.[\w-]+\.[\w-]+\r\n$/)
  })

  for (const [name, keys] of [
    ['Ctrl-C', 'half\x03'],
    ['Ctrl-D', '\x04'],
  ]) {
    test(`is not asked for any more after ${name}, which exits 130`, onLinux, async ({ signal }) => {
      const { code, stdout } = await runOnTerminal(`"$NODE" "$PROGRAM" verify ${GOOD}`, { keys, signal })
      assert.deepEqual({ code, stdout }, { code: 130, stdout: 'ZUMO_MASTER_KEY: \r\n' })
    })
  }

  test('is not asked for where nobody would see the question', onLinux, async ({ signal }) => {
    const command = `"$NODE" "$PROGRAM" verify ${GOOD} 2>"$FILE"`
    const { code } = await runOnTerminal(command, { env: { FILE: join(folder, 'stderr') }, signal })
    assert.equal(code, 2)
  })

  test('is missed in a pipe, with a word on where it may come from', async () => {
    const { code, stderr } = await run(['verify', GOOD], { env: { ZUMO_MASTER_KEY: '' } })
    assert.equal(code, 2)
    assert.match(stderr, /ZUMO_MASTER_KEY.*--key-file/)
  })
})

describe('the command line', () => {
  test('prints its version', async () => {
    assert.deepEqual(await run(['--version']), { code: 0, stdout: `${packageJson.version}\n`, stderr: '' })
  })

  test('is a program of its own', { skip: process.platform === 'win32' && 'Windows has no #!' }, async () => {
    assert.equal((await runCommand(PROGRAM, ['--version'])).stdout, `${packageJson.version}\n`)
  })

  test('prints help for all and each, which names every option', async () => {
    for (const help of ['--help', '-h']) {
      const { code, stdout } = await run([help])
      assert.equal(code, 0)
      for (const command of ['sign', 'verify', 'decode', 'diagnose', 'key'])
        assert.match(stdout, RegExp(`^  ${command} `, 'm'))
    }
    const site = ['key-file', 'app-service']
    for (const [command, options] of Object.entries({
      sign: ['aud', 'user', 'expires', 'ver', 'claim', 'issuer', ...site],
      verify: ['aud', 'now', 'issuer', ...site],
      decode: [],
      diagnose: ['aud', 'now', 'ver', 'issuer', ...site],
      key: ['format', ...site],
    })) {
      const { code, stdout, stderr } = await run([command, '--help'])
      assert.deepEqual({ code, stderr }, { code: 0, stderr: '' })
      assert.match(stdout, RegExp(`^Usage: zumo-jwt ${command} `, 'm'))
      for (const option of [...options, 'json']) assert.match(stdout, RegExp(`^  --${option} `, 'm'))
      assert.ok(stdout.split('\n').every((line) => line.length <= 100))
    }
  })

  for (const [mistake, args] of [
    ['no command', []],
    ['an unknown command', ['mint']],
    ['a name that every object has', ['constructor']],
    ['an unknown option', ['sign', '--nonsense']],
    ["another command's option", ['decode', GOOD, '--aud', 'a']],
    ['an option without its value', ['sign', '--aud']],
    ['no audience', ['sign', '--user', 'u']],
    ['no user', ['sign', '--aud', 'a']],
    ['a time in no known form', ['sign', '--aud', 'a', '--user', 'u', '--expires', 'tomorrow']],
    ['a time without a zone', ['verify', GOOD, '--now', '2026-12-31T00:00']],
    ['a day that is in no calendar', ['verify', GOOD, '--now', '2026-02-31']],
    ['a time beyond all dates', ['sign', '--aud', 'a', '--user', 'u', '--expires', '999999999999d']],
    ['a version that there is not', ['sign', '--aud', 'a', '--user', 'u', '--ver', '3']],
    ['a version for App Service', ['sign', ...AT_SITE, '--user', 'u', '--ver', '2']],
    ['a claim that is no JSON', ['sign', '--aud', 'a', '--user', 'u', '--claim', 'id=x']],
    ['a claim without a name', ['sign', '--aud', 'a', '--user', 'u', '--claim', '="x"']],
    ['a claim given twice', ['sign', '--aud', 'a', '--user', 'u', '--claim', 'uid="x"']],
    ['a claim that no token may have', ['sign', '--aud', 'a', '--user', 'u', '--claim', '__proto__={}']],
    ['another issuer than that of the service', ['sign', '--aud', 'a', '--user', 'u', '--claim', 'iss="me"']],
    ['App Service without an issuer', ['verify', GOOD, '--app-service']],
    ['an issuer without App Service', ['verify', GOOD, '--issuer', SITE]],
    ['a format that there is not', ['key', '--format', 'pem']],
    ['a key file that there is not', ['key', '--key-file', join(__dirname, 'no-such-file')]],
  ]) {
    test(`exits 2 with a hint to the help for ${mistake}`, async () => {
      const { code, stdout, stderr } = await run(args, { env: { ...MASTER, ...SITE_ENV } })
      assert.deepEqual({ code, stdout }, { code: 2, stdout: '' })
      assert.match(stderr, /^zumo-jwt: .+\nSee: zumo-jwt (sign |verify |decode |key )?--help\n$/)
    })
  }

  test('exits 2 for a signing key that is none', async () => {
    const { code, stderr } = await run(['key', '--app-service'], {
      env: { WEBSITE_AUTH_SIGNING_KEY: 'no-hex' },
    })
    assert.equal(code, 2)
    assert.match(stderr, /64 hexadecimal digits/)
    assert.doesNotMatch(stderr, /no-hex/)
  })

  test('asks for a token where standard input is a terminal', onLinux, async ({ signal }) => {
    const { code, stdout } = await runOnTerminal('"$NODE" "$PROGRAM" decode', { signal })
    assert.equal(code, 2)
    assert.match(stdout, /There is no token/)
  })

  test('is coloured on a terminal, unless NO_COLOR is set', onLinux, async ({ signal }) => {
    const command = `"$NODE" "$PROGRAM" diagnose ${BLOGS_TOKEN}; "$NODE" "$PROGRAM" decode ${GOOD}`
    const { stdout } = await runOnTerminal(command, { env: MASTER, signal })
    assert.ok(stdout.includes('\x1b[31mCause:\x1b[39m'))
    assert.ok(stdout.includes('\x1b[33mNothing was verified'))
    const plain = await runOnTerminal(command, { env: { ...MASTER, NO_COLOR: '1' }, signal })
    assert.match(plain.stdout, /Cause: /)
    assert.ok(!plain.stdout.includes('\x1b'))
  })

  test('ends in peace when nobody reads on', async () => {
    const child = spawn(process.execPath, [PROGRAM, 'sign', '--help'], {
      env: childEnvironment(),
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    child.stdout.destroy()
    let stderr = ''
    child.stderr.on('data', (chunk) => {
      stderr += chunk
    })
    const code = await new Promise((resolve) => child.on('close', resolve))
    assert.deepEqual({ code, stderr }, { code: 0, stderr: '' })
  })

  test('says so when its output cannot be written', {
    skip: process.platform !== 'linux' && 'needs /dev/full',
  }, async () => {
    const command = '"$0" "$1" --help >/dev/full'
    const { code, stderr } = await runCommand('sh', ['-c', command, process.execPath, PROGRAM])
    assert.deepEqual(
      { code, stderr },
      { code: 1, stderr: 'zumo-jwt: The output cannot be written (ENOSPC).\n' },
    )
  })
})
