'use strict'

const { describe, test } = require('node:test')
const assert = require('node:assert/strict')
const { createHash } = require('node:crypto')
const { sign, zumoJwt } = require('zumo-jwt')
const {
  AT_SITE,
  GOOD,
  MASTER,
  MASTER_KEY,
  SITE_ENV,
  claims,
  inAnHour,
  run,
  runJson,
  siteKey,
  withClaims,
} = require('./cli-helpers.js')
const { HEADER, ISSUER, SIGNING_KEY, SITE, base64url, derive, signRaw, signText } = require('./helpers.js')
const { wrongOnModernNode } = require('./vectors/zumo-jwt-v1.json')

describe('diagnose', () => {
  const derived = derive(MASTER_KEY)
  const siteClaims = { exp: inAnHour(), aud: SITE, iss: SITE, sub: 'sid:42' }
  const siteToken = siteKey.sign(siteClaims)
  const siteTokenSignedWith = (key) => signRaw({ alg: 'HS256' }, siteClaims, key)
  const contents = { ...claims(), iss: ISSUER, ver: 2 }
  const now = Math.floor(Date.now() / 1000)
  const atSite = { args: AT_SITE, env: SITE_ENV }
  const bytes = Buffer.from(SIGNING_KEY, 'hex')
  const sha256 = (text) => createHash('sha256').update(text).digest()
  const asText = (key) => [
    ['hex-key', key.toString('hex')],
    ['hex-key', key.toString('hex').toUpperCase()],
    ['hex-key', key.toString('hex').toUpperCase().match(/../g).join('-')],
    ['base64-key', key.toString('base64')],
    ['base64-key', key.toString('base64url')],
    ['text-key', key.toString('utf8')],
    ['text-key', key.toString('ascii')],
    ['text-key', Buffer.from(key.map((byte) => (byte < 128 ? byte : 63)))],
    ['undefined-key', 'undefined'],
    ['empty-key', ''],
  ]
  const withPadding = ['a', 'ab'].map((x) => {
    const parts = [HEADER, { ...contents, x }].map((part) =>
      Buffer.from(JSON.stringify(part)).toString('base64'),
    )
    return signText(parts.join('.'), derived)
  })
  /** A key of 64 bytes, with which .NET signs HS512. */
  const long = Buffer.alloc(64, 'long')
  const signedBy = { HS384: 'sha384', HS512: 'sha512' }
  const atSiteWith = (key, encoding) => ({
    args: [...AT_SITE, '--encoding', encoding],
    env: { WEBSITE_AUTH_SIGNING_KEY: key },
  })
  const siteInput = (alg) => [{ alg }, siteClaims].map((part) => base64url(JSON.stringify(part))).join('.')

  for (const { name, token, args = [], env = MASTER, says = /./, fix = /./ } of [
    // The blog's own call, as any Node.js since 6 runs it.
    { name: 'node-6-trap', token: withClaims({}, derived.toString('binary')), fix: /\{ node6: true \}/ },
    ...[
      ['raw-master-key', MASTER_KEY],
      ['unhashed-key', `${MASTER_KEY}JWTSig`],
      ['no-suffix', sha256(MASTER_KEY)],
      ...asText(derived),
    ].map(([name, key]) => ({ name, token: withClaims({}, key), fix: /^Fix: {3}Have the signer / })),
    ...[
      ['hashed-key', sha256(SIGNING_KEY)],
      ['hashed-key', sha256(SIGNING_KEY.toUpperCase())],
      ['mobile-services-key', derive(SIGNING_KEY)],
      ['default-key', '0000'],
      ...asText(bytes),
    ].map(([name, key]) => ({
      name,
      token: siteTokenSignedWith(key),
      ...atSite,
      fix: /^Fix: {3}Have the signer /,
    })),
    {
      name: 'other-encoding',
      token: siteTokenSignedWith(bytes),
      ...atSiteWith(SIGNING_KEY, 'text'),
      fix: /--encoding hex/,
    },
    {
      name: 'other-encoding',
      token: siteTokenSignedWith(bytes),
      ...atSiteWith(bytes.toString('base64'), 'text'),
      says: /read as base64/,
    },
    {
      name: 'extra-characters-here',
      token: siteTokenSignedWith('a secret'),
      ...atSiteWith('"a secret"', 'text'),
      says: /: quotes\./,
    },
    ...['HS384', 'HS512'].map((alg) => ({
      name: 'long-key',
      token: signText(siteInput(alg), long, signedBy[alg]),
      ...atSiteWith(long.toString('base64'), 'base64'),
      says: RegExp(`"${alg}".* \\.NET `),
      fix: /HmacSha256|key of 32 bytes/,
    })),
    {
      name: 'algorithm',
      token: signText(siteInput('HS512'), 'anything', 'sha512'),
      ...atSite,
      says: /"HS512"/,
    },
    ...withPadding.map((token) => ({
      name: 'padding',
      token,
      says: /padding \("="\)/,
      fix: /toString\('base64url'\)/,
    })),
    { name: 'padding', token: `X-ZUMO-AUTH: ${withPadding[0]}` },
    { name: 'padding', token: GOOD.replaceAll('.', '=.') },
    {
      name: 'text',
      token: withClaims({ exp: new Date().toISOString() }),
      says: /exp is text, "20/,
      fix: /date \/ 1000/,
    },
    { name: 'text', token: withClaims({ nbf: '1795889392' }), says: /nbf is text/ },
    { name: 'claim', token: withClaims({ exp: { toString: 1 } }), says: /number of seconds/ },
    { name: 'authorization', token: `Authorization: Bearer ${GOOD}`, fix: /X-ZUMO-AUTH.* getToken/ },
    { name: 'authorization', token: JSON.stringify({ authorization: `Bearer ${GOOD}` }) },
    { name: 'authorization', token: `> GET / HTTP/1.1\n> Authorization: Bearer ${GOOD}\n> Accept: */*\n` },
    { name: 'wrapped', token: JSON.stringify({ 'x-zumo-auth': `Bearer ${GOOD}` }), says: /Bearer/ },
    { name: 'wrapped', token: `curl -H 'X-ZUMO-AUTH: "${GOOD}"' http://localhost`, says: /quotes/ },
    { name: 'wrapped', token: JSON.stringify({ 'x-zumo-auth': JSON.stringify(GOOD) }), says: /quotes/ },
    { name: 'no-token', token: 'randomgoop is no token', fix: /authenticationToken/ },
    { name: 'undefined-key', token: sign(claims(), 'undefined') },
    { name: 'empty-key', token: withClaims({}, derive('')) },
    { name: 'other-key', token: siteTokenSignedWith('anything'), ...atSite },
    { name: 'other-key', token: sign(claims(), 'anotherkey') },
    { name: 'cut-signature', token: withClaims({}, 'anything').slice(0, -3), says: /40 characters/ },
    { name: 'malformed', token: `${GOOD.slice(0, -1)}!`, says: /signature is not base64url/ },
    { name: 'malformed', token: GOOD.replace(/\.[^.]*$/, '.'), says: /signature is empty/ },
    {
      name: 'expired',
      token: sign(claims({ exp: now - 172_800 }), MASTER_KEY),
      says: /expired 2 days ago, on \d{4}-/,
    },
    { name: 'expired', token: withClaims({ exp: -1e300 }) },
    { name: 'just-expired', token: sign(claims({ exp: now - 120 }), MASTER_KEY), says: /expired 2 min ago/ },
    {
      name: 'not-active',
      token: sign(claims({ nbf: now + 3600 }), MASTER_KEY),
      says: /nbf lies (59 min|1 h 0 min) ahead/,
    },
    { name: 'not-active', token: sign(claims({ iat: now + 3600 }), MASTER_KEY), says: /iat lies/ },
    // verify() accepts the first three: they expire in some thousand years.
    { name: 'milliseconds', token: withClaims({ exp: Date.now() + 3_600_000 }), says: /exp/ },
    { name: 'milliseconds', token: withClaims({ exp: 1e11 }), says: /exp/ },
    { name: 'milliseconds', token: withClaims({ exp: Date.now() * 1000 }), says: /exp/ },
    { name: 'milliseconds', token: withClaims({ iat: Date.now() }), says: /iat/ },
    { name: 'milliseconds', token: withClaims({ nbf: Date.now() }), says: /nbf/ },
    { name: 'seconds', token: zumoJwt(inAnHour(), 'your-aud', 'Custom:42', MASTER_KEY), says: /exp/ },
    { name: 'version', token: zumoJwt(Date.now() + 3_600_000, 'a', 'u', MASTER_KEY), args: ['--ver', '2'] },
    { name: 'version', token: GOOD, args: ['--ver', '1'] },
    { name: 'wrapped', token: `Bearer ${GOOD}`, says: /Bearer/ },
    { name: 'wrapped', token: `"${GOOD}"`, says: /quotes/ },
    { name: 'malformed', token: 'randomgoop', says: /1 part / },
    { name: 'malformed', token: GOOD.slice(0, 60), says: /2 parts / },
    { name: 'malformed', token: GOOD.replace('.', '.!'), says: /claims is not base64url/ },
    { name: 'malformed', token: `${GOOD}.x`, says: /4 parts / },
    { name: 'malformed', token: 'x'.repeat(65_537), says: /64 KiB/ },
    { name: 'malformed', token: signRaw(HEADER, '{"exp":1,"exp":2}'), says: /each name once/ },
    { name: 'algorithm', token: signRaw({ alg: 'RS256' }, contents), says: /"RS256"/ },
    { name: 'algorithm', token: signRaw({}, contents), says: /missing/ },
    ...['none', 'None', 'nOnE'].flatMap((alg) => [
      { name: 'unsigned', token: signRaw({ alg }, contents).replace(/[^.]*$/, ''), says: /not signed/ },
      { name: 'unsigned', token: signRaw({ alg }, contents), says: /not signed/ },
    ]),
    { name: 'app-service-token', token: siteToken, says: /App Service/ },
    {
      name: 'mobile-services-token',
      token: sign(claims({ aud: SITE }), MASTER_KEY),
      ...atSite,
      says: /Mobile Services/,
    },
    { name: 'audience', token: GOOD, args: ['--aud', 'Your-aud'], says: /"your-aud", not "Your-aud"/ },
    {
      name: 'audience',
      token: withClaims({ aud: undefined }),
      args: ['--aud', 'x'],
      says: /missing, not "x"/,
    },
    {
      name: 'issuer',
      token: withClaims({ iss: 'me' }),
      says: /"me", not "urn:microsoft:windows-azure:zumo"/,
    },
    { name: 'claim', token: withClaims({ exp: undefined }), says: /requires expiration claim/ },
    { name: 'claim', token: withClaims({ uid: '' }), says: /"uid"/ },
    { name: 'claim', token: withClaims({ ver: 4 }), args: ['--ver', '2'], says: /"ver"/ },
    { name: 'claim', token: withClaims({ ver: { toString: 1 } }), says: /"ver"/ },
    { name: 'header', token: signRaw({ ...HEADER, crit: [] }, contents, derived), says: /"crit"/ },
  ]) {
    const at = args.includes('--app-service') ? ', App Service' : ''
    const details = [says, fix].map(({ source }) => (source === '.' ? '' : ` (${source})`)).join('')
    test(`names the cause ${name}${details}${at}, and one fix`, async () => {
      const { code, stdout, stderr } = await run(['diagnose', token, ...args], { env })
      assert.deepEqual({ code, stderr }, { code: 1, stderr: '' })
      assert.match(stdout, /^Cause: \S.*\.\nFix: {3}\S.*\.\n$/)
      assert.match(stdout, says)
      assert.match(stdout.split('\n')[1], fix)
      const { causes } = (await runJson(['diagnose', token, ...args], { env })).stdout
      assert.deepEqual(
        causes.map(({ name, cause, fix }) => [name, `Cause: ${cause}\nFix:   ${fix}\n`]),
        [[name, stdout]],
      )
    })
  }

  test("names the cause of Node 6 for the blog's token signed by a newer Node, then its age", async () => {
    const { code, stdout } = await runJson(['diagnose', '-'], {
      env: MASTER,
      input: `${wrongOnModernNode.token}\n`,
    })
    assert.equal(code, 1)
    assert.deepEqual(
      stdout.causes.map(({ name }) => name),
      ['node-6-trap', 'expired'],
    )
    const lines = (await run(['diagnose', wrongOnModernNode.token], { env: MASTER })).stdout.split('\n')
    assert.deepEqual([lines.length, lines[2], lines[5]], [6, '', ''], 'an empty line between causes')
  })

  for (const [what, token, args, expected, env = MASTER] of [
    [
      'expired and for another audience',
      sign(claims({ exp: now - 172_800 }), MASTER_KEY),
      ['--aud', 'other'],
      ['expired', 'audience'],
    ],
    [
      'wrong in everything that it can be',
      `Bearer ${withClaims({ exp: now - 172_800, nbf: now + 3600, iat: Date.now(), aud: 'a', iss: 'me', uid: 1 }, MASTER_KEY)}`,
      ['--aud', 'other', '--ver', '1'],
      [
        'wrapped',
        'raw-master-key',
        'expired',
        'not-active',
        'milliseconds',
        'audience',
        'issuer',
        'claim',
        'version',
      ],
    ],
    [
      'unsigned and expired',
      signRaw({ alg: 'none', crit: [] }, { ...contents, exp: now - 172_800 }).replace(/[^.]*$/, ''),
      [],
      ['unsigned', 'header', 'expired'],
    ],
    [
      'cut and expired',
      `${signRaw(HEADER, { ...contents, exp: now - 172_800 }).slice(0, -43)}!`,
      [],
      ['malformed', 'expired'],
    ],
    [
      'of App Service and expired',
      signRaw({ alg: 'HS256' }, { ...siteClaims, ver: '3', exp: now - 172_800 }, 'anything'),
      [],
      ['app-service-token', 'expired'],
    ],
    [
      'of Mobile Services, signed with the key of App Service',
      sign(claims({ aud: SITE }), SIGNING_KEY),
      AT_SITE,
      ['mobile-services-token', 'mobile-services-key'],
      SITE_ENV,
    ],
  ]) {
    test(`names every cause of a token that is ${what}`, async () => {
      const { stdout } = await runJson(['diagnose', token, ...args], { env })
      assert.deepEqual(
        stdout.causes.map(({ name }) => name),
        expected,
      )
    })
  }

  /** Two sides, each of which can be the wrong one: the claim and what is expected. */
  for (const [theirs, ours, words] of [
    [SITE, SITE.slice(0, -1), 'the slash at the end'],
    [SITE, SITE.replace('https', 'http'), 'the scheme'],
    [SITE, 'site.example/', 'the scheme'],
    [SITE, SITE.replace('site', 'Site'), 'upper or lower case'],
    [SITE, 'https://site.example:443/', 'the port'],
    [
      SITE,
      'http://SITE.example:8080',
      'upper or lower case and the scheme (http or https) and the port and the slash at the end',
    ],
    [SITE, 'https://other.example/'],
  ]) {
    test(`names both sides of an issuer and an audience: ${theirs} and ${ours}`, async () => {
      for (const [claim, args] of [
        [ours, [theirs, 'urn:another']],
        [theirs, ['urn:another', ours]],
      ]) {
        const token = siteKey.sign({ ...siteClaims, aud: ['urn:third', claim], iss: claim })
        const expected = ['--issuer', '--aud'].flatMap((option) => args.flatMap((arg) => [option, arg]))
        const { stdout } = await runJson(['diagnose', token, '--app-service', ...expected], { env: SITE_ENV })
        assert.deepEqual(
          stdout.causes.map(({ name }) => name),
          ['audience', 'issuer'],
        )
        const other = args.find((arg) => arg !== 'urn:another')
        for (const { cause, fix } of stdout.causes) {
          assert.ok(cause.includes(words ? `differs in ${words}` : 'not "'), cause)
          if (words) assert.ok(fix.includes(`"${other}", or have the server expect "${claim}" (here --`), fix)
          assert.match(fix, /^Have it signed (for|as) ".*(here --(aud|issuer)\);|$)/)
        }
      }
    })
  }

  test('accepts a token for any of several audiences and issuers, with either service', async () => {
    const several = [
      '--aud',
      'other',
      '--aud',
      'your-aud',
      '--issuer',
      SITE,
      '--issuer',
      'https://auth0.example/',
    ]
    const theirs = { iss: 'https://auth0.example/', ver: undefined }
    for (const [token, args, env] of [
      [withClaims(theirs), [], MASTER],
      [signRaw({ alg: 'HS256' }, { ...siteClaims, aud: 'your-aud' }, bytes), ['--app-service'], SITE_ENV],
    ]) {
      assert.equal((await run(['verify', token, ...args, ...several], { env })).code, 0)
      assert.deepEqual((await runJson(['diagnose', token, ...args, ...several], { env })).stdout, {
        causes: [],
      })
    }
    // Another issuer does not make another service of it.
    const { stdout } = await runJson(['diagnose', withClaims(theirs), '--issuer', SITE], { env: MASTER })
    assert.deepEqual(
      stdout.causes.map(({ name }) => name),
      ['issuer'],
    )
  })

  for (const [words, before, after] of [
    ['quotes', '"', '"'],
    ['quotes', "'", "'"],
    ['a space', ' ', ''],
    ['a space', '', ' '],
    ['a space', ' ', ' '],
    ['a newline', '', '\n'],
    ['a carriage return', '', '\r'],
    ['a carriage return, a newline', '', '\r\n'],
  ]) {
    const extended = `${before}${MASTER_KEY}${after}`
    test(`names ${words} around a key: ${JSON.stringify(`${before}KEY${after}`)}`, async () => {
      for (const [whose, token, key] of [
        ["the signer's", sign(claims(), extended), MASTER_KEY],
        ['the given', sign(claims(), MASTER_KEY), extended],
      ]) {
        const { stdout } = await runJson(['diagnose', token], { env: { ZUMO_MASTER_KEY: key } })
        const [{ name, cause }, ...others] = stdout.causes
        assert.deepEqual(
          [name, others],
          [whose === 'the given' ? 'extra-characters-here' : 'extra-characters', []],
        )
        assert.ok(cause.includes(`around it: ${words}`) || cause.includes(`: ${words}`), cause)
        assert.equal(cause.startsWith('The key given here'), whose === 'the given')
      }
    })
  }

  test('names extra characters around the key beside another mistake', async () => {
    const env = { ZUMO_MASTER_KEY: `"${MASTER_KEY}"\r` }
    const { stdout } = await runJson(['diagnose', withClaims({}, MASTER_KEY)], { env })
    assert.match(stdout.causes[0].cause, /: quotes, a carriage return\.$/)
    assert.equal(stdout.causes[1].name, 'raw-master-key')
  })

  test('names extra characters around the key of App Service, which is not one with them', async () => {
    const env = { WEBSITE_AUTH_SIGNING_KEY: `"${SIGNING_KEY}"` }
    const { code, stderr } = await run(['diagnose', siteToken, ...AT_SITE], { env })
    assert.equal(code, 2)
    assert.match(stderr, /64 hexadecimal digits; .* It has extra characters around it: quotes\./)
  })

  test('finds nothing wrong with a valid token, and says what was not checked', async () => {
    const { code, stdout } = await run(['diagnose', GOOD], { env: MASTER })
    assert.equal(code, 0)
    assert.match(stdout, /^Nothing is wrong with this token\.\n.*--aud.*\n.*--ver.*\n$/)
    const asked = await run(['diagnose', GOOD, '--aud', 'your-aud', '--ver', '2'], { env: MASTER })
    assert.deepEqual(asked, { code: 0, stdout: 'Nothing is wrong with this token.\n', stderr: '' })
    const { stdout: forMachines } = await runJson(['diagnose', siteToken, ...AT_SITE], { env: SITE_ENV })
    assert.deepEqual(forMachines, { causes: [] })
  })

  test('accepts text that is not a token', async () => {
    for (const text of ['bearer', '"', 'x-zumo-auth:', '...', '..', '.']) {
      const { code, stdout } = await run(['diagnose'], { env: MASTER, input: text })
      assert.equal(code, 1, text)
      assert.match(stdout, /^Cause: (There is no token in this text|It is not a )/)
    }
  })
})
