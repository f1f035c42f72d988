'use strict'

// Runs what the documents show. A block marked `js` or `ts` is a program that prints what its comments say. In the
// README, each block marked `console` has commands after `$ `, and what they print. Other tests run the servers of the
// README and of servers.md, and the tests of the README.
const assert = require('node:assert/strict')
const { execFileSync } = require('node:child_process')
const { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } = require('node:fs')
const { tmpdir } = require('node:os')
const { join } = require('node:path')
const { after, describe, test } = require('node:test')
const { PROGRAM } = require('./cli-helpers.js')
const { childEnvironment } = require('./helpers.js')
const { headings, isCommonJsToo, programs, toCommonJs } = require('./http/readme.cjs')
const { typeErrors, withoutTypes } = require('./typescript.js')
const { wrongOnModernNode } = require('./vectors/zumo-jwt-v1.json')

const docs = join(__dirname, '../docs')
const readme = join(__dirname, '../README.md')
const env = childEnvironment({
  ZUMO_MASTER_KEY: 'yourmasterkey',
  WEBSITE_AUTH_SIGNING_KEY: '69dfd814c383dda4ea7aaeb26e605d419011e7ef3863d5cd2eee7a3607ec8f4d',
  WEBSITE_HOSTNAME: 'site.azurewebsites.net',
})

/** Runs a program, an ES module if it has imports, and returns what it prints. */
function run(program, changes) {
  const type = /^import /m.test(program) ? 'module' : 'commonjs'
  return execFileSync(process.execPath, [`--input-type=${type}`, '--eval', program], {
    cwd: docs,
    env: { ...env, ...changes },
    encoding: 'utf8',
  })
}

const blocks = (file, language) =>
  [...readFileSync(file, 'utf8').matchAll(RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, 'gms'))].map(
    ([, block]) => block,
  )

/** Asserts that a program prints what its comments say. A comment that ends with `…` is a beginning. */
function assertPrints(program, source = program) {
  const said = [...source.matchAll(/console\.log\(.*\) \/\/ (.*)$/gm)].map(([, text]) => text)
  assert.ok(said.length > 0)
  const printed = run(program).trim().split('\n')
  const shown = printed.map((line, at) =>
    said[at]?.endsWith('…') ? `${line.slice(0, said[at].length - 1)}…` : line,
  )
  assert.deepEqual(shown, said)
}

for (const file of readdirSync(docs).filter((name) => name.endsWith('.md') && name !== 'servers.md')) {
  for (const [index, program] of blocks(join(docs, file), 'js').entries()) {
    test(`${file}: program ${index + 1} prints what it says`, () => assertPrints(program))
  }
}

describe('README', () => {
  const PRINTING = ['A first token', 'Verify', 'Sign', 'Keys', 'Rotate the master key', 'App Service']
  const SERVERS = ['A server', 'When the user is undefined', 'Fastify', 'Koa', 'Hono', 'Azure Functions']
  const MORE_SERVERS = ['WebSockets', 'Log refusals']
  const SERVERS_OF_THE_PACKAGE = ['NestJS', 'Next.js', 'SvelteKit', 'Bun', 'Deno']
  const RUNNERS = ['Jest', 'Vitest', 'node:test']

  test('no program goes untested', () => {
    const tested = [...PRINTING, ...SERVERS, ...MORE_SERVERS, ...SERVERS_OF_THE_PACKAGE, ...RUNNERS]
    assert.deepEqual(headings.toSorted(), tested.toSorted())
  })

  for (const heading of PRINTING) {
    const [program] = programs(heading)
    test(`${heading}: the program prints what it says`, () => assertPrints(program))
    if (isCommonJsToo(program)) {
      test(`${heading}: so it does as CommonJS`, () => assertPrints(toCommonJs(program)))
    }
  }

  for (const program of blocks(readme, 'ts')) {
    test('the TypeScript program prints what it says', () => assertPrints(withoutTypes(program), program))
  }

  test('every ES module compiles as TypeScript in strict mode', () => {
    const modules = headings
      .flatMap(programs)
      .filter((program) => /^(import|export) /m.test(program) && !/'vitest'|'@nestjs/.test(program))
    const files = Object.fromEntries(modules.map((program, index) => [`${index}.mts`, program]))
    const globals = { 'globals.d.ts': 'declare const Bun: any\ndeclare const Deno: any\n' }
    assert.deepEqual(typeErrors({ ...files, ...globals }, __dirname), [])
    const unchecked = modules[0].replace(/^if .*\n/m, '')
    assert.match(
      typeErrors({ 'unchecked.mts': unchecked }, __dirname).join(),
      /'undefined' is not assignable/,
    )
  })

  test('node:test: the tests pass', () => {
    const folder = mkdtempSync(join(__dirname, 'readme-'))
    try {
      const [program] = programs('node:test')
      const files = { 'express.test.mjs': program, 'express.test.cjs': toCommonJs(program) }
      for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
      const args = ['--test', '--test-reporter=tap', ...Object.keys(files)]
      const report = execFileSync(process.execPath, args, { cwd: folder, env, encoding: 'utf8' })
      assert.match(report, /^# pass 6$/m)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  test('the rotation accepts both keys, and goes on without the old one', () => {
    const [program] = programs('Rotate the master key')
    const [setUp] = program.split(/^const oldToken = /m)
    const verified = (masterKey, changes) => {
      const mint = `zumoJwt(Date.now() + 60_000, 'your-aud', 'Custom:42', '${masterKey}')`
      const tail = `try { console.log(verify(${mint}, keys).userId) } catch ({ code }) { console.log(code) }`
      return run(`${setUp}\n${tail}`, changes).trim()
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
})

const folder = mkdtempSync(join(tmpdir(), 'docs-test-'))
after(() => rmSync(folder, { recursive: true }))
writeFileSync(join(folder, 'token.txt'), `${wrongOnModernNode.token}\n`)

/** Times that depend on now, as letters. */
const withoutNow = (text) =>
  text
    .replace(/\d{10} {2}[\dT:-]+Z, expires in \d+ h \d+ min/g, 'TIME, expires in SPAN')
    .replace(/\d+ years ago/g, 'SPAN ago')

for (const [index, block] of blocks(readme, 'console').entries()) {
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
