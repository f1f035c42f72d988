'use strict'

const { describe, test } = require('node:test')
const assert = require('node:assert/strict')
const { inspect } = require('node:util')
const { decode, sign } = require('zumo-jwt')
const { GOOD, MASTER, MASTER_KEY, claims, run, runJson } = require('./cli-helpers.js')

const SECRET = 'hunter2'
const OTHER = sign(claims({ uid: 'Custom:43' }), MASTER_KEY)
const json = JSON.stringify
const login = (token) => ({ user: { userId: 'Custom:42' }, password: SECRET, authenticationToken: token })
const done = (token) =>
  `https://site.example/.auth/login/done#token=${encodeURIComponent(json(login(token)))}`
const wrap = (text, width, between = '\n') => text.match(RegExp(`.{1,${width}}`, 'g')).join(between)
const asHtml = (text) => text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;')
const asNumbers = (text) => text.replaceAll('"', '&#34;').replaceAll('.', '&#046;')
const curl = (token, name = 'X-ZUMO-AUTH') => `*   Trying 127.0.0.1:3000...
> GET /tables/foo?password=${SECRET} HTTP/1.1
> Host: localhost:3000
> Accept: */*
> ${name}: ${token}
>${' '}
< HTTP/1.1 401 Unauthorized
{"code":401,"error":"Error: Unauthorized"}`

