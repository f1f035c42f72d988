// The programs of the README's chapter on servers.
const { readFileSync } = require('node:fs')
const { join } = require('node:path')

const readme = readFileSync(join(__dirname, '../../README.md'), 'utf8')
const [chapter] = readme.match(/^## In a server\n.*?(?=^## )/ms)

/** The JavaScript under a heading of the chapter. */
function programs(heading) {
  const [, section] = chapter.split(`\n### ${heading}\n`)
  return [...section.split('\n### ')[0].matchAll(/^```js\n(.*?)^```$/gms)].map(([, program]) => program)
}

const headings = [...chapter.matchAll(/^### (.*)\n(?:(?!###).*\n)*?```js$/gm)].map(([, heading]) => heading)

module.exports = { headings, programs }
