// Runs the documents' JavaScript: each block marked `js` is a program that prints what its comments say.
const assert = require('node:assert/strict')
const { execFileSync } = require('node:child_process')
const { readdirSync, readFileSync } = require('node:fs')
const { join } = require('node:path')
const { test } = require('node:test')
const { childEnvironment } = require('./helpers.js')

const docs = join(__dirname, '../docs')
const env = childEnvironment({
  ZUMO_MASTER_KEY: 'yourmasterkey',
  WEBSITE_AUTH_SIGNING_KEY: '69dfd814c383dda4ea7aaeb26e605d419011e7ef3863d5cd2eee7a3607ec8f4d',
  WEBSITE_HOSTNAME: 'site.azurewebsites.net',
})

for (const file of readdirSync(docs).filter((name) => name.endsWith('.md'))) {
  const blocks = readFileSync(join(docs, file), 'utf8').matchAll(/^```js\n(.*?)^```$/gms)
  for (const [index, [, program]] of [...blocks].entries()) {
    test(`${file}: program ${index + 1} prints what it says`, () => {
      const said = [...program.matchAll(/console\.log\(.*\) \/\/ (.*)$/gm)].map(([, text]) => text)
      assert.ok(said.length > 0)
      assert.deepEqual(
        execFileSync(process.execPath, ['-e', program], { cwd: docs, env, encoding: 'utf8' })
          .trim()
          .split('\n'),
        said,
      )
    })
  }
}
