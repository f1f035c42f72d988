// Runs what the documents show. In docs/, each block marked `js` is a program that prints what its
// comments say. In README, each block marked `console` has commands after `$ `, and what they print.
const assert = require('node:assert/strict')
const { execFileSync } = require('node:child_process')
const { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } = require('node:fs')
const { tmpdir } = require('node:os')
const { join } = require('node:path')
const { after, test } = require('node:test')
const { PROGRAM } = require('./cli-helpers.js')
const { childEnvironment } = require('./helpers.js')
const { wrongOnModernNode } = require('./vectors/zumo-jwt-v1.json')

const docs = join(__dirname, '../docs')
const env = childEnvironment({
  ZUMO_MASTER_KEY: 'yourmasterkey',
  WEBSITE_AUTH_SIGNING_KEY: '69dfd814c383dda4ea7aaeb26e605d419011e7ef3863d5cd2eee7a3607ec8f4d',
  WEBSITE_HOSTNAME: 'site.azurewebsites.net',
})

const run = (program, changes) =>
  execFileSync(process.execPath, ['-e', program], {
    cwd: docs,
    env: { ...env, ...changes },
    encoding: 'utf8',
  })

const blocks = (file, language) =>
  [...readFileSync(file, 'utf8').matchAll(RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, 'gms'))].map(
    ([, block]) => block,
  )

for (const file of readdirSync(docs).filter((name) => name.endsWith('.md'))) {
  for (const [index, program] of blocks(join(docs, file), 'js').entries()) {
    test(`${file}: program ${index + 1} prints what it says`, () => {
      const said = [...program.matchAll(/console\.log\(.*\) \/\/ (.*)$/gm)].map(([, text]) => text)
      assert.ok(said.length > 0)
      assert.deepEqual(run(program).trim().split('\n'), said)
    })
  }
}

for (const file of ['README.md', 'docs/migrating.md']) {
  test(`${file}: the rotation of a key accepts both keys, and goes on without the old one`, () => {
    const [program] = blocks(join(docs, '..', file), 'js').filter((text) =>
      text.includes('ZUMO_MASTER_KEY_BEFORE'),
    )
    const [, keys] = program.match(/^(const keys = .*?)\n\n/ms)
    const verified = (masterKey, changes) => {
      const mint = `zumoJwt(Date.now() + 60_000, 'your-aud', 'Custom:42', '${masterKey}')`
      const tail = `try { console.log(verify(${mint}, keys).userId) } catch ({ code }) { console.log(code) }`
      return run(`const { verify, zumoJwt } = require('zumo-jwt')\n${keys}\n${tail}`, changes).trim()
    }
    const during = { ZUMO_MASTER_KEY: 'yournewmasterkey', ZUMO_MASTER_KEY_BEFORE: 'yourmasterkey' }
    assert.equal(verified('yournewmasterkey', during), 'Custom:42')
    assert.equal(verified('yourmasterkey', during), 'Custom:42')
    for (const unset of [undefined, '']) {
      const after = { ...during, ZUMO_MASTER_KEY_BEFORE: unset }
      assert.equal(verified('yournewmasterkey', after), 'Custom:42')
      assert.equal(verified('yourmasterkey', after), 'ERR_ZUMO_JWT_SIGNATURE')
    }
  })
}

const folder = mkdtempSync(join(tmpdir(), 'docs-test-'))
after(() => rmSync(folder, { recursive: true }))
writeFileSync(join(folder, 'token.txt'), `${wrongOnModernNode.token}\n`)

/** Times that depend on now, as letters. */
const withoutNow = (text) =>
  text
    .replace(/\d{10} {2}[\dT:-]+Z, expires in \d+ h \d+ min/g, 'TIME, expires in SPAN')
    .replace(/\d+ years ago/g, 'SPAN ago')

for (const [index, block] of blocks(join(__dirname, '../README.md'), 'console').entries()) {
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
