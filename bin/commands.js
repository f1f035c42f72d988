'use strict'

const { sign, verify, ZumoJwtError } = require('../index.js')
const { UsageError, readChoice, readClaim, readSeconds, readTime } = require('./arguments.js')
const { diagnose } = require('./diagnose.js')
const { tryDecode, whyMalformed } = require('./format.js')
const { OTHER_VARIABLE, readKeys, readToken, readTokenAndKeys } = require('./input.js')
const { print, note, paint, describe } = require('./output.js')
const { findToken } = require('./pasted-token.js')

const TEXT = { type: 'string' }
const FLAG = { type: 'boolean' }
const TEXTS = { type: 'string', multiple: true }
const KEY = { 'key-file': TEXT, 'app-service': FLAG, encoding: TEXT }
const EXPECTED = { aud: TEXTS, issuer: TEXTS, 'clock-tolerance': TEXT, now: TEXT }

const KEY_HELP = `
The key of a Mobile Service is its master key, in ZUMO_MASTER_KEY. With --app-service, it is the
signing key of the site, 64 hexadecimal digits in WEBSITE_AUTH_SIGNING_KEY. Where the variable is
not set or empty, a terminal asks for the key. A key is never taken from an argument.
Beside ZUMO_MASTER_KEY, verify and diagnose read ZUMO_MASTER_KEY_OTHER: the other key of a rotation.
  --key-file F    read the key from the file F; one newline at its end is ignored
  --encoding E    how any other App Service key is written: hex, base64 or text`

const TOKEN_HELP = `\
  -               read the token from standard input (default); on a terminal, to Ctrl-D
  TOKEN           the token; the process list and the history of the shell show it`

const EXPECTED_HELP = `\
  --aud A         an accepted audience; with --app-service, the default is the issuer
  --issuer URL    an accepted issuer: for a site of App Service, https://SITE.azurewebsites.net/
                  --aud and --issuer can be repeated.
  --clock-tolerance SECONDS
                  how long a token is still accepted after it has expired (default: 0)
  --now T         the time to verify at (default: now)`

const TIME_HELP = `\
T is a time from now: 3600 (seconds), 90m, 12h, 1d, 2w or 1y (365.25 days). Or it is a date:
2026-12-31 or 2026-12-31T00:00Z.`

