'use strict'

// Runs what the documents show. A block marked `js` is a program that prints what its comments say. In the README, each
// block marked `console` has commands after `$ `, and what they print. Other tests run the servers of the README and of
// servers.md, and the tests of the README and of testing.md.
const assert = require('node:assert/strict')
const { execFileSync } = require('node:child_process')
const { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } = require('node:fs')
const { dirname, join, relative } = require('node:path')
const { after, describe, test } = require('node:test')
const results = require('../bench/results.json')
const { PROGRAM } = require('./cli-helpers.js')
const { childEnvironment } = require('./helpers.js')
const { headings, programs, toCommonJs, writeProgram } = require('./http/readme.cjs')
const { typeErrors } = require('./typescript.js')
const { wrongOnModernNode } = require('./vectors/zumo-jwt-v1.json')

const docs = join(__dirname, '../docs')
const readme = join(__dirname, '../README.md')
const env = childEnvironment({
  ZUMO_MASTER_KEY: 'yourmasterkey',
  WEBSITE_AUTH_SIGNING_KEY: '69dfd814c383dda4ea7aaeb26e605d419011e7ef3863d5cd2eee7a3607ec8f4d',
  WEBSITE_HOSTNAME: 'site.azurewebsites.net',
})

// Inside the package, so that its own name leads to it.
const folder = mkdtempSync(join(__dirname, 'readme-'))
after(() => rmSync(folder, { recursive: true }))

/** Runs a program under its name, and returns what it prints. */
function run(program) {
  const path = writeProgram(folder, program)
  return execFileSync(process.execPath, [path], { cwd: docs, env, encoding: 'utf8' })
}

const blocks = (file, language) =>
  [...readFileSync(file, 'utf8').matchAll(RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, 'gms'))].map(
    ([, block]) => block,
  )

/** Asserts that a program prints what its comments say. A comment that ends with `…` is a beginning. */
function assertPrints(program) {
  const said = [...program.text.matchAll(/console\.log\(.*\) \/\/ (.*)$/gm)].map(([, text]) => text)
  assert.ok(said.length > 0)
  const printed = run(program).trim().split('\n')
  const shown = printed.map((line, at) =>
    said[at]?.endsWith('…') ? `${line.slice(0, said[at].length - 1)}…` : line,
  )
  assert.deepEqual(shown, said)
}

const OTHERS = ['servers.md', 'testing.md']
for (const file of readdirSync(docs).filter((name) => name.endsWith('.md') && !OTHERS.includes(name))) {
  const unnamed = blocks(join(docs, file), 'js').filter((text) => !text.startsWith('// '))
  for (const [index, text] of unnamed.entries()) {
    const program = { file: 'index.js', text } // as `npm init` names it
    test(`${file}: program ${index + 1} prints what it says`, () => assertPrints(program))
  }
}

test('every link leads to a file, and to a heading of it', () => {
  const root = join(__dirname, '..')
  const slug = (heading) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\d _-]/gu, '')
      .replaceAll(' ', '-')
  const slugs = (file) => {
    const seen = {}
    return [...readFileSync(file, 'utf8').matchAll(/^#+ (.*)$/gm)].map(([, heading]) => {
      const name = slug(heading)
      seen[name] = (seen[name] ?? -1) + 1
      return seen[name] > 0 ? `${name}-${seen[name]}` : name
    })
  }
  const args = ['pack', '--dry-run', '--json', '--ignore-scripts']
  const shell = process.platform === 'win32' // where npm is a script
  const [{ files }] = JSON.parse(execFileSync('npm', args, { cwd: root, shell, encoding: 'utf8' }))
  const packed = files.map(({ path }) => path)
  const isPacked = (file) => packed.includes(relative(root, file).replaceAll('\\', '/'))
  const folders = ['.', 'docs', 'examples/mobile-service', 'conformance', 'stress']
  const documents = folders.flatMap((folder) =>
    readdirSync(join(root, folder))
      .filter((name) => name.endsWith('.md'))
      .map((name) => join(root, folder, name)),
  )
  assert.ok(documents.length > 12)
  for (const file of documents) {
    for (const [, path, anchor] of readFileSync(file, 'utf8').matchAll(/\]\((?!\w+:)([^)#]*)#?([^)]*)\)/g)) {
      const target = path === '' ? file : join(dirname(file), path)
      assert.ok(existsSync(target), `${file}: ${path}`)
      if (isPacked(file)) assert.ok(isPacked(target), `${file}: ${path} is not in the packed file`)
      if (anchor !== '') assert.ok(slugs(target).includes(anchor), `${file}: ${path}#${anchor}`)
    }
  }
})

