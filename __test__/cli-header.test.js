'use strict'

const { describe, test } = require('node:test')
const assert = require('node:assert/strict')
const { sign } = require('zumo-jwt')
const { GOOD, MASTER, MASTER_KEY, claims, run, runJson } = require('./cli-helpers.js')

const OTHER = sign(claims({ uid: 'Custom:43' }), MASTER_KEY)
const SECRET = 'hunter2'
const json = JSON.stringify
const login = { user: { userId: SECRET }, authenticationToken: GOOD }
const request = (...lines) =>
  ['GET /tables/foo HTTP/1.1', `Host: ${SECRET}`, ...lines, ''].map((line) => `> ${line}\n`).join('')
const header = `X-ZUMO-AUTH: ${GOOD}`
const shown = (text) => json(text.replaceAll(GOOD, 'TOKEN').replaceAll(OTHER, 'OTHER').slice(0, 100))

/** What is sent to a server, by the cause that is in it and how its words begin. */
const SENT = {
  'sent-twice': [
    `${GOOD}, ${GOOD}`,
    `${GOOD},${GOOD}\n`,
    `"${GOOD}, ${GOOD}"`,
    `X-ZUMO-AUTH: ${GOOD}, ${GOOD}`,
    `X-ZUMO-AUTH: ${GOOD}, ${OTHER}`,
    `2026-11-27 INFO X-ZUMO-AUTH: ${GOOD},${GOOD}`,
    `{X-ZUMO-AUTH=${GOOD}, ${GOOD}, Accept=*/*}`,
    `curl -H 'X-ZUMO-AUTH: ${GOOD}, ${GOOD}' http://localhost`,
    json({ 'x-zumo-auth': `${GOOD}, ${GOOD}` }),
    json({ 'X-ZUMO-AUTH': [GOOD, GOOD] }),
    json([{ name: 'X-ZUMO-AUTH', value: `${GOOD},${GOOD}` }]),
    `map[X-Zumo-Auth:[${GOOD} ${GOOD}]]`,
    request(header, header, 'Accept: */*'),
    request(header, 'Accept: */*', `x-zumo-auth: ${OTHER}`).replaceAll('\n', '\r\n'),
    `POST /api/x HTTP/1.1\n${header}\nAccept: */*\n${header}`,
    `Method: GET, RequestUri: 'http://localhost/', Version: 1.1, Headers:\r\n{\r\n  ${header}\r\n  ${header}\r\n}`,
  ],
  wrapped: [
    ...['Basic', 'Token', 'JWT', 'Token token=', 'anything', 'Bearer:', 'token='].map((word) => {
      return request(`X-ZUMO-AUTH: ${word} ${GOOD}`.replace('= ', '='))
    }),
    `X-ZUMO-AUTH: Token token="${GOOD}"`,
    request(`X-ZUMO-AUTH: zumo ${GOOD}`).replaceAll('>', '&gt;'),
    json({ 'x-zumo-auth': `zumo ${GOOD}` }).replaceAll('"', '&#34;'),
    json({ level: 30, msg: `X-ZUMO-AUTH: Basic ${GOOD}` }),
    `D/OkHttp: X-ZUMO-AUTH: Basic ${GOOD}\r\nD/OkHttp: --> END GET`,
    `\ufeffX-ZUMO-AUTH: zumo ${GOOD}\r\n`,
    `curl http://localhost -H 'Accept: */*' -H 'X-ZUMO-AUTH: zumo ${GOOD}' -H 'password: ${SECRET}'`,
    `fetch("http://localhost", { headers: { "x-zumo-auth": "zumo ${GOOD}", "password": "${SECRET}" } })`,
    `"X-ZUMO-AUTH"="zumo ${GOOD}"`,
    `{'X-ZUMO-AUTH': 'zumo ${GOOD}', 'Accept': '*/*'}`,
    `{"HTTP_X_ZUMO_AUTH"=>"zumo ${GOOD}"}`,
    `Array\n(\n    [X-ZUMO-AUTH] => zumo ${GOOD}\n    [Accept] => */*\n)`,
    `array(1) {\n  ["X-ZUMO-AUTH"]=>\n  string(250) "zumo ${GOOD}"\n}`,
    `{X-ZUMO-AUTH=zumo ${GOOD}, Accept=*/*}`,
    `{Accept=*/*, X-ZUMO-AUTH=zumo ${GOOD}}`,
    `[Accept:"*/*", X-ZUMO-AUTH:"zumo ${GOOD}"]`,
    request(`X-ZUMO-AUTH: ${json({ token: GOOD })}`),
    `X-ZUMO-AUTH: ${json(login)}`,
    json({ 'x-zumo-auth': json({ password: SECRET, token: GOOD, user: { id: 1 } }) }),
    `curl -H 'X-ZUMO-AUTH: ${json(login)}' http://localhost`,
    `X-ZUMO-AUTH: ${GOOD}; path=/`,
    request(`x-zumo-auth: ${GOOD}; Path=/; HttpOnly`),
    json({ 'x-zumo-auth': `${GOOD}; path=/; domain=${SECRET}` }),
    `X-ZUMO-AUTH: Bearer${GOOD}`,
    `wget --header="X-ZUMO-AUTH: zumo ${GOOD}" http://localhost`,
    `curl ^"http://localhost^" -H ^"X-ZUMO-AUTH: zumo ${GOOD}^"`,
    `http localhost 'X-ZUMO-AUTH: Basic ${GOOD}'`,
    `map[Accept:[*/*] X-Zumo-Auth:[Basic ${GOOD}]]`,
    `client.DefaultRequestHeaders.Add("X-ZUMO-AUTH", "zumo ${GOOD}");`,
    `X-ZUMO-AUTH: Optional("${GOOD}")`,
    ...[`"${GOOD}"`, `Bearer "${GOOD}"`, `b'${GOOD}'`, `${GOOD},`, `<${GOOD}>`, `X-ZUMO-AUTH: ${GOOD}`].map(
      (sent) => {
        return `GET / HTTP/1.1\r\nHost: x\r\nX-ZUMO-AUTH: ${sent}\r\nAccept: */*\r\n`
      },
    ),
    `'X-ZUMO-AUTH: zumo ${GOOD}'`,
    `CURLOPT_HTTPHEADER, array('X-ZUMO-AUTH: zumo ${GOOD}')`,
  ],
  authorization: [
    `INFO Authorization: Bearer ${GOOD}`,
    ...['Bearer', 'Basic ', 'Token '].map((scheme) => `Authorization: ${scheme}${GOOD}`),
    `${json(login)}\n${request(`Authorization: Bearer ${GOOD}`)}`,
  ],
  'instead: null or undefined': [
    ...['null', 'undefined', '"null"', '\ufeffundefined\r\n', 'None', '(null)', 'Bearer undefined'],
    'X-ZUMO-AUTH: undefined',
    request('X-ZUMO-AUTH: null', 'Accept: */*').replaceAll('\n', '\r\n'),
    'curl -H "X-ZUMO-AUTH: undefined" http://localhost',
    '{X-ZUMO-AUTH=null, Accept=*/*}',
    json({ 'x-zumo-auth': 'undefined', host: SECRET }),
    json({ user: null, authenticationToken: null }),
    json([{ name: 'X-ZUMO-AUTH', value: 'null' }]),
    "['X-ZUMO-AUTH', 'undefined']",
    'X-ZUMO-AUTH: undefined HTTP/1.1',
    'X-ZUMO-AUTH: nil',
    '"X-ZUMO-AUTH" = "<null>";',
    'x-zumo-auth=undefined status=401',
    'Authorization: Bearer null',
    '{"token":null}',
  ],
  'instead: the text of an object': [
    ...[
      '[object Object]',
      '[object Promise]',
      "Instance of 'Future<String>'",
      'System.Threading.Tasks.Task`1[System.String]',
      'Promise { <pending> }',
    ],
    'X-ZUMO-AUTH: [object Object]',
    json({ 'x-zumo-auth': '[object Promise]' }),
    'X-ZUMO-AUTH: <coroutine object login at 0x7f>',
  ],
  'instead: a placeholder': [
    ...[
      '{{token}}',
      '{{ zumo.token }}',
      `\${token}`,
      '#{token}',
      '{token}',
      '<token>',
      '&lt;your token&gt;',
      '%TOKEN%',
    ],
    ...[
      '$TOKEN',
      '$(token)',
      '$env:TOKEN',
      'YOUR_TOKEN',
      'your-token-here',
      '<%= token %>',
      `\${{ a.b }}`,
      '__TOKEN__',
    ],
    'X-ZUMO-AUTH: {{token}}',
    'X-ZUMO-AUTH: Bearer {{token}}',
    "curl -H 'X-ZUMO-AUTH: $TOKEN' http://localhost",
    json({ key: 'X-ZUMO-AUTH', value: '{{token}}', type: 'text' }),
  ],
  'instead: "Bearer"': [
    'Bearer',
    'bearer \n',
    'X-ZUMO-AUTH: Bearer',
    request('X-ZUMO-AUTH: Bearer ', 'Accept: */*'),
  ],
  'instead: an empty text': [
    ...['""', "''", 'X-ZUMO-AUTH:', 'curl -H "X-ZUMO-AUTH: " http://localhost'],
    request('X-ZUMO-AUTH: ', 'Accept: */*'),
    json({ 'x-zumo-auth': '', host: SECRET }),
  ],
  'instead: null': [
    `${json(login)}\n${request('X-ZUMO-AUTH: undefined')}`,
    `${request('X-ZUMO-AUTH: null', 'X-MS-CLIENT-PRINCIPAL: eyJhdXRoIjoiYWFkIn0')}`,
  ],
  'no-token': [
    ...[
      '{"x-zumo-auth":"[Redacted]"}',
      '{"authorization":"Basic dXNlcjpwYXNz"}',
      '{"token":"6f9619ff-8b86"}',
    ],
    ...['X-ZUMO-AUTH: Bearer EAACEdEose0cBAKj1', "xhr.setRequestHeader('X-ZUMO-AUTH', 'Bearer ' + token)"],
    'The token is null and void',
    '{"error":"x"}',
    'Vary: X-ZUMO-AUTH',
    'the bearer of this',
  ],
}