/** What people paste, of a token: of all of it nothing but the token counts. */
const FORMS = {
  'a token and a newline': (token) => `${token}\n\n`,
  'a login answer': (token) => json(login(token)),
  'a login answer, pretty-printed': (token) => json(login(token), null, 2),
  'JSON in JSON in JSON': (token) => json({ log: json({ status: 200, body: json(login(token)) }) }),
  'JSON in CSV': (token) => `2026-11-27,"${json(login(token)).replaceAll('"', '""')}",401`,
  'the URL after a login': done,
  'that URL in another URL': (token) => `app://open?url=${encodeURIComponent(done(token))}`,
  'a link in HTML': (token) => `<p><a href="${done(token)}">signed in</a></p>`,
  'JSON in HTML': (token) => `<html><body><pre>${asHtml(json(login(token), null, 1))}</pre></body></html>`,
  'JSON in HTML, as Go writes it': (token) => `<pre>${asNumbers(json(login(token)))}</pre>`,
  'JSON in HTML, in hexadecimal numbers': (token) =>
    `<pre>${json(login(token)).replaceAll('"', '&#x22;').replaceAll('i', '&#x69;')}</pre>`,
  'headers of PHP in HTML': (token) =>
    `<pre>${asHtml(`[X-ZUMO-AUTH] => ${token}\n`).replace('>', '&gt;')}</pre>`,
  'a URL with every character encoded': (token) =>
    `x=${token.replace(/./g, (c) => `%${Buffer.from(c).toString('hex')}`)}`,
  'lines in HTML of capitals': (token) => `<P>X-ZUMO-AUTH: ${wrap(token, 60, '<BR>')}</P>`,
  'a table of lines': (token) => wrap(token, 40).replace(/^.*$/gm, (line) => `│ ${line.padEnd(40)} │`),
  'a log without anything between name and value': (token) => `|X-ZUMO-AUTH${token}|password ${SECRET}`,
  'a script in HTML': (token) =>
    `<script>opener.postMessage("${json(login(token)).replaceAll('"', '\\"')}")</script>`,
  'a table in HTML': (token) =>
    `<tr><td class="n">X-ZUMO-AUTH</td><td class="v">${wrap(token, 40, '<wbr>')}</td></tr>`,
  'a line of curl -v': (token) => `> X-ZUMO-AUTH: ${token}`,
  'all of curl -v': curl,
  'all of curl -v, with CRLF': (token) => curl(token).replaceAll('\n', '\r\n'),
  'all of curl -v on 80 columns': (token) => curl(token).replace(/.{80}/g, '$&\n'),
  'HTTP/2 in curl -v': (token) => `* [HTTP/2] [1] [x-zumo-auth: ${token}]\n> x-zumo-auth: ${token}\n`,
  'a command': (token) => `curl -u me:${SECRET} \\\n  -H 'X-ZUMO-AUTH: ${token}' \\\n  http://localhost`,
  'a command of Windows': (token) => `curl ^"http://localhost^" -H ^"X-ZUMO-AUTH: ${token}^"`,
  'a command of PowerShell': (token) => `irm $url -Headers @{"X-ZUMO-AUTH"="${token}"}`,
  'JSON of headers': (token) => json({ host: 'x', 'x-zumo-auth': token, cookie: SECRET }),
  'pairs of headers': (token) => json(['Host', 'x', 'X-ZUMO-AUTH', token, 'Accept', '*/*']),
  'headers of a HAR file': (token) => json([{ name: 'X-ZUMO-AUTH', value: token }], null, 2),
  'headers of Node.js': (token) => inspect(new Headers({ 'x-zumo-auth': token, accept: '*/*' })),
  'headers of a browser': (token) => `X-ZUMO-AUTH:\n${token}\nX-ZUMO-VERSION:\nZUMO/2`,
  'a cookie': (token) => `Cookie: password=${SECRET}; login=${encodeURIComponent(json(login(token)))}; a=b`,
  'a cookie that is set': (token) => `Set-Cookie: token=${token}; Path=/; HttpOnly`,
  'a signed cookie of Express': (token) =>
    `connect.token=s%3A${token}.${'Ab/+'.repeat(11).slice(1)}; a=${SECRET}`,
  'a query string': (token) => `GET /api/x?password=${SECRET}&token=${token} HTTP/1.1`,
  'a line of a log': (token) => `2026-11-27T10:00Z WARN [auth] refused ${token}, password=${SECRET}`,
  'a line of nginx': (token) => `"GET / HTTP/1.1" 401 "${json(login(token)).replaceAll('"', '\\x22')}"`,
  'a sentence': (token) => `Why is the token ${token} refused? With ${SECRET} I can sign in.`,
  'the end of a sentence': (token) => `My token is ${token}.`,
  'a file of settings': (token) => `PASSWORD="${SECRET}"\nexport TOKEN="${token}"\n`,
  Markdown: (token) => `Refused:\n\`\`\`\n${token}\n\`\`\`\n`,
  'source code': (token) => `const token = '${wrap(token, 50, "' +\n  '")}'\nconst password = '${SECRET}'`,
  'source code of Java': (token) => `setToken("${wrap(token, 50, '"\n  + "')}");\nsetPassword("${SECRET}");`,
  'source code of PHP': (token) => `$token = '${wrap(token, 50, "' .\n  '")}';\n$password = '${SECRET}';`,
  'source code of Visual Basic': (token) => `a = "${wrap(token, 50, '" & _\r\n  "')}"\r\nb = "${SECRET}"`,
  'a log in colours': (token) => `\x1b[32mtoken\x1b[39m \x1b[1m${token}\x1b[0m\npassword \x1b[1m${SECRET}`,
  'lines in HTML': (token) => `<p>X-ZUMO-AUTH: ${wrap(token, 60, '<br>\n')}<br />password: ${SECRET}</p>`,
  'lines of 64': (token) => wrap(token, 64),
  'lines of 20, with CRLF': (token) => wrap(token, 20, '\r\n'),
  'lines that were joined': (token) => wrap(token, 76, ' '),
  'a header on several lines': (token) => `X-ZUMO-AUTH: ${wrap(token, 60, '\n    ')}\nAccept: */*`,
  'lines in JSON': (token) =>
    json({ message: `X-ZUMO-AUTH: ${wrap(token, 70, '\r\n')}\r\npassword: ${SECRET}` }),
  'a quoted e-mail': (token) => `Hello,\n\n${wrap(token, 72)}\n\nBye`.replace(/^/gm, '> '),
  'an encoded e-mail': (token) => wrap(`token=3D${token}`, 75, '=\r\n'),
  'an e-mail encoded in shorter lines': (token) => wrap(`token=3D${token}`, 73, '=\n'),
  'text with a byte order mark': (token) => `\ufeff${token}\r\n`,
  'UTF-16': (token) => Buffer.from(`\ufeff${token}\r\n`, 'utf16le'),
  'characters that are not seen': (token) => wrap(token, 30, '\u200b'),
}

