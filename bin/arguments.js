'use strict'

const { parseArgs } = require('node:util')
const { parseTime } = require('./time.js')
const { UsageError } = require('./usage-error.js')

const NO_KEY_ARGUMENT =
  'A key is never taken from an argument, which the process list and the history of the shell show: set the variable, or give --key-file.'

/** Whether an argument gives a key, or would if there were such an option. */
function givesKey(argument) {
  return /^(-k|--?[\w-]*(key|secret)[\w-]*)(=|$)/i.test(argument) && !/^--key-file(=|$)/.test(argument)
}

/** The options and the token, if any, of a command. */
function parseArguments(args, options, takesToken) {
  // parseArgs() is strict in words of its own, and lets an option be repeated.
  const { tokens, values, positionals } = parseArgs({ args, options, strict: false, tokens: true })
  const seen = new Set()
  for (const { name, rawName, value, inlineValue } of tokens.filter(({ kind }) => kind === 'option')) {
    if (!Object.hasOwn(options, name)) {
      const names = Object.keys(options).map((known) => `--${known}`)
      throw new UsageError(`There is no option ${shown(rawName)}. ${suggestion(rawName, names)}`)
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
    throw new UsageError(
      `There is one argument too many. A value with spaces needs quotes. ${NO_KEY_ARGUMENT}`,
    )
  }
  return { values, token: positionals[0] }
}

/** A name that is surely not a key, for a message. */
function shown(name) {
  return /^[a-z-]{1,20}$/.test(name) ? name : 'of this name'
}

/** The names of claims, for the options that write them. */
const SYNONYMS = { uid: 'user', sub: 'user' }

/** The name that a misspelt word probably means, or else all names. Without the word: it may be a key. */
function suggestion(misspelt, names) {
  const given = bare(misspelt).slice(0, 20)
  const word = Object.hasOwn(SYNONYMS, given) ? SYNONYMS[given] : given
  const isPart = (name) => bare(name).startsWith(word) || word.startsWith(bare(name))
  const isNear = (name) => distance(word, bare(name)) <= (word.length > 3 ? 2 : 1)
  const name = word && (names.find(isPart) ?? names.find(isNear))
  return name ? `Did you mean ${name}?` : `Choose from ${names.join(', ')}.`
}

const bare = (name) => name.replace(/^-+/, '')

/** How many letters to insert, remove, replace or swap with the next one, to get from one word to the other. */
function distance(from, to) {
  const rows = [Array.from({ length: to.length + 1 }, (_, column) => column)]
  for (let i = 1; i <= from.length; i++) {
    rows[i] = [i]
    for (let j = 1; j <= to.length; j++) {
      const replaced = rows[i - 1][j - 1] + (from[i - 1] === to[j - 1] ? 0 : 1)
      const isSwapped = from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1]
      const swapped = isSwapped ? rows[i - 2][j - 2] + 1 : Number.POSITIVE_INFINITY
      rows[i][j] = Math.min(rows[i - 1][j] + 1, rows[i][j - 1] + 1, replaced, swapped)
    }
  }
  return rows[from.length][to.length]
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

module.exports = {
  NO_KEY_ARGUMENT,
  givesKey,
  parseArguments,
  shown,
  suggestion,
  readSeconds,
  readTime,
  readChoice,
  readClaim,
}