const COMMANDS = {
  sign: {
    options: { ...KEY, aud: TEXT, issuer: TEXT, user: TEXT, expires: TEXT, ver: TEXT, claim: TEXTS },
    help: `Prints a new token, and nothing else.

Usage: zumo-jwt sign --aud A --user U [options]
       zumo-jwt sign --app-service --issuer URL --user U [options]

  --aud A         the audience; with --app-service, the default is the issuer
  --user U        the user, usually Provider:id
  --expires T     when it expires; a time in the past is signed too (default: 1d)
  --ver 1|2       the version of a Mobile Services token (default: 2)
  --claim N=JSON  another claim, signed as written: --claim 'id="x"'. Can be repeated.
  --app-service   make an App Service token
  --issuer URL    the site, https://SITE.azurewebsites.net/
  --json          print {"token"}

${TIME_HELP}
${KEY_HELP}`,
    async run(values) {
      const { issuer, 'app-service': isAppService } = values
      if (isAppService && !issuer) throw new UsageError('--app-service needs --issuer.')
      if (issuer !== undefined && !isAppService) throw new UsageError('--issuer needs --app-service.')
      const audience = values.aud ?? issuer
      if (!audience) throw new UsageError('--aud is missing.')
      if (!values.user) throw new UsageError('--user is missing.')
      const claims = new Map([
        ['exp', readTime('expires', values.expires ?? '1d')],
        ['aud', audience],
        [isAppService ? 'sub' : 'uid', values.user],
      ])
      if (issuer) claims.set('iss', issuer)
      for (const claim of values.claim ?? []) {
        const [name, value] = readClaim(claim)
        if (claims.has(name)) throw new UsageError(`The claim ${JSON.stringify(name)} is given twice.`)
        claims.set(name, value)
      }
      const ver = readVersion(values)
      const [{ key }] = await readKeys(values)
      const token = sign(Object.fromEntries(claims), key, ver === undefined ? {} : { version: Number(ver) })
      print(values.json ? JSON.stringify({ token }) : token)
    },
  },

  verify: {
    takesToken: true,
    onRefusal: 'To see every cause and its fix, run zumo-jwt diagnose with the same arguments.',
    options: { ...KEY, ...EXPECTED },
    help: `Verifies a token and prints its claims. Exits 1 for a token that must not be trusted, with the
reason and its code on standard error.

Usage: zumo-jwt verify [-|TOKEN] [options]

${TOKEN_HELP}
${EXPECTED_HELP}
  --app-service   verify an App Service token
  --json          print {"userId","claims","header"}; on standard error {"code","message","claim"}

${TIME_HELP}
${KEY_HELP}`,
    async run(values, argument) {
      const options = verifyOptions(values)
      const { token, materials } = await readTokenAndKeys(argument, values)
      const keys = materials.map(({ key }) => key)
      const verified = verify(token, keys, options)
      if (values.json) return print(JSON.stringify(verified))
      print(paint('green', 'The token is valid.'))
      print(describe(verified.claims, options.now))
    },
  },

  decode: {
    takesToken: true,
    options: {},
    help: `Prints what is in a token, WITHOUT verifying anything: anyone can have written it. Needs no key.
The token is found in what is around it: a login answer, headers, a URL, a log or HTML.

Usage: zumo-jwt decode [-|TOKEN] [options]

${TOKEN_HELP}
  --json          print {"header","claims","signature"}`,
    async run(values, argument) {
      const found = findToken(await readToken(argument))
      const decoded = tryDecode(found.token)
      // It says more than the message of decode().
      if (!decoded) throw new ZumoJwtError('ERR_ZUMO_JWT_MALFORMED', whyMalformed(found.token))
      notePassedOver(found)
      note(paint('yellow', 'Nothing was verified: anyone can have written this.', process.stderr))
      if (values.json) return print(JSON.stringify(decoded))
      for (const [title, name] of Object.entries({ Header: 'header', Claims: 'claims' })) {
        print(`${paint('bold', title)}\n${describe(decoded[name], new Date())}`)
      }
    },
  },

  diagnose: {
    takesToken: true,
    options: { ...KEY, ...EXPECTED, ver: TEXT },
    help: `Prints every cause for which a token is refused, each with a fix. Exits 1 if there is a cause,
0 if the token is good. The token is found in what is around it, as by decode.

Usage: zumo-jwt diagnose [-|TOKEN] [options]

${TOKEN_HELP}
${EXPECTED_HELP}
  --ver 1|2       the version that the server expects
  --app-service   diagnose an App Service token
  --json          print {"causes":[{"name","cause","fix"}],"notes":["text"]}

${TIME_HELP}
${KEY_HELP}`,
    async run(values, argument) {
      const options = verifyOptions(values)
      const ver = readVersion(values)
      const { token, materials } = await readTokenAndKeys(argument, values)
      const found = findToken(token)
      const results = materials.map(({ variable, ...material }) => {
        return { variable, causes: [...diagnose(found, material, options, ver)] }
      })
      const isSigner = ({ causes }) => !causes.some(({ name }) => name === 'other-key')
      const { variable, causes } = results.find(isSigner) ?? results[0]
      const notes = causes.length === 0 ? notesOf(found.token, values) : []
      if (materials.length > 1 && (causes.length === 0 || variable === OTHER_VARIABLE)) {
        notes.unshift(`Its signer has the key of ${variable}.`)
      }
      if (causes.length > 0) process.exitCode = 1
      notePassedOver(found)
      if (values.json) return print(JSON.stringify({ causes, notes }))
      const texts = causes.map(({ cause, fix }) => {
        return `${paint('red', 'Cause:')} ${cause}\n${paint('green', 'Fix:')}   ${fix}\n`
      })
      if (causes.length === 0) texts.push(paint('green', 'Nothing is wrong with this token.'))
      print([...texts, ...notes].join('\n').trimEnd())
    },
  },

  key: {
    options: { ...KEY, format: TEXT },
    help: `Prints the signing key that is derived from the master key, for other tools. Whoever has it can
sign in as any user.

Usage: zumo-jwt key [--format hex|base64|jwk] [options]

  --format hex    for azureSigningKey of azure-mobile-apps, and Buffer.from(key, 'hex') (default)
  --format base64 for the <key> of API Management's validate-jwt
  --format jwk    for importJWK of jose
  --app-service   print the signing key of an App Service site
  --json          print {"format","key"}
${KEY_HELP}`,
    async run(values) {
      const format = readChoice('format', values.format ?? 'hex', ['hex', 'base64', 'jwk'])
      const [{ key }] = await readKeys(values)
      const bytes = key.export()
      const jwk = { kty: 'oct', alg: 'HS256', k: bytes.toString('base64url') }
      const shown = format === 'jwk' ? jwk : bytes.toString(format)
      const text = format === 'jwk' ? JSON.stringify(jwk) : shown
      note(paint('yellow', 'Whoever has this key can sign in as any user: keep it secret.', process.stderr))
      print(values.json ? JSON.stringify({ format, key: shown }) : text)
    },
  },
}

/** What to know of a token that is good. */
function notesOf(token, { aud, ver, 'app-service': isAppService }) {
  if (isAppService) return []
  const isNumber = typeof tryDecode(token).header.kid === 'number'
  const notes = {
    'Its audience was not checked: use --aud.': !aud,
    'Its version was not checked: use --ver.': !ver,
    'Its kid is a number, which many JWT libraries refuse: sign() writes it as text.':
      isNumber && ver !== '1',
  }
  return Object.keys(notes).filter((note) => notes[note])
}

/** Where there were several tokens, says which one was read. Shows nothing of what was around it. */
function notePassedOver({ place, passedOver }) {
  if (passedOver > 0) note(`Read ${place}, and passed over ${passedOver} other${passedOver > 1 ? 's' : ''}.`)
}

function verifyOptions({ aud, issuer, now, 'clock-tolerance': tolerance, 'app-service': isAppService }) {
  if (isAppService && !issuer?.every(Boolean)) throw new UsageError('--app-service needs --issuer.')
  const audience = aud ?? (isAppService ? issuer : undefined)
  return {
    now: now === undefined ? new Date() : readTime('now', now),
    ...(audience && { audience }),
    ...(issuer && { issuer }),
    ...(tolerance !== undefined && { clockTolerance: readSeconds('clock-tolerance', tolerance) }),
  }
}

function readVersion({ ver, 'app-service': isAppService }) {
  if (ver === undefined) return undefined
  if (isAppService) throw new UsageError('--ver is for Mobile Services only.')
  return readChoice('ver', ver, ['1', '2'])
}

module.exports = { COMMANDS, KEY_HELP }
