'use strict'

// The programs of the README, docs/servers.md and docs/testing.md, in JavaScript or TypeScript, by the heading above them.
const { readFileSync } = require('node:fs')
const { join } = require('node:path')

const byHeading = {}
for (const file of ['README.md', 'docs/servers.md', 'docs/testing.md']) {
  for (const section of readFileSync(join(__dirname, '../..', file), 'utf8').split(/^#+ /m)) {
    const found = [...section.matchAll(/^```[jt]s\n(.*?)^```$/gms)].map(([, program]) => program)
    if (found.length > 0) byHeading[section.slice(0, section.indexOf('\n'))] = found
  }
}

/** The programs under a heading. */
const programs = (heading) => byHeading[heading]

/** Whether an ES module can be written as CommonJS too. */
const isCommonJsToo = (program) => !/^(await|export)\b|^\w.*= await /m.test(program)

/** The same program with require() in place of its imports. */
const toCommonJs = (program) => program.replaceAll(/^ *import (.*) from (.*)$/gm, 'const $1 = require($2)')

module.exports = { headings: Object.keys(byHeading), isCommonJsToo, programs, toCommonJs }
