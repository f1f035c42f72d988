'use strict'

const { parseArgs } = require('node:util')
const { parseTime } = require('./time.js')

/** A command line, a key or an input that cannot be used. Exit code 2, with a hint to --help. */
class UsageError extends Error {
  code = 'ERR_USAGE'
}

const NO_KEY =
  'A key is never taken from an argument, which the process list and the history of the shell show: set the variable, or give --key-file.'

/** The options and the token, if any, of a command. */
function parseArguments(args, options, takesToken) {
  // parseArgs() is strict in words of its own, and lets an option be repeated.
  const { tokens, values, positionals } = parseArgs({ args, options, strict: false, tokens: true })
  const seen = new Set()
  for (const { name, rawName, value, inlineValue } of tokens.filter(({ kind }) => kind === 'option')) {
    if (!Object.hasOwn(options, name)) {
      if (/^k$|key|secret/i.test(name)) throw new UsageError(NO_KEY)
      const names = Object.keys(options).map((known) => `--${known}`)
      throw unknownName('option', rawName, names)
    }
    const { type, multiple } = options[name]
    if (type === 'boolean' && value !== undefined) throw new UsageError(`--${name} takes no value.`)
    if (type === 'string' && (value === undefined || (!inlineValue && /^-./.test(value)))) {
      throw new UsageError(
        `--${name} needs a value. A value that starts with - is given as --${name}=-VALUE.`,
      )
    }
    if (seen.has(name) && !multiple) throw new UsageError(`--${name} is given twice.`)
    seen.add(name)
  }
  if (positionals.length > (takesToken ? 1 : 0)) {
    throw new UsageError(`There is one argument too many. A value with spaces needs quotes. ${NO_KEY}`)
  }
  return { values, token: positionals[0] ?? '-' }
}

/** The error for a name of no command or option. */
function unknownName(kind, given, names) {
  // Any other name may be a key.
  const shown = /^[a-z-]{1,20}$/.test(given) ? given : 'of this name'
  return new UsageError(`There is no ${kind} ${shown}. Choose from ${names.join(', ')}.`)
}

function readTime(option, text) {
  const date = parseTime(text)
  if (Number.isNaN(date.valueOf())) {
    const rule = 'a number counts seconds from now, and has at most nine digits'
    throw new UsageError(`--${option} must be 3600, 90m, 12h, 1d, 2w, 1y or 2026-12-31T00:00Z: ${rule}.`)
  }
  return date
}

function readSeconds(option, text) {
  if (!/^\d+(\.\d+)?$/.test(text)) throw new UsageError(`--${option} must be a number of seconds, as 300.`)
  return Number(text)
}

function readChoice(option, value, choices) {
  if (!choices.includes(value)) throw new UsageError(`--${option} must be one of ${choices.join(', ')}.`)
  return value
}

/** The name and the value of `NAME=JSON`. */
function readClaim(claim) {
  const [, name, json] = /^([^=]+)=(.*)$/s.exec(claim) ?? []
  let value
  try {
    value = JSON.parse(json)
  } catch {
    throw new UsageError(`--claim must be NAME=JSON; a string needs its double quotes: 'id="x"'.`)
  }
  // sign() leaves out spaces and escapes that are not needed. Any other difference is another value.
  const written = json.replace(/"(?:[^"\\]|\\.)*"|\s+/g, (text) =>
    text.startsWith('"') ? JSON.stringify(JSON.parse(text)) : '',
  )
  if (written !== JSON.stringify(value)) {
    const rule = 'write numbers as JavaScript does (1, not 1.0; long ones as strings), and no name twice'
    throw new UsageError(`--claim ${JSON.stringify(name)} would not be signed as it is written: ${rule}.`)
  }
  return [name, value]
}

module.exports = { UsageError, parseArguments, readChoice, readClaim, readSeconds, readTime, unknownName }
