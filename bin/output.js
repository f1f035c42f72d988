'use strict'

const { styleText } = require('node:util')
const { TIME_CLAIMS, isMilliseconds } = require('./format.js')
const { formatSpan, formatTime } = require('./time.js')

/** Writes a line to standard output. */
function print(text) {
  process.stdout.write(`${printable(text)}\n`)
}

/** Writes a line for people, or an error, to standard error. */
function note(text) {
  process.stderr.write(`${printable(text)}\n`)
}

/** Text in a colour, if the stream shows colours. */
function paint(format, text, stream = process.stdout) {
  // hasColors() knows NO_COLOR. Before Node 20.12 there is no styleText().
  return stream.hasColors?.() && styleText ? styleText(format, text, { stream }) : text
}

/** What a terminal obeys, or shows as nothing or as a space. U+2800 is the Braille pattern without dots. */
const NOT_SEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]|(?! )\p{Zs}/gu

/** Escapes characters that JSON.stringify() keeps, but that are not seen. */
function printable(text) {
  const escaped = (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
  return text.replace(NOT_SEEN, (character) =>
    // The line ends are ours, and so are the escapes of colours.
    character === '\n' || character === '\x1b' ? character : character.split('').map(escaped).join(''),
  )
}

/** The members of a header or of claims, one a line; times with what they mean at `now`. */
function describe(members, now) {
  const lines = Object.entries(members).map(
    ([name, value]) => `  ${JSON.stringify(name)}: ${JSON.stringify(value)}${meaning(name, value, now)}`,
  )
  return lines.join('\n')
}

function meaning(name, value, now) {
  if (!TIME_CLAIMS.includes(name) || typeof value !== 'number') return ''
  if (isMilliseconds(value)) return '  in milliseconds? A token counts seconds.'
  const ms = value * 1000 - now
  const [ahead, past] = name === 'exp' ? ['expires ', 'expired '] : ['', '']
  const words = ms > 0 ? `${ahead}in ${formatSpan(ms)}` : `${past}${formatSpan(ms)} ago`
  return `  ${formatTime(value * 1000)}, ${words}`
}

/** Keeps an output that is closed or full from ending the program with a stack trace. */
function handleOutputErrors() {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', ({ code }) => {
      // The reader, `head` for instance, has read enough.
      if (code === 'EPIPE') return
      process.exitCode = 2
      if (stream === process.stdout) note(`zumo-jwt: The output cannot be written (${code}).`)
    })
  }
}

module.exports = { print, note, paint, describe, handleOutputErrors }
