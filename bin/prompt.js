'use strict'

const { once } = require('node:events')
const { openSync } = require('node:fs')
const { createInterface } = require('node:readline')
const { setImmediate, setTimeout } = require('node:timers/promises')
const { ReadStream } = require('node:tty')

/** A line from the terminal that is not shown; undefined if nobody can be asked. Ctrl-C exits 130. */
async function askHidden(question) {
  const terminal = process.stderr.isTTY && openTerminal()
  if (!terminal) return undefined
  // Switches the echo of the terminal off; without an output, readline shows nothing either.
  const lines = createInterface({ input: terminal, terminal: true, historySize: 0 })
  lines.on('close', () => {
    process.stderr.write('\n')
    process.exit(130)
  })
  // Ctrl-Z would switch the echo on again, or leave the shell to read the key.
  lines.on('SIGTSTP', () => {})
  // What was typed before the question, and was shown, is not the answer.
  await setTimeout(20)
  await setImmediate()
  if (lines.line !== '') process.stderr.write('\n')
  lines.write(null, { ctrl: true, name: 'u' })
  process.stderr.write(question)
  const [line] = await once(lines, 'line')
  lines.removeAllListeners('close').close()
  if (terminal !== process.stdin) terminal.destroy()
  // The token may be read from it next, but it stops reading a tick after it was closed.
  else await setImmediate()
  process.stderr.write('\n')
  return line
}

/** The terminal of standard input, or the one behind it if standard input is a pipe or a file. */
function openTerminal() {
  if (process.stdin.isTTY) return process.stdin
  try {
    return new ReadStream(openSync('/dev/tty', 'r'))
  } catch {
    return undefined
  }
}

module.exports = { askHidden }
