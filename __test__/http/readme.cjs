'use strict'

// The JavaScript of the README, by the heading above it.
const { readFileSync } = require('node:fs')
const { join } = require('node:path')

const readme = readFileSync(join(__dirname, '../../README.md'), 'utf8')

const byHeading = {}
for (const section of readme.split(/^#+ /m)) {
  const found = [...section.matchAll(/^```js\n(.*?)^```$/gms)].map(([, program]) => program)
  if (found.length > 0) byHeading[section.slice(0, section.indexOf('\n'))] = found
}

/** The programs under a heading. */
const programs = (heading) => byHeading[heading]

/** Whether an ES module can be written as CommonJS too. */
const isCommonJsToo = (program) => !/^(await|export)\b|= await /m.test(program)

/** The same program with require() in place of its imports. */
const toCommonJs = (program) => program.replaceAll(/^ *import (.*) from (.*)$/gm, 'const $1 = require($2)')

module.exports = { headings: Object.keys(byHeading), isCommonJsToo, programs, toCommonJs }
