'use strict'

const { sign, verify, ZumoJwtError } = require('../index.js')
const { UsageError, readChoice, readClaim, readSeconds, readTime } = require('./arguments.js')
const { diagnose } = require('./diagnose.js')
const { tryDecode, whyMalformed } = require('./format.js')
const { OTHER_VARIABLE, readKeys, readToken, readTokenAndKeys } = require('./input.js')
const { print, note, paint, describe } = require('./output.js')
const { findToken } = require('./pasted-token.js')

const text = (value, help) => ({ type: 'string', value, help })
const texts = (value, help) => ({ ...text(value, `${help}; can be repeated`), multiple: true })
const flag = (help) => ({ type: 'boolean', value: '', help })

const KEY = {
  'app-service': flag('the token and the key are of App Service, not of Mobile Services'),
  'key-file': text('F', 'read the key from the file F; one newline at its end is ignored'),
  encoding: text('E', 'how any other App Service key is written: hex, base64 or text'),
}

const KEY_HELP = `\
The key of a Mobile Service is its master key, in ZUMO_MASTER_KEY. With --app-service, it is the
signing key of the site, 64 hexadecimal digits in WEBSITE_AUTH_SIGNING_KEY. Where the variable is
not set or empty, a terminal asks for the key. A key is never taken from an argument.
Beside ZUMO_MASTER_KEY, verify and diagnose read ZUMO_MASTER_KEY_OTHER: the other key of a rotation.`

const EXPECTED = {
  aud: texts('A', 'an accepted audience (of App Service, by default the issuer)'),
  issuer: texts('URL', 'an accepted issuer, as https://SITE.azurewebsites.net/'),
  'clock-tolerance': text('S', 'how many seconds a token is accepted after it has expired (default: 0)'),
  now: text('T', 'when to verify (default: now): 3600 (s) or 90m from now, or 2026-12-31T00:00Z'),
}

const TOKEN = [
  ['-', 'read the token from standard input (default); on a terminal, to Ctrl-D'],
  ['TOKEN', 'the token; the process list and the history of the shell show it'],
]

