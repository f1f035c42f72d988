#!/usr/bin/env node
'use strict'

const { text: readAll } = require('node:stream/consumers')
const { parseArgs, styleText } = require('node:util')
const { sign, verify, decode, ZumoJwtError } = require('../index.js')
const { version } = require('../package.json')
const { diagnose, unwrap } = require('./diagnose.js')
const { readKey } = require('./key.js')
const { parseTime, formatTime, formatSpan } = require('./time.js')
const { UsageError } = require('./usage-error.js')

const TEXT = { type: 'string' }
const FLAG = { type: 'boolean' }
const KEY = { 'key-file': TEXT, 'app-service': FLAG }
const EXPECTED = { aud: TEXT, issuer: TEXT }

const KEY_HELP = `
The key is the master key of a Mobile Service, in ZUMO_MASTER_KEY; with --app-service it is the
signing key of a site, 64 hexadecimal digits in WEBSITE_AUTH_SIGNING_KEY. On a terminal it is
asked for where the variable is not set. It is never taken from an argument.
  --key-file F    read the key from the file F; one newline at its end is cut off`

const TIME_HELP = `T is a time from now as in 90m, 12h or 1d, or a date as in 2026-12-31 or 2026-12-31T00:00Z.`

const COMMANDS = {
  sign: {
    options: {
      ...KEY,
      ...EXPECTED,
      user: TEXT,
      expires: TEXT,
      ver: TEXT,
      claim: { ...TEXT, multiple: true },
    },
    help: `Prints a new token, alone.

Usage: zumo-jwt sign --aud A --user U [options]
       zumo-jwt sign --app-service --issuer URL --user U [options]

  --aud A         the audience; with --app-service the issuer unless given
  --user U        the user, as a rule Provider:id
  --expires T     when it expires (default: 1d)
  --ver 1|2       the version of a Mobile Services token (default: 2)
  --claim N=JSON  a further claim, any number of times: --claim 'id="x"'
  --app-service   make an App Service token
  --issuer URL    the site, https://SITE.azurewebsites.net/
  --json          print {"token"}

${TIME_HELP}
${KEY_HELP}`,
    async run(values) {
      const { audience, issuer } = expected(values)
      if (!audience) throw new UsageError('--aud is missing.')
      if (!values.user) throw new UsageError('--user is missing.')
      const claims = new Map([
        ['exp', time('expires', values.expires ?? '1d')],
        ['aud', audience],
        [values['app-service'] ? 'sub' : 'uid', values.user],
      ])
      if (issuer) claims.set('iss', issuer)
      for (const claim of values.claim ?? []) {
        const [name, value] = parseClaim(claim)
        if (claims.has(name)) throw new UsageError(`--claim gives ${JSON.stringify(name)} a second time.`)
        claims.set(name, value)
      }
      const ver = versionOf(values)
      const { key } = await readKey(values)
      const token = sign(Object.fromEntries(claims), key, ver && { version: Number(ver) })
      print(values.json ? JSON.stringify({ token }) : token)
    },
  },

  verify: {
    takesToken: true,
    options: { ...KEY, ...EXPECTED, now: TEXT },
    help: `Checks a token and prints its claims. A token that must not be trusted exits 1, with the reason
and its code on standard error.

Usage: zumo-jwt verify [TOKEN|-] [options]

  TOKEN           the token; - or none reads it from standard input
  --aud A         the audience that it must name; with --app-service the issuer unless given
  --now T         the time to verify at (default: now)
  --app-service   check an App Service token
  --issuer URL    the site, https://SITE.azurewebsites.net/
  --json          print {"userId","claims","header"}; on standard error {"code","message","claim"}

${TIME_HELP}
${KEY_HELP}`,
    async run(values, token) {
      const options = verifyOptions(values)
      const { key } = await readKey(values)
      const verified = verify(token, key, options)
      print(values.json ? JSON.stringify(verified) : describe(verified.claims, options.now))
    },
  },

  decode: {
    takesToken: true,
    options: {},
    help: `Prints what a token says, WITHOUT checking anything: anyone can have written it. Needs no key.

Usage: zumo-jwt decode [TOKEN|-] [options]

  TOKEN           the token, with quotes or "Bearer " around it or without; - or none reads it from
                  standard input
  --json          print {"header","claims","signature"}`,
    async run(values, token) {
      const decoded = decode(unwrap(token))
      note(paint('yellow', 'Nothing was verified: anyone can have written this.', process.stderr))
      if (values.json) return print(JSON.stringify(decoded))
      const now = new Date()
      print(paint('bold', 'Header'))
      print(describe(decoded.header, now))
      print(paint('bold', 'Claims'))
      print(describe(decoded.claims, now))
    },
  },

  diagnose: {
    takesToken: true,
    options: { ...KEY, ...EXPECTED, now: TEXT, ver: TEXT },
    help: `Says why a token is refused: each cause in one line, and its cure in another. Exits 1 where there
is a cause, 0 where the token is good.

Usage: zumo-jwt diagnose [TOKEN|-] [options]

  TOKEN           the token as it was sent; - or none reads it from standard input
  --aud A         the audience that the server asks for; with --app-service the issuer unless given
  --ver 1|2       the version that the server wants
  --now T         the time to verify at (default: now)
  --app-service   diagnose an App Service token
  --issuer URL    the site, https://SITE.azurewebsites.net/
  --json          print {"causes":[{"name","cause","cure"}]}

${TIME_HELP}
${KEY_HELP}`,
    async run(values, token) {
      const options = verifyOptions(values)
      const ver = versionOf(values)
      const { key, secret } = await readKey(values)
      const causes = [...diagnose(token, secret, key, options, ver)]
      if (causes.length > 0) process.exitCode = 1
      if (values.json) return print(JSON.stringify({ causes }))
      for (const { cause, cure } of causes) {
        print(`${paint('red', 'Cause:')} ${cause}\n${paint('green', 'Cure:')}  ${cure}`)
      }
      if (causes.length > 0) return
      print(paint('green', 'Nothing is wrong with this token.'))
      if (options.audience === undefined) print('Its audience was not checked: see --aud.')
      if (!ver && !values['app-service']) print('Its version was not compared: see --ver.')
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
      const format = choice('format', values.format ?? 'hex', ['hex', 'base64', 'jwk'])
      const { key } = await readKey(values)
      const bytes = key.export()
      const jwk = { kty: 'oct', alg: 'HS256', k: bytes.toString('base64url') }
      const shown = format === 'jwk' ? jwk : bytes.toString(format)
      note(paint('yellow', 'Whoever has this key can sign in as any user: keep it secret.', process.stderr))
      print(
        values.json ? JSON.stringify({ format, key: shown }) : format === 'jwk' ? JSON.stringify(jwk) : shown,
      )
    },
  },
}

