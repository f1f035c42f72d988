#!/usr/bin/env node
'use strict'

const { ZumoJwtError } = loadPackage()
const { version } = require('../package.json')
const { UsageError, parseArguments, unknownName } = require('./arguments.js')
const { COMMANDS, KEY_HELP, helpOf } = require('./commands.js')
const { print, note, paint, handleOutputErrors } = require('./output.js')

const HELP = `Mints and reads the X-ZUMO-AUTH tokens of Azure Mobile Services and App Service.

Usage: zumo-jwt COMMAND [options]

  sign            print a new token
  verify          verify a token and print its claims
  decode          print what is in a token, without verifying anything
  diagnose        print every cause for which a token is refused, each with a fix
  key             print the signing key for other tools
  help [COMMAND]  print help

  --json          print JSON; errors too, on standard error; for every command
  -h, --help      print help; after a command, for this command
  -v, --version   print the version; -V too

${KEY_HELP}

Exit codes: 0 success, 1 the token is refused, 2 the command, key, input or output cannot be used.`

async function main([name, ...args]) {
  if (['-v', '-V', '--version'].includes(name)) return print(version)
  if (['help', '-h', '--help'].includes(name))
    return print(args[0] === undefined ? HELP : helpOf(args[0], commandOf(args[0])))
  if (name === undefined) {
    process.exitCode = 2
    return note(HELP)
  }
  const command = commandOf(name)
  const options = { ...command.options, help: { type: 'boolean', short: 'h' } }
  const { values, token } = parseArguments(args, options, command.takesToken)
  if (values.help) return print(helpOf(name, command))
  await command.run(values, token)
}

function commandOf(name) {
  if (Object.hasOwn(COMMANDS, name)) return COMMANDS[name]
  if (name.startsWith('-')) throw new UsageError('The command must come before the options.')
  throw unknownName('command', name, [...Object.keys(COMMANDS), 'help'])
}

/** The package. Where it has no binary that loads, no command can run. */
function loadPackage() {
  try {
    return require('../index.js')
  } catch (error) {
    console.error(error.message)
    process.exit(2)
  }
}

function report(error, args) {
  const { code, message, claim } = error
  const isRefusal = error instanceof ZumoJwtError
  if (!isRefusal && !/^ERR_(USAGE|INVALID_ARG|OUT_OF_RANGE)/.test(code)) throw error
  process.exitCode = isRefusal ? 1 : 2
  const command = Object.hasOwn(COMMANDS, args[0]) ? args[0] : undefined
  if (args.includes('--json')) {
    note(JSON.stringify({ code, message, claim }))
  } else if (isRefusal) {
    note(`${paint('red', message, process.stderr)} (${code})`)
    if (COMMANDS[command].onRefusal) note(COMMANDS[command].onRefusal)
  } else {
    note(`zumo-jwt: ${message}\nSee: zumo-jwt ${command ? `${command} ` : ''}--help`)
  }
}

handleOutputErrors()
const args = process.argv.slice(2)
main(args).catch((error) => report(error, args))
