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

const run = (program, changes) =>
  execFileSync(process.execPath, ['-e', program], {
    cwd: docs,
    env: { ...env, ...changes },
    encoding: 'utf8',
  })

for (const file of readdirSync(docs).filter((name) => name.endsWith('.md'))) {
  for (const [index, program] of programs(join(docs, file)).entries()) {
    test(`${file}: program ${index + 1} prints what it says`, () => {
      const said = [...program.matchAll(/console\.log\(.*\) \/\/ (.*)$/gm)].map(([, text]) => text)
      assert.ok(said.length > 0)
      assert.deepEqual(run(program).trim().split('\n'), said)
    })
  }
}

for (const file of ['README.md', 'docs/migrating.md']) {
  test(`${file}: the rotation of a key accepts both keys, and goes on without the old one`, () => {
    const [program] = programs(join(docs, '..', file)).filter((text) =>
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

function programs(file) {
  const blocks = readFileSync(file, 'utf8').matchAll(/^```js\n(.*?)^```$/gms)
  return [...blocks].map(([, program]) => program)
}
