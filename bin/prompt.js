'use strict'

const { openSync } = require('node:fs')
const { clearScreenDown, createInterface, cursorTo, moveCursor } = require('node:readline')
const { setImmediate, setTimeout } = require('node:timers/promises')
const { ReadStream } = require('node:tty')

/** A line from the terminal that is not shown; undefined where nobody can be asked. Ctrl-C exits 130. */
async function askHidden(question) {
  const terminal = process.stderr.isTTY && openTerminal()
  if (!terminal) return undefined
  let isAsked = false
  let typedRows = 0
  // Switches the echo of the terminal off; without an output, readline shows nothing either.
  const lines = createInterface({ input: terminal, terminal: true, historySize: 0 })
  const answer = new Promise((resolve) => {
    lines.on('line', (line) => {
      if (isAsked) resolve(line)
      else typedRows += rowsOf(line)
    })
    lines.on('close', () => {
      process.stderr.write('\n')
      process.exit(130)
    })
  })
  // Ctrl-Z would switch the echo on again, or leave the shell to read the key.
  lines.on('SIGTSTP', () => {})
  // What was typed before the question is not the answer, and was shown: it is read, and erased.
  await setTimeout(20)
  await setImmediate()
  if (typedRows > 0 || lines.line !== '') {
    const rowsUp = typedRows + rowsOf(lines.line) - 1
    lines.write(null, { ctrl: true, name: 'u' })
    cursorTo(process.stderr, 0)
    moveCursor(process.stderr, 0, -rowsUp)
    clearScreenDown(process.stderr)
  }
  isAsked = true
  process.stderr.write(question)
  const line = await answer
  lines.removeAllListeners('close').close()
  terminal.destroy()
  process.stderr.write('\n')
  return line
}

/** How many rows of the terminal a typed line takes. */
function rowsOf({ length }) {
  const { columns } = process.stderr
  return columns ? Math.max(1, Math.ceil(length / columns)) : 1
}

/** The terminal of standard input, or the one behind it where standard input is a pipe or a file. */
function openTerminal() {
  if (process.stdin.isTTY) return process.stdin
  try {
    return new ReadStream(openSync('/dev/tty', 'r'))
  } catch {
    return undefined
  }
}

module.exports = { askHidden }