/** What is no mistake, or cannot be told from none. */
const GOOD_FORMS = [
  `${json(login)}\n${request(header)}`,
  `${request(header)}< HTTP/1.1 401\n\n${request(header)}`,
  `${request(header)}${request(header)}`,
  `${header}\n${header}`,
  `* [HTTP/2] [1] [x-zumo-auth: ${GOOD}]\n> GET / HTTP/2\n> Host: x\n> x-zumo-auth: ${GOOD}\n>`,
  `GET / HTTP/1.1\n${header}\nsent again with\n${header}`,
  `{X-ZUMO-AUTH=${GOOD}, Accept=*/*}`,
  `${header}, X-ZUMO-VERSION: 2.0`,
  `${header} HTTP/1.1`,
  `${header} | 401`,
  `${header} (expired)`,
  `${header} 200 12ms`,
  `${header};`,
  `Set-Cookie: X-ZUMO-AUTH=${GOOD}; Path=/`,
  `X-ZUMO-AUTH=${GOOD}; Path=/`,
  `{Set-Cookie=X-ZUMO-AUTH=${GOOD}; Path=/}`,
  json({ 'set-cookie': [`X-ZUMO-AUTH=${GOOD}; Path=/`] }),
  json({ level: 30, msg: `X-ZUMO-AUTH: rejected ${GOOD}` }),
  json({ msg: `X-ZUMO-AUTH: "${GOOD}"` }),
  `console.log("X-ZUMO-AUTH: got ${GOOD}")`,
  `WARN [auth] X-ZUMO-AUTH: rejected ${GOOD}`,
  `x-zumo-auth: { token: '${GOOD}' }`,
  `{ 'x-zumo-auth': { token: '${GOOD}' } }`,
  json({ 'x-zumo-auth': { token: GOOD } }),
  json({ authorization: { token: GOOD } }),
  `X-ZUMO-AUTH: "${GOOD}"`,
  `X_ZUMO_AUTH="${GOOD}"`,
  `|X-ZUMO-AUTH${GOOD}|`,
  `authenticationToken${GOOD}`,
  `127.0.0.1 - - [27/Nov/2026] "GET / HTTP/1.1" 401 12 "-" "curl" x-zumo-auth="${GOOD}" rt=0.1`,
  json({ 'x-zumo-auth': GOOD, cookie: `a; path=/; ${SECRET}` }),
  `${json({ authenticationToken: null })}\n${header}`,
]

