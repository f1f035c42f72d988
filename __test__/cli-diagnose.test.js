'use strict'

const { describe, test } = require('node:test')
const assert = require('node:assert/strict')
const { createHash } = require('node:crypto')
const { sign, zumoJwt } = require('zumo-jwt')
const { AT_SITE, GOOD, MASTER, MASTER_KEY, SITE_ENV, claims, inAnHour, run } = require('./cli-helpers.js')
const { runJson, siteKey, withClaims } = require('./cli-helpers.js')
const { HEADER, ISSUER, SIGNING_KEY, SITE, base64url, derive, signRaw, signText } = require('./helpers.js')
const { wrongOnModernNode } = require('./vectors/zumo-jwt-v1.json')

describe('diagnose', () => {
  const derived = derive(MASTER_KEY)
  const bytes = Buffer.from(SIGNING_KEY, 'hex')
  const sha256 = (text) => createHash('sha256').update(text).digest()
  const siteClaims = { exp: inAnHour(), aud: SITE, iss: SITE, sub: 'sid:42' }
  const siteToken = siteKey.sign(siteClaims)
  const siteTokenBy = (key, changes) => signRaw({ alg: 'HS256' }, { ...siteClaims, ...changes }, key)
  const contents = { ...claims(), iss: ISSUER, ver: 2 }
  const unsigned = (alg, changes) => signRaw({ alg }, { ...contents, ...changes }).replace(/[^.]*$/, '')
  const now = Math.floor(Date.now() / 1000)
  const ago = now - 172_800
  const atSite = { args: AT_SITE, env: SITE_ENV }
  const atSiteWith = (encoding, key) => {
    return { args: [...AT_SITE, '--encoding', encoding], env: { WEBSITE_AUTH_SIGNING_KEY: key } }
  }
  const expecting = (...args) => ({ args })

  /** A key as it is signed with by mistake, by either service. */
  const asText = (key) => [
    ['encoded-key', key.toString('hex')],
    ['encoded-key', key.toString('hex').toUpperCase()],
    ['encoded-key', key.toString('hex').toUpperCase().match(/../g).join('-')],
    ['encoded-key', key.toString('base64')],
    ['encoded-key', key.toString('base64url')],
    ['text-key', key.toString('utf8')],
    ['text-key', key.toString('ascii')],
    ['text-key', Buffer.from(key.map((byte) => (byte < 128 ? byte : 63)))],
    ['guessable-key', 'undefined'],
    ['guessable-key', ''],
  ]

  /** What .NET signs with a key of 48 or 64 bytes. */
  const long = Buffer.alloc(64, 'long')
  const longToken = (alg, key = long) => {
    const parts = [{ typ: 'JWT', alg }, siteClaims].map((part) => base64url(JSON.stringify(part)))
    return signText(parts.join('.'), key, `sha${alg.slice(-3)}`)
  }
  /** A token with another text for the bytes of its signature. */
  const withMac = (write) => (token) => {
    const [head, body, signature] = token.split('.')
    return `${head}.${body}.${write(Buffer.from(signature, 'base64url'))}`
  }
  const inHex = withMac((mac) => mac.toString('hex'))
  const inCapitals = withMac((mac) => mac.toString('hex').toUpperCase())
  const withDashes = withMac((mac) => mac.toString('hex').match(/../g).join('-'))
  const base64OfHex = withMac((mac) => Buffer.from(mac.toString('hex')).toString('base64url'))
  const inBase64 = (x) => {
    const parts = [HEADER, { ...contents, x }].map((part) =>
      Buffer.from(JSON.stringify(part)).toString('base64'),
    )
    return signText(parts.join('.'), derived)
  }

  for (const [name, token, says = /./, { args = [], env = MASTER } = {}] of [
    // The blog's own call, as any Node.js since 6 runs it.
    ['node-6-trap', withClaims({}, derived.toString('binary')), /Node\.js 6.*\n.*\{ node6: true \}/],
    ...[
      ['raw-master-key', MASTER_KEY],
      ['unhashed-key', `${MASTER_KEY}JWTSig`],
      ['no-suffix', sha256(MASTER_KEY)],
      ['guessable-key', derive('undefined')],
      ['guessable-key', derive('')],
      ...asText(derived),
    ].map(([name, key]) => [name, withClaims({}, key), /^Fix: {3}Have the signer /m]),
    ...[
      ['hashed-key', sha256(SIGNING_KEY)],
      ['hashed-key', sha256(SIGNING_KEY.toUpperCase())],
      ['mobile-services-key', derive(SIGNING_KEY)],
      ['guessable-key', '0000'],
      ['text-key', bytes.toString('latin1')],
      ...asText(bytes),
    ].map(([name, key]) => [name, siteTokenBy(key), /^Fix: {3}Have the signer /m, atSite]),
    ['other-encoding', siteTokenBy(bytes), /--encoding hex/, atSiteWith('text', SIGNING_KEY)],
    ['other-encoding', siteTokenBy(bytes), /--encoding base64/, atSiteWith('text', bytes.toString('base64'))],
    ['extra-characters-here', siteTokenBy('a secret'), /: quotes\./, atSiteWith('text', '"a secret"')],
    ['extra-characters', siteTokenBy('a secret\n'), /: a newline\./, atSiteWith('text', 'a secret')],
    ['long-key', longToken('HS384'), /"HS384".*\.NET.*\n.*32 bytes/, atSiteWith('text', `${long}`)],
    [
      'long-key',
      longToken('HS512'),
      /"HS512".*\n.*HmacSha256/,
      atSiteWith('base64', long.toString('base64')),
    ],
    ['algorithm', longToken('HS512', 'another'), /"HS512"/, atSite],
    ['other-key', sign(claims(), 'anotherkey')],
    ['other-key', siteTokenBy('anything'), /./, atSite],
    ['padding', inBase64('a'), /padding \("="\).*\n.*toString\('base64url'\)/],
    ['padding', `X-ZUMO-AUTH: ${inBase64('ÿÿÿÿ')}\nHost: x`],
    ['padding', GOOD.replaceAll('.', '=.')],
    ['cut-signature', withClaims({}, 'anything').slice(0, -3), /not 43 characters/],
    ['malformed', `${GOOD.slice(0, -1)}!`, /signature is not base64url/],
    ['malformed', GOOD.replace(/\.[^.]*$/, '.'), /signature is empty/],
    ['malformed', 'randomgoop', / has 1\./],
    ['malformed', GOOD.slice(0, 60), / has 2\./],
    ['malformed', GOOD.replace('.', '.!'), /claims is not base64url/],
    ['malformed', `${GOOD}.x`, / has 4\./],
    ['malformed', 'x'.repeat(65_537), /64 KiB/],
    ['malformed', signRaw(HEADER, '{"exp":1,"exp":2}'), /each name once/],
    ['no-token', 'randomgoop is no token', /\n.*authenticationToken/],
    ['expired', sign(claims({ exp: ago }), MASTER_KEY), /expired 2 days ago, on \d{4}-/],
    ['expired', withClaims({ exp: -1e300 })],
    ['just-expired', sign(claims({ exp: now - 120 }), MASTER_KEY), /expired 2 min ago/],
    [
      'not-active',
      sign(claims({ nbf: now + 1800, exp: now + 7200 }), MASTER_KEY),
      /nbf lies 1 h 0 min ahead/,
      expecting('--now', new Date((now - 1800) * 1000).toISOString()),
    ],
    ['not-active', sign(claims({ iat: now + 3600 }), MASTER_KEY), /iat lies/],
    // verify() accepts the first three: they expire in some thousand years.
    ['milliseconds', withClaims({ exp: Date.now() + 3_600_000 }), /exp/],
    ['milliseconds', withClaims({ exp: 1e11 }), /exp/],
    ['milliseconds', withClaims({ exp: Date.now() * 1000 }), /exp/],
    ['milliseconds', withClaims({ iat: Date.now() }), /iat/],
    ['milliseconds', withClaims({ nbf: Date.now() }), /nbf/],
    ['seconds', zumoJwt(inAnHour(), 'your-aud', 'Custom:42', MASTER_KEY), /exp/],
    ['text', withClaims({ exp: new Date().toISOString() }), /exp is text, "20.*\n.*date \/ 1000/],
    ['text', withClaims({ nbf: '1795889392' }), /nbf is text/],
    ['version', zumoJwt(Date.now() + 3_600_000, 'a', 'u', MASTER_KEY), /./, expecting('--ver', '2')],
    ['version', withClaims({ ver: undefined }), /is missing, and 2 is expected/, expecting('--ver', '2')],
    ['version', GOOD, /./, expecting('--ver', '1')],
    ['wrapped', `Bearer ${GOOD}`, /Bearer/],
    ['wrapped', `X-ZUMO-AUTH: Bearer ${GOOD}`, /Bearer/],
    ['wrapped', JSON.stringify({ 'x-zumo-auth': `Bearer ${GOOD}` }), /Bearer/],
    ['wrapped', `"${GOOD}"`, /quotes/],
    ['wrapped', `“${GOOD}”`, /quotes/],
    ['wrapped', `‘${GOOD}’`, /quotes/],
    ['wrapped', `“Bearer ${GOOD}”`, /Bearer/],
    ['wrapped', `curl -H 'X-ZUMO-AUTH: "${GOOD}"' http://localhost`, /quotes/],
    ['wrapped', JSON.stringify({ 'x-zumo-auth': JSON.stringify(GOOD) }), /quotes/],
    ['wrapped', JSON.stringify({ name: 'X-ZUMO-AUTH', value: JSON.stringify(GOOD) }), /quotes/],
    ['wrapped', JSON.stringify(JSON.stringify(GOOD)), /quotes/],
    ['authorization', `Authorization: Bearer ${GOOD}`, /\n.*X-ZUMO-AUTH.* getToken/],
    ['authorization', JSON.stringify({ authorization: `Bearer ${GOOD}` })],
    ['authorization', `authorization\nBearer ${GOOD}\nhost\nlocalhost\n`],
    ['authorization', `<tr><td>Authorization</td><td>Bearer ${GOOD}</td></tr>`],
    ['authorization', `> GET / HTTP/1.1\n> Authorization: Bearer ${GOOD}\n> Accept: */*\n`],
    ['algorithm', signRaw({ alg: 'RS256' }, contents), /"RS256"/],
    ...[
      ...['hs256', 'HMACSHA256', 'HmacSHA256', 'SHA256', 'SHA-256', 'HS-256', 'HMAC-SHA-256', 'HS256 '],
      'http://www.w3.org/2001/04/xmldsig-more#hmac-sha256',
    ].map((alg) => [
      'algorithm-spelling',
      signRaw({ alg }, contents, derived),
      /another spelling of "HS256"/,
    ]),
    ['long-key', longToken('HMACSHA512'), /"HMACSHA512"/, atSiteWith('text', `${long}`)],
    ...[inHex, inCapitals, withDashes, base64OfHex].map((form) => ['hex-signature', form(GOOD), /hash_hmac/]),
    ['hex-signature', `X-ZUMO-AUTH: ${inHex(GOOD).replace(/.{64}/g, '$&\n  ')}\nAccept: */*`],
    ['algorithm', signRaw({}, contents), /missing/],
    ...['none', 'None', 'nOnE'].flatMap((alg) => [
      ['unsigned', unsigned(alg), /not signed/],
      ['unsigned', signRaw({ alg }, contents), /not signed/],
    ]),
    ['app-service-token', siteToken, /App Service/],
    ['mobile-services-token', sign(claims({ aud: SITE }), MASTER_KEY), /Mobile Services/, atSite],
    ['audience', GOOD, /"your-aud", not "Your-aud"/, expecting('--aud', 'Your-aud')],
    ['audience', withClaims({ aud: undefined }), /missing, not "x"/, expecting('--aud', 'x')],
    ['issuer', withClaims({ iss: 'me' }), /"me", not "urn:microsoft:windows-azure:zumo"/],
    // Another issuer does not make another service of it.
    [
      'issuer',
      withClaims({ iss: 'me', ver: undefined }),
      /"me", not "us" or "you"/,
      expecting('--issuer', 'us', '--issuer', 'you'),
    ],
    ['claim', withClaims({ exp: undefined }), /requires expiration claim/],
    ['claim', withClaims({ exp: { toString: 1 } }), /number of seconds/],
    ['claim', withClaims({ uid: '' }), /"uid"/],
    ['claim', withClaims({ ver: 4 }), /"ver"/, expecting('--ver', '2')],
    ['claim', withClaims({ ver: { toString: 1 } }), /"ver"/],
    ['header', signRaw({ ...HEADER, crit: [] }, contents, derived), /"crit"/],
  ]) {
    const at = args.length > 0 ? `, with ${args.join(' ')}` : ''
    test(`names the cause ${name} (${says.source})${at}, and one fix`, async () => {
      const { code, stdout, stderr } = await run(['diagnose', '-', ...args], { env, input: token })
      assert.deepEqual({ code, stderr }, { code: 1, stderr: '' })
      assert.match(stdout, /^Cause: \S.*\.\nFix: {3}\S.*\.\n$/)
      assert.match(stdout, says)
      const { causes } = (await runJson(['diagnose', token, ...args], { env })).stdout
      assert.deepEqual(
        causes.map(({ name, cause, fix }) => [name, `Cause: ${cause}\nFix:   ${fix}\n`]),
        [[name, stdout]],
      )
    })
  }

  async function namesOf(token, args, env = MASTER) {
    const { stdout } = await runJson(['diagnose', token, ...args], { env })
    return stdout.causes.map(({ name }) => name).join(' ')
  }

  const everything = { exp: ago, nbf: now + 3600, iat: Date.now(), aud: 'a', iss: 'me', uid: 1 }
  for (const [what, token, args, expected, env] of [
    ["the blog's, by a newer Node.js", wrongOnModernNode.token, [], 'node-6-trap expired'],
    ['expired and for others', sign(claims({ exp: ago }), MASTER_KEY), ['--aud', 'x'], 'expired audience'],
    [
      'wrong in everything that it can be',
      `Bearer ${withClaims(everything, MASTER_KEY)}`,
      ['--aud', 'other', '--ver', '1'],
      'wrapped raw-master-key expired not-active milliseconds audience issuer claim version',
    ],
    ['signed in hex by another key', inHex(withClaims({}, 'anything')), [], 'hex-signature other-key'],
    [
      'signed in hex by the key as it is',
      inHex(withClaims({}, MASTER_KEY)),
      [],
      'hex-signature raw-master-key',
    ],
    [
      'of another spelling and key',
      signRaw({ alg: 'hs256' }, contents, 'x'),
      [],
      'algorithm-spelling other-key',
    ],
    ['unsigned and expired', unsigned('none', { exp: ago }), [], 'unsigned expired'],
    ['cut and expired', `${withClaims({ exp: ago }).slice(0, -43)}!`, [], 'malformed expired'],
    [
      'cut, and of another algorithm',
      longToken('HS512').slice(0, -2),
      AT_SITE,
      'algorithm cut-signature',
      SITE_ENV,
    ],
    [".NET's, with text as key", longToken('HS512', SIGNING_KEY), AT_SITE, 'long-key encoded-key', SITE_ENV],
    ["App Service's and expired", siteTokenBy('x', { ver: '3', exp: ago }), [], 'app-service-token expired'],
    [
      'of Mobile Services, signed with the key of App Service',
      sign(claims({ aud: SITE }), SIGNING_KEY),
      AT_SITE,
      'mobile-services-token mobile-services-key',
      SITE_ENV,
    ],
  ]) {
    test(`names every cause of a token that is ${what}`, async () => {
      assert.equal(await namesOf(token, args, env), expected)
    })
  }

  test('prints an empty line between causes', async () => {
    const { stdout } = await run(['diagnose'], { env: MASTER, input: `${wrongOnModernNode.token}\n` })
    assert.match(stdout, /^Cause: .*\nFix: {3}.*\n\nCause: .*\nFix: {3}.*\n$/)
  })

  for (const [ours, words] of [
    [SITE.slice(0, -1), 'the slash at the end'],
    [SITE.replace('https', 'http'), 'the scheme'],
    ['site.example/', 'the scheme'],
    [SITE.replace('site', 'Site'), 'upper or lower case'],
    ['https://site.example:443/', 'the port'],
    ['HTTP://site.example:80'],
    ['https://other.example/'],
  ]) {
    test(`names both sides where the issuer and the audience are ${SITE} and ${ours}`, async () => {
      // Each of them can be the wrong one.
      for (const [claim, expected] of [
        [ours, SITE],
        [SITE, ours],
      ]) {
        const token = siteTokenBy(bytes, { aud: ['urn:b', claim], iss: claim })
        const args = ['--app-service', '--issuer', 'urn:a', '--issuer', expected]
        const { stdout } = await runJson(['diagnose', token, ...args], { env: SITE_ENV })
        assert.equal(stdout.causes.map(({ name }) => name).join(), 'audience,issuer')
        for (const { cause, fix } of stdout.causes) {
          assert.ok(cause.includes(words ? `"${expected}" differs in ${words}` : '"urn:a" or "'), cause)
          const sides = words
            ? `"${expected}", or have the server expect "${claim}" (here --`
            : ', or have the server expect "'
          assert.ok(fix.includes(sides), fix)
        }
      }
    })
  }

  test('accepts a token for any of several audiences and issuers, of either service', async () => {
    const several = ['other', 'your-aud'].flatMap((aud) => [
      '--aud',
      aud,
      '--issuer',
      `https://${aud}.example/`,
    ])
    const iss = 'https://other.example/'
    for (const [token, args, env] of [
      [withClaims({ iss, ver: undefined }), several, MASTER],
      [siteTokenBy(bytes, { aud: 'your-aud', iss }), ['--app-service', ...several], SITE_ENV],
      // verify() takes any version with an App Service key.
      [siteTokenBy(bytes, { ver: 1 }), AT_SITE, SITE_ENV],
    ]) {
      assert.equal((await run(['verify', token, ...args], { env })).code, 0)
      assert.equal(await namesOf(token, args, env), '')
    }
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
      for (const [expected, token, key] of [
        ['extra-characters', sign(claims(), extended), MASTER_KEY],
        ['extra-characters-here', sign(claims(), MASTER_KEY), extended],
      ]) {
        const { stdout } = await runJson(['diagnose', token], { env: { ZUMO_MASTER_KEY: key } })
        const [{ name, cause }, ...others] = stdout.causes
        assert.deepEqual([name, others], [expected, []])
        assert.ok(cause.includes(`: ${words}`), cause)
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
    const env = { WEBSITE_AUTH_SIGNING_KEY: `\ufeff"${SIGNING_KEY}"` }
    const { code, stderr } = await run(['diagnose', siteToken, ...AT_SITE], { env })
    assert.equal(code, 2)
    assert.match(
      stderr,
      /64 hexadecimal digits; .* It has extra characters around it: a byte order mark, quotes\./,
    )
  })

  test('finds nothing wrong with a valid token, and says what was not checked', async () => {
    const { code, stdout } = await run(['diagnose', GOOD], { env: MASTER })
    assert.equal(code, 0)
    assert.match(stdout, /^Nothing is wrong with this token\.\n.*--aud.*\n.*--ver.*\n$/)
    const asked = await run(['diagnose', GOOD, '--aud', 'your-aud', '--ver', '2'], { env: MASTER })
    assert.deepEqual(asked, { code: 0, stdout: 'Nothing is wrong with this token.\n', stderr: '' })
    assert.equal(await namesOf(siteToken, AT_SITE, SITE_ENV), '')
  })

  test('accepts text that is not a token', async () => {
    for (const text of ['"', '...', '..', '.', '{', 'eyJ', 'x-zumo-auth', ',', 'e']) {
      const { code, stdout } = await run(['diagnose'], { env: MASTER, input: text })
      assert.equal(code, 1, text)
      assert.match(stdout, /^Cause: (There is no token in this text|It is not a )/)
    }
  })

  test('takes a version for a number or its text', async () => {
    for (const ver of ['1', '2', 1, 2]) {
      const token = withClaims({ ver })
      assert.equal(await namesOf(token, ['--ver', `${ver}`]), '')
      assert.equal(await namesOf(token, ['--ver', `${3 - ver}`]), 'version')
      const atSite = await namesOf(withClaims({ ver }, 'anything'), AT_SITE, SITE_ENV)
      assert.match(atSite, /^mobile-services-token /)
    }
  })

  test('takes clocks for the cause up to 300 s after the expiry', async () => {
    const at = (seconds) => ['--now', new Date((now + seconds) * 1000).toISOString().replace('.000', '')]
    const token = sign(claims({ exp: now }), MASTER_KEY)
    assert.equal(await namesOf(token, at(299)), 'just-expired')
    assert.equal(await namesOf(token, at(300)), 'expired')
  })

  test('finds a token whose JSON has lines, in both alphabets', async () => {
    for (const line of ['\n', '\r\n', ' ']) {
      const parts = [HEADER, { ...contents, x: 'ÿÿÿÿ' }].map((part) =>
        JSON.stringify(part).replace('{', `{${line}`),
      )
      const [token, padded] = ['base64url', 'base64'].map((encoding) =>
        signText(parts.map((part) => Buffer.from(part).toString(encoding)).join('.'), derived),
      )
      assert.equal(await namesOf(`X-ZUMO-AUTH: ${token}\nAccept: */*`, []), '')
      assert.match(padded, /[/+]/)
      assert.equal(await namesOf(`X-ZUMO-AUTH: ${padded}\nAccept: */*`, []), 'padding')
    }
  })

  test('says so if kid is a number, unless version 1 is expected', async () => {
    const words = 'Its kid is a number, which many JWT libraries refuse: sign() writes it as text.'
    const token = zumoJwt(inAnHour() * 1000, 'your-aud', 'Custom:42', MASTER_KEY)
    const notesOf = async (args, env = MASTER, text = token) =>
      (await runJson(['diagnose', text, '--aud', 'your-aud', ...args], { env })).stdout.notes
    assert.deepEqual(await notesOf([]), ['Its version was not checked: use --ver.', words])
    assert.deepEqual(await notesOf(['--ver', '1']), [])
    assert.deepEqual(await notesOf(['--ver', '2']), [])
    assert.deepEqual(await notesOf(['--ver', '2'], MASTER, GOOD), [])
    const numbered = signRaw({ alg: 'HS256', kid: 0 }, { ...siteClaims, aud: 'your-aud' }, bytes)
    assert.deepEqual(await notesOf(AT_SITE, SITE_ENV, numbered), [])
    const { code, stdout } = await run(['diagnose', token], { env: MASTER })
    assert.deepEqual([code, stdout.split('\n').at(-2)], [0, words])
  })
})

describe('during a rotation', () => {
  const OTHER_KEY = 'the key before this one'
  const env = { ...MASTER, ZUMO_MASTER_KEY_OTHER: OTHER_KEY }
  const args = ['--aud', 'your-aud', '--ver', '2']
  const old = sign(claims(), OTHER_KEY)

  test('verify accepts the tokens of both keys, and diagnose says whose they are', async () => {
    for (const [token, variable] of [
      [GOOD, 'ZUMO_MASTER_KEY'],
      [old, 'ZUMO_MASTER_KEY_OTHER'],
    ]) {
      assert.equal((await run(['verify', token], { env })).code, 0)
      const note = `Its signer has the key of ${variable}.`
      const { code, stdout } = await run(['diagnose', token, ...args], { env })
      assert.deepEqual({ code, stdout }, { code: 0, stdout: `Nothing is wrong with this token.\n${note}\n` })
      assert.deepEqual((await runJson(['diagnose', token, ...args], { env })).stdout, {
        causes: [],
        notes: [note],
      })
    }
  })

  test('diagnose names a mistake that was made with either key, and says whose an expired token is', async () => {
    const note = 'Its signer has the key of ZUMO_MASTER_KEY_OTHER.'
    for (const [key, name, ...notes] of [
      [MASTER_KEY, 'raw-master-key'],
      [OTHER_KEY, 'raw-master-key', note],
      ['anything', 'other-key'],
    ]) {
      const { stdout } = await runJson(['diagnose', withClaims({}, key), ...args], { env })
      assert.deepEqual([stdout.causes.map((cause) => cause.name), stdout.notes], [[name], notes])
    }
    const expired = sign(claims({ exp: 1 }), OTHER_KEY)
    const { code, stdout } = await run(['diagnose', expired, ...args], { env })
    assert.equal(code, 1)
    assert.match(stdout, /^Cause: .*\nFix: .*\n\nIts signer has the key of ZUMO_MASTER_KEY_OTHER\.\n$/)
  })

  test('the other key is read only beside the first one in its variable', async () => {
    const alone = { ZUMO_MASTER_KEY_OTHER: OTHER_KEY }
    assert.equal((await run(['verify', old], { env: alone })).code, 2)
    assert.equal((await run(['verify', old, '--key-file', __filename], { env })).code, 1)
    const site = { ...env, ...SITE_ENV, ZUMO_MASTER_KEY_OTHER: 'ä' }
    assert.equal(
      (
        await run(['verify', siteKey.sign({ exp: inAnHour(), aud: SITE, iss: SITE, sub: 'u' }), ...AT_SITE], {
          env: site,
        })
      ).code,
      0,
    )
    const empty = { ...MASTER, ZUMO_MASTER_KEY_OTHER: '' }
    assert.deepEqual((await runJson(['diagnose', GOOD, ...args], { env: empty })).stdout.notes, [])
  })

  test('sign and key use the first key, and a key that is none is an error that names its variable', async () => {
    const signed = await run(['sign', '--aud', 'a', '--user', 'u'], { env })
    assert.equal((await run(['verify', signed.stdout.trim()], { env: MASTER })).code, 0)
    assert.equal((await run(['key'], { env })).stdout, (await run(['key'], { env: MASTER })).stdout)
    const { code, stderr } = await run(['verify', GOOD], { env: { ...MASTER, ZUMO_MASTER_KEY_OTHER: 'ä' } })
    assert.equal(code, 2)
    assert.match(stderr, /^zumo-jwt: ZUMO_MASTER_KEY_OTHER must be ASCII/)
  })
})