describe('README', () => {
  const PRINTING = ['Make a token', 'Verify a token']
  const SERVERS = [
    'zumo-jwt',
    'My token is refused',
    'The token from elsewhere',
    'When the user is undefined',
    'Signing out',
    'A key for each issuer',
  ]
  const MORE_SERVERS = ['Fastify', 'Koa', 'Hono', 'Azure Functions', 'WebSockets', 'TypeScript']
  const SCRIPTS = ['azure-mobile-apps', 'Scripts of a Mobile Service']
  const SERVERS_OF_THE_PACKAGE = ['NestJS', 'Next.js', 'SvelteKit', 'Bun', 'Deno']
  const RUNNERS = ['Test', 'Vitest', 'node:test']

  test('no program goes untested', () => {
    const tested = [
      ...PRINTING,
      ...SERVERS,
      ...MORE_SERVERS,
      ...SERVERS_OF_THE_PACKAGE,
      ...RUNNERS,
      ...SCRIPTS,
    ]
    assert.deepEqual(headings.toSorted(), tested.toSorted())
  })

  test('every program has a file name', () => {
    for (const file of [readme, ...OTHERS.map((name) => join(docs, name))]) {
      for (const program of blocks(file, '[jt]s')) assert.match(program, /^\/\/ \S+\.\w+/)
    }
  })

  test('zumo-jwt: the first program prints what it says', () => assertPrints(programs('zumo-jwt')[0]))

  for (const heading of PRINTING) {
    for (const program of programs(heading)) {
      test(`${heading}: the program prints what it says`, () => assertPrints(program))
      test(`${heading}: so it does as CommonJS`, () => assertPrints(toCommonJs(program)))
    }
  }

  test('its figures of speed are those of the benchmark', () => {
    const peers = ['fast-jwt', 'jsonwebtoken', 'jose', '@node-rs/jsonwebtoken', 'jwt-simple']
    const fastest = (rows) => Math.min(...peers.map((name) => rows[name]))
    const { minting, verifying } = results
    const times = (ratio) => ratio.toFixed(1)
    const toBlog = times(minting["the blog's function, fixed"] / minting.zumoJwt)
    const ratios = Object.values(verifying).map((rows) => fastest(rows) / rows['zumo-jwt'])
    const [least, most] = [Math.min(...ratios), Math.max(...ratios)].map(times)
    const text = readFileSync(readme, 'utf8').replaceAll('\n', ' ')
    assert.ok(text.includes(`is ${toBlog} times as fast as the blog's function, fixed`), toBlog)
    const toPeer = times(fastest(minting) / minting.zumoJwt)
    assert.ok(text.includes(`and ${toPeer} times as fast as the fastest other library`), toPeer)
    assert.ok(text.includes(`\`verify\` is ${least} to ${most} times as fast`), `${least} to ${most}`)
  })

  for (const heading of ['TypeScript', 'WebSockets']) {
    test(`${heading}: the program compiles in strict mode`, () => {
      const [{ file, text }] = programs(heading)
      assert.deepEqual(typeErrors({ [file]: text }, __dirname), [])
    })
  }

  test('node:test: the tests pass', () => {
    const [program] = programs('node:test')
    const both = [program, toCommonJs(program)]
    for (const one of both) writeProgram(folder, one)
    const args = ['--test', '--test-reporter=tap', ...both.map(({ file }) => file)]
    const report = execFileSync(process.execPath, args, { cwd: folder, env, encoding: 'utf8' })
    assert.match(report, /^# pass 6$/m)
  })
})

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