describe('finds the token in', () => {
  for (const [what, form] of Object.entries(FORMS)) {
    test(what, async () => {
      const nothing = { code: 0, stdout: 'Nothing is wrong with this token.\n', stderr: '' }
      const args = ['diagnose', '--aud', 'your-aud', '--ver', '2']
      assert.deepEqual(await run(args, { env: MASTER, input: form(GOOD) }), nothing)
      const cut = await runJson(args, { env: MASTER, input: form(GOOD.slice(0, -5)) })
      const [{ name, cause }] = cut.stdout.causes
      assert.match(`${name} ${cause}`, /^(malformed|cut-signature) .* (cut|not a whole token)/)
      const { stdout } = await runJson(['decode'], { input: form(GOOD) })
      assert.deepEqual(stdout, decode(GOOD))
      for (const shown of [cut, await run(['decode'], { input: form(GOOD) })])
        assert.ok(!json(shown).includes(SECRET))
    })
  }

  for (const [what, text, place, passedOver] of [
    [
      'the header, of a request and its answer',
      `${json(login(OTHER))}\n${curl(GOOD)}`,
      'token of X-ZUMO-AUTH',
      '1 other',
    ],
    [
      'the login answer',
      `refused ${OTHER}\n${curl(OTHER, 'Authorization')}${json(login(GOOD))}`,
      'authenticationToken',
      '1 other',
    ],
    ['the first line', `${GOOD}\n${OTHER}\n${sign(claims(), 'another')}\n`, 'first token', '2 others'],
    [
      'the only place with all of it',
      `X-MS-CLIENT-PRINCIPAL: eyJhdXRoIjoiYWFkIn0\n${GOOD.slice(0, 60)}...\n${GOOD}`,
    ],
    ['two places with the same', `${json(login(GOOD))}\n${curl(GOOD)}`],
  ]) {
    test(`${what}, and says what it passed over`, async () => {
      const note = place ? `Read the ${place}, and passed over ${passedOver}.\n` : ''
      const { code, stderr } = await run(['diagnose'], { env: MASTER, input: text })
      assert.deepEqual({ code, stderr }, { code: 0, stderr: note })
      const decoded = await run(['decode', '--json'], { input: text })
      assert.deepEqual(JSON.parse(decoded.stdout), decode(GOOD))
      assert.ok(decoded.stderr.startsWith(note))
    })
  }

  test('the text, and shows nothing of what follows it', async () => {
    for (const [alg, text] of [
      ['none', '.\nhunter2'],
      ['ES256', '.abcd hunter2'],
      ['RS256', '.ab\nhunter2\n'],
      ['HS256', `.abcd\nhunter2`],
    ]) {
      const parts = [{ alg }, claims()].map((part) => Buffer.from(json(part)).toString('base64url'))
      for (const command of ['decode', 'diagnose']) {
        const shown = await run([command, '--json'], { env: MASTER, input: parts.join('.') + text })
        assert.ok(!json(shown).includes(SECRET), alg)
      }
    }
  })

  test('text, but not for verify', async () => {
    for (const text of [`Bearer ${GOOD}`, json(login(GOOD)), ` ${GOOD}`]) {
      assert.equal((await run(['verify'], { env: MASTER, input: text })).code, 1)
    }
  })
})