const HELP = `Mints and reads the X-ZUMO-AUTH tokens of Azure Mobile Services and App Service.

Usage: zumo-jwt COMMAND [options]

  sign            print a new token
  verify          check a token and print its claims
  decode          print what a token says, without checking anything
  diagnose        say why a token is refused, and what helps
  key             print the signing key for other tools

  --json          print JSON, on every command
  --help          print help; on a command, its own
  --version       print the version
${KEY_HELP}

Exit codes: 0 all is well, 1 the token is refused, 2 the command was not understood.`

async function main([name, ...args]) {
  if (name === '--help' || name === '-h') return print(HELP)
  if (name === '--version') return print(version)
  const command = Object.hasOwn(COMMANDS, name) && COMMANDS[name]
  try {
    if ([name, ...args].some((arg) => /^--?(k|key|master-key|signing-key|secret)(=|$)/.test(arg))) {
      throw new UsageError(NO_KEY_ARGUMENT)
    }
    if (!command) throw new UsageError(name ? 'There is no such command.' : 'There is no command.')
    const options = { ...command.options, json: FLAG, help: { ...FLAG, short: 'h' } }
    const { values, positionals } = parseArgs({ args, options, allowPositionals: true })
    if (values.help) return print(command.help)
    if (positionals.length > (command.takesToken ? 1 : 0)) {
      throw new UsageError(`There is an argument too many. ${NO_KEY_ARGUMENT}`)
    }
    await command.run(values, command.takesToken && (await readToken(positionals[0])))
  } catch (error) {
    const { code, message, claim } = error
    if (error instanceof ZumoJwtError) {
      process.exitCode = 1
      note(args.includes('--json') ? JSON.stringify({ code, message, claim }) : `${message} (${code})`)
    } else if (error instanceof UsageError || /^ERR_(PARSE_ARGS|INVALID_ARG|OUT_OF_RANGE)/.test(code)) {
      process.exitCode = 2
      // Of parseArgs' advice only the first sentence holds here.
      const [reason] = message.split(/(?<=')\. |\n/)
      note(`zumo-jwt: ${reason}\nSee: zumo-jwt ${command ? `${name} ` : ''}--help`)
    } else throw error
  }
}

const NO_KEY_ARGUMENT =
  'A key is never taken from an argument: the process list and the history of the shell would show it.'

function expected({ aud, issuer, 'app-service': isAppService }) {
  if (isAppService && !issuer) throw new UsageError('--app-service needs --issuer.')
  if (issuer !== undefined && !isAppService) throw new UsageError('--issuer goes with --app-service.')
  return { audience: aud ?? issuer, issuer }
}

function verifyOptions(values) {
  return { ...expected(values), now: values.now === undefined ? new Date() : time('now', values.now) }
}

function time(option, text) {
  const date = parseTime(text)
  if (Number.isNaN(date.valueOf())) throw new UsageError(`--${option} must be as 90m or 2026-12-31T00:00Z.`)
  return date
}

function versionOf({ ver, 'app-service': isAppService }) {
  if (ver === undefined) return undefined
  if (isAppService) throw new UsageError('--ver goes with Mobile Services alone.')
  return choice('ver', ver, ['1', '2'])
}

function choice(option, value, choices) {
  if (!choices.includes(value)) throw new UsageError(`--${option} must be one of ${choices.join(', ')}.`)
  return value
}

function parseClaim(claim) {
  const [, name, json] = /^([^=]+)=(.*)$/s.exec(claim) ?? []
  try {
    return [name, JSON.parse(json)]
  } catch {
    throw new UsageError(`--claim must be NAME=JSON; a text stands in double quotes: 'id="x"'.`)
  }
}

async function readToken(argument = '-') {
  if (argument !== '-') return argument
  if (process.stdin.isTTY) throw new UsageError('There is no token: give it as argument, or pipe it in.')
  return (await readAll(process.stdin)).replace(/\r?\n$/, '')
}

/** One line a member, times with their meaning at `now`. */
function describe(members, now) {
  const width = Math.max(...Object.keys(members).map((name) => name.length))
  return Object.entries(members)
    .map(([name, value]) => {
      const label = JSON.stringify(name).slice(1, -1).padEnd(width)
      return `  ${label}  ${JSON.stringify(value)}${meaning(name, value, now)}`
    })
    .join('\n')
}

function meaning(name, value, now) {
  if (!['exp', 'nbf', 'iat'].includes(name) || typeof value !== 'number') return ''
  const ms = value * 1000 - now
  const [ahead, past] = name === 'exp' ? ['expires ', 'expired '] : ['', '']
  const words = ms > 0 ? `${ahead}in ${formatSpan(ms)}` : `${past}${formatSpan(ms)} ago`
  return `  ${formatTime(value * 1000)}, ${words}`
}

function paint(format, text, stream = process.stdout) {
  // hasColors knows NO_COLOR; before Node 20.12 there is no styleText.
  return stream.hasColors?.() && styleText ? styleText(format, text) : text
}

function print(text) {
  process.stdout.write(`${printable(text)}\n`)
}

function note(text) {
  process.stderr.write(`${printable(text)}\n`)
}

// What JSON.stringify leaves as it is, though it moves a terminal's cursor or turns text around.
function printable(text) {
  const escaped = (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  return text.replace(/[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g, escaped)
}

for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', ({ code }) => {
    // Whoever stops reading has read enough.
    if (code === 'EPIPE') return
    process.exitCode = 1
    if (stream === process.stdout) note(`zumo-jwt: The output cannot be written (${code}).`)
  })
}

main(process.argv.slice(2))