const COMMANDS = {
  sign: {
    about: 'Prints a new token, and nothing else.',
    usage: `--aud A --user U [options]
       zumo-jwt sign --app-service --issuer URL --user U [options]`,
    options: {
      aud: text('A', 'the audience; with --app-service, the default is the issuer'),
      user: text('U', 'the user, usually Provider:id'),
      expires: text('T', 'when it expires: 3600 (s), 90m, 12h, 1d (default), 2w, 1y, 2026-12-31T00:00Z'),
      ver: text('1|2', 'the version of a Mobile Services token (default: 2)'),
      claim: texts('N=JSON', `another claim, signed as written: --claim 'id="x"'`),
      issuer: text('URL', 'the site, https://SITE.azurewebsites.net/'),
      json: flag('print {"token"}'),
      ...KEY,
    },
    async run(values) {
      const { issuer, aud = issuer, 'app-service': isAppService } = values
      if (isAppService && !issuer) throw new UsageError('--app-service needs --issuer.')
      if (issuer !== undefined && !isAppService) throw new UsageError('--issuer needs --app-service.')
      if (!aud) throw new UsageError('--aud is missing.')
      if (!values.user) throw new UsageError('--user is missing.')
      const claims = [
        ['exp', readTime('expires', values.expires ?? '1d')],
        ['aud', aud],
        [isAppService ? 'sub' : 'uid', values.user],
        ...(issuer ? [['iss', issuer]] : []),
        ...(values.claim ?? []).map(readClaim),
      ]
      const [twice] = claims.find(([name], at) => claims.slice(0, at).some(([other]) => other === name)) ?? []
      if (twice !== undefined) throw new UsageError(`The claim ${JSON.stringify(twice)} is given twice.`)
      const ver = readVersion(values)
      const [{ key }] = await readKeys(values)
      const token = sign(Object.fromEntries(claims), key, ver === undefined ? {} : { version: Number(ver) })
      print(values.json ? JSON.stringify({ token }) : token)
    },
  },

  verify: {
    takesToken: true,
    usage: '[-|TOKEN] [options]',
    onRefusal: 'To see every cause and its fix, run zumo-jwt diagnose with the same arguments.',
    about: `Verifies a token and prints its claims. Exits 1 for a token that must not be trusted, with the
reason and its code on standard error.`,
    options: {
      ...EXPECTED,
      json: flag('print {"userId","claims","header"}, or the error {"code","message","claim"}'),
      ...KEY,
    },
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
    usage: '[-|TOKEN] [options]',
    about: `Prints what is in a token, WITHOUT verifying anything: anyone can have written it. Needs no key.
The token is found in what is around it: a login answer, headers, a URL, a log or HTML.`,
    options: { json: flag('print {"header","claims","signature"}') },
    async run(values, argument) {
      const found = findToken(await readToken(argument))
      const decoded = tryDecode(found.token)
      if (!decoded) throw new ZumoJwtError('ERR_ZUMO_JWT_MALFORMED', whyMalformed(found.token))
      notePassedOver(found)
      note(paint('yellow', 'Nothing was verified: anyone can have written this.', process.stderr))
      if (values.json) return print(JSON.stringify(decoded))
      print(`${paint('bold', 'Header')}\n${describe(decoded.header, new Date())}`)
      print(`${paint('bold', 'Claims')}\n${describe(decoded.claims, new Date())}`)
    },
  },

  diagnose: {
    takesToken: true,
    usage: '[-|TOKEN] [options]',
    about: `Prints every cause for which a token is refused, each with a fix. Exits 1 if there is a cause,
0 if the token is good. The token is found in what is around it, as by decode.`,
    options: {
      ...EXPECTED,
      ver: text('1|2', 'the version that the server expects'),
      json: flag('print {"causes":[{"name","cause","fix"}],"notes":["text"]}'),
      ...KEY,
    },
    async run(values, argument) {
      const options = verifyOptions(values)
      const ver = readVersion(values)
      const { token, materials } = await readTokenAndKeys(argument, values)
      const found = findToken(token)
      const results = materials.map((key) => ({ ...key, causes: [...diagnose(found, key, options, ver)] }))
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
    about: `Prints the signing key that is derived from the master key, or that of an App Service site, for
other tools. Whoever has it can sign in as any user.`,
    usage: '[options]',
    options: {
      format: text('F', 'hex (default) for azureSigningKey, base64 for validate-jwt, jwk for importJWK'),
      json: flag('print {"format","key"}'),
      ...KEY,
    },
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

/** The help of a command: what it does, how it is called, and what its options are. */
function helpOf(name, { about, takesToken, usage, options }) {
  const rows = Object.entries(options).map(([option, { value, help }]) => [`--${option} ${value}`, help])
  if (takesToken) rows.unshift(...TOKEN)
  const lines = rows.map(([label, help]) => `  ${label.padEnd(19)}  ${help}`)
  const keyHelp = options.encoding ? `\n\n${KEY_HELP}` : ''
  return `${about}\n\nUsage: zumo-jwt ${name} ${usage}\n\n${lines.join('\n')}${keyHelp}`
}

/** What to know of a token that is good. */
function notesOf(token, { aud, ver, 'app-service': isAppService }) {
  if (isAppService) return []
  const isUnusual = typeof tryDecode(token).header.kid === 'number' && ver !== '1'
  return [
    !aud && 'Its audience was not checked: use --aud.',
    !ver && 'Its version was not checked: use --ver.',
    isUnusual && 'Its kid is a number, which many JWT libraries refuse: sign() writes it as text.',
  ].filter(Boolean)
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

module.exports = { COMMANDS, KEY_HELP, helpOf }