describe('in what was sent, diagnose', () => {
  for (const [key, texts] of Object.entries(SENT)) {
    const [name, words = ''] = key.split(': ')
    for (const text of texts) {
      test(`finds the cause ${key}: ${shown(text)}`, async () => {
        const { code, stdout } = await runJson(['diagnose'], { env: MASTER, input: text })
        const [cause, ...others] = stdout.causes
        assert.deepEqual({ code, name: cause.name, others: others.length }, { code: 1, name, others: 0 })
        assert.ok(cause.cause.startsWith(words && `Instead of a token, ${words}`), cause.cause)
        assert.ok(!json(stdout).includes(SECRET))
        const asText = await run(['diagnose'], { env: MASTER, input: text })
        assert.equal(asText.stdout, `Cause: ${cause.cause}\nFix:   ${cause.fix}\n`)
      })
    }
  }

  for (const text of GOOD_FORMS) {
    test(`finds nothing wrong: ${shown(text)}`, async () => {
      const args = ['diagnose', '--aud', 'your-aud', '--ver', '2']
      const expected = { code: 0, stdout: 'Nothing is wrong with this token.\n', stderr: '' }
      assert.deepEqual(await run(args, { env: MASTER, input: text }), expected)
    })
  }

  test('finds nothing wrong with a token beside another one that was sent twice', async () => {
    const twice = `X-ZUMO-AUTH: ${OTHER}`
    const input = `${request(header)}\n${request(twice, twice)}`
    assert.deepEqual((await runJson(['diagnose'], { env: MASTER, input })).stdout.causes, [])
  })

  test('takes an empty argument for an empty token', async () => {
    assert.equal((await runJson(['diagnose', ''], { env: MASTER })).stdout.causes[0].name, 'instead')
  })
})
