// Runs what the documents show. In docs/, each block marked `js` is a program that prints what its
// comments say. In README, each block marked `console` has commands after `$ `, and what they print.
const assert = require('node:assert/strict')
const { execFileSync } = require('node:child_process')
const { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } = require('node:fs')
const { tmpdir } = require('node:os')
const { join } = require('node:path')
const { after, test } = require('node:test')
const { PROGRAM } = require('./cli-helpers.js')
const { wrongOnModernNode } = require('./vectors/zumo-jwt-v1.json')

const docs = join(__dirname, '../docs')
// No more of this environment: a terminal makes `node --test` set FORCE_COLOR.
const env = {
  PATH: process.env.PATH,
  ZUMO_MASTER_KEY: 'yourmasterkey',
  WEBSITE_AUTH_SIGNING_KEY: '69dfd814c383dda4ea7aaeb26e605d419011e7ef3863d5cd2eee7a3607ec8f4d',
  WEBSITE_HOSTNAME: 'site.azurewebsites.net',
}

const blocks = (file, language) =>
  [...readFileSync(file, 'utf8').matchAll(RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, 'gms'))].entries()

for (const file of readdirSync(docs).filter((name) => name.endsWith('.md'))) {
  for (const [index, [, program]] of blocks(join(docs, file), 'js')) {
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

const folder = mkdtempSync(join(tmpdir(), 'docs-test-'))
after(() => rmSync(folder, { recursive: true }))
writeFileSync(join(folder, 'token.txt'), `${wrongOnModernNode.token}\n`)

/** Times that depend on now, as letters. */
const withoutNow = (text) =>
  text
    .replace(/\d{10} {2}[\dT:-]+Z, expires in \d+ h \d+ min/g, 'TIME, expires in SPAN')
    .replace(/\d+ years ago/g, 'SPAN ago')

for (const [index, [, block]] of blocks(join(__dirname, '../README.md'), 'console')) {
  test(`README: console block ${index + 1} shows what is printed`, {
    skip: process.platform === 'win32' && 'needs sh',
  }, () => {
    for (const [, command, said] of block.matchAll(/^\$ (.*)\n((?:(?!\$ ).*\n)*)/gm)) {
      const shell = `npx() { shift; "$NODE" "$PROGRAM" "$@"; }; { ${command}\n} 2>&1; true`
      const printed = execFileSync('sh', ['-c', shell], {
        cwd: folder,
        env: { ...env, NODE: process.execPath, PROGRAM },
        encoding: 'utf8',
      })
      assert.equal(withoutNow(printed), withoutNow(said))
    }
  })
}
