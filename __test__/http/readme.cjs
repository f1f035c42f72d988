'use strict'

// The programs of the documents that have a file name in their first line, by the heading above them.
const { mkdirSync, readFileSync, writeFileSync } = require('node:fs')
const { dirname, join } = require('node:path')

const byHeading = {}
for (const file of ['README.md', 'docs/servers.md', 'docs/testing.md', 'docs/migrating.md']) {
  for (const section of readFileSync(join(__dirname, '../..', file), 'utf8').split(/^#+ /m)) {
    const found = [...section.matchAll(/^```[jt]s\n(\/\/ ([^\s,]+\.\w+).*?)^```$/gms)].map(
      ([, text, file]) => ({ file, text }),
    )
    if (found.length > 0) byHeading[section.slice(0, section.indexOf('\n'))] = found
  }
}

/** The programs under a heading, each with the file name that its first line gives. */
const programs = (heading) => byHeading[heading]

/** Writes a program into a folder, under its name. Returns the path. */
function writeProgram(folder, { file, text }) {
  const path = join(folder, file)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
  return path
}

/** Whether an ES module can be written as CommonJS too. */
const isCommonJsToo = ({ file, text }) =>
  file.endsWith('.mjs') && !/^(await|export)\b|^\w.*= await /m.test(text)

/** The same program with require() in place of its imports, in a `.js` file as `npm init` expects it. */
function toCommonJs({ file, text }) {
  return {
    file: file.replace(/\.mjs$/, '.js'),
    text: text.replaceAll(/^ *import (.*) from (.*)$/gm, 'const $1 = require($2)'),
  }
}

module.exports = { headings: Object.keys(byHeading), isCommonJsToo, programs, toCommonJs, writeProgram }
