'use strict'

// A release on a registry of its own (Linux x64): the steps of release.yml that can run here, the publishing, and what users do
// then. Needs the binary that `npm run pack:all -- x86_64-unknown-linux-gnu` builds. With ALL=1: every package manager.
const assert = require('node:assert/strict')
const { spawn } = require('node:child_process')
const { appendFileSync, copyFileSync, cpSync, readdirSync, readFileSync, rmSync } = require('node:fs')
const { writeFileSync } = require('node:fs')
const { once } = require('node:events')
const { join } = require('node:path')
const { createInterface } = require('node:readline')
const { before, describe, test } = require('node:test')
const { vectors } = require('../vectors/zumo-jwt-v1.json')
const { folder, repack, root } = require('../package/helpers.js')
const { copyClone, releaseStep, shell, startRegistry } = require('./helpers.js')

const ANSWER = `${vectors[0].token} ${vectors[0].userId}\n`
const ADDRESS = { GITHUB_SERVER_URL: 'https://github.example', GITHUB_REPOSITORY: 'zumo/zumo-jwt' }

// What the day of the first release changes, beside the date in CHANGELOG.md: each sentence, and what is there then.
const PUBLISHED = {
  'README.md': [
    ['The package is not on npm yet. In', 'Run `npm install zumo-jwt`. For a platform without a binary, in'],
    [' Once it is on npm, `--os --cpu --libc` do that.', ''],
  ],
  'SECURITY.md': [
    [/Nothing is published yet, so[^;]*; after the first release, they go/, 'Fixes go'],
    [
      /Nothing is published yet: [^.]*\. The release workflow, which\s+has not run yet, will build/,
      'The workflow builds',
    ],
  ],
}

let copy
let registry
let inCopy
let names

// Not in the hook, which would remove the folders at its own end.
const prepared = prepare()
before(() => prepared)

async function prepare() {
  copy = await copyClone()
  registry = await startRegistry()
  inCopy = shell(copy, registry.origin)
}

async function succeed(sh, commands, changes) {
  const { code, output } = await sh(commands, changes)
  assert.equal(code, 0, output)
  return output
}

const packages = (name = 'dist/npm') => readdirSync(join(copy, name)).map((file) => join(copy, name, file))
const versionsOf = async (name) =>
  [JSON.parse(await succeed(inCopy, `npm view ${name} versions --json`))].flat()

/** The block of commands of CONTRIBUTING.md that has a text in it. */
function contributingCommands(text) {
  const blocks = readFileSync(join(copy, 'CONTRIBUTING.md'), 'utf8').matchAll(/^ *```sh\n(.*?)^ *```$/gms)
  return Array.from(blocks, ([, commands]) => commands).find((commands) => commands.includes(text))
}

describe('before the release', () => {
  const READY = releaseStep('Refuse what is not ready')
  const COMPARE = releaseStep('Compare the packages with those that were packed')
  const tag = { ...ADDRESS, GITHUB_REF_NAME: 'v1.0.0' }

  test('it is refused while documents say that nothing is published', async () => {
    const { code, output } = await shell(root, registry.origin)(READY, tag)
    assert.equal(code, 1, output)
    for (const file of [...Object.keys(PUBLISHED), 'CHANGELOG.md'])
      assert.match(output, RegExp(`^${file}:\\d+:`, 'm'))
  })

  test('with the changes of that day it is accepted, except under another tag or without an address', async () => {
    for (const [file, changes] of Object.entries(PUBLISHED)) {
      for (const [sentence, changed] of changes) {
        const text = readFileSync(join(copy, file), 'utf8')
        assert.notEqual(text.replace(sentence, changed), text, `${file}: ${sentence}`)
        writeFileSync(join(copy, file), text.replace(sentence, changed))
      }
    }
    await succeed(inCopy, 'node scripts/version.mjs 1.0.0')
    await succeed(inCopy, READY, tag)
    for (const change of [
      { GITHUB_REF_NAME: 'v1.0.1' },
      { GITHUB_SERVER_URL: '' },
      { GITHUB_REPOSITORY: '' },
    ])
      assert.equal((await inCopy(READY, { ...tag, ...change })).code, 1)
  })

  test('every package says where the project is', async () => {
    await succeed(inCopy, 'node scripts/pack-npm.mjs', ADDRESS)
    const { napi } = JSON.parse(readFileSync(join(copy, 'package.json'), 'utf8'))
    assert.equal(packages().length, napi.targets.length + 1)
    for (const file of packages()) {
      const manifest = JSON.parse(await succeed(inCopy, `tar xzOf ${file} package/package.json`))
      assert.equal(manifest.repository.url, 'git+https://github.example/zumo/zumo-jwt.git')
      assert.equal(manifest.homepage, 'https://github.example/zumo/zumo-jwt#readme')
      assert.equal(manifest.bugs.url, 'https://github.example/zumo/zumo-jwt/issues')
    }
  })

  test('a package that was replaced, is missing or was added is refused', async () => {
    const GITHUB_OUTPUT = join(copy, 'dist/output')
    const hash = releaseStep('Hash the packages')
    await succeed(shell(join(copy, 'dist/npm'), registry.origin), hash, { GITHUB_OUTPUT })
    const [, HASHES] = readFileSync(GITHUB_OUTPUT, 'utf8').match(/^hashes<<END\n(.*)\nEND\n$/s)
    const artifact = join(copy, 'dist/artifact')
    const compare = (change) => {
      rmSync(artifact, { recursive: true, force: true })
      cpSync(join(copy, 'dist/npm'), artifact, { recursive: true })
      change(packages('dist/artifact'))
      return shell(artifact, registry.origin)(COMPARE, { HASHES })
    }
    assert.equal((await compare(() => {})).code, 0)
    const replaced = await compare(([file]) => appendFileSync(file, 'x'))
    assert.match(replaced.output, /\.tgz: FAILED$/m)
    assert.equal(replaced.code, 1)
    assert.equal((await compare(([file]) => rmSync(file))).code, 1)
    assert.equal((await compare(([file]) => copyFileSync(file, join(artifact, 'more.tgz')))).code, 1)
  })
})

describe('published are', () => {
  test('an empty 0.0.0 of each name', async () => {
    await succeed(inCopy, contributingCommands('npm publish'))
    names = readFileSync(join(copy, 'dist/names.txt'), 'utf8').trim().split('\n')
    assert.equal(names.length, packages().length)
    for (const name of names) assert.deepEqual(await versionsOf(name), ['0.0.0'])
    registry.dateBack('0.0.0')
  })

  test('no package if a platform is missing', async () => {
    cpSync(join(copy, 'dist/npm'), join(copy, 'dist/fewer'), { recursive: true })
    rmSync(packages('dist/fewer').find((file) => file.includes('win32-arm64')))
    const { code, output } = await inCopy('node scripts/publish.mjs dist/fewer')
    assert.equal(code, 1)
    assert.match(output, /^Nothing was published: napi\.targets/)
    for (const name of names) assert.deepEqual(await versionsOf(name), ['0.0.0'])
  })

  test('the platforms first, the main package last, by a run that is stopped and a second one', async () => {
    const first = spawn(process.execPath, ['scripts/publish.mjs', 'dist/npm'], {
      ...inCopy.options,
      detached: true, // so that npm is stopped too
    })
    const exited = once(first, 'exit')
    const seen = []
    for await (const line of createInterface(first.stdout)) {
      if (seen.push(line) === 3) process.kill(-first.pid)
    }
    assert.deepEqual(await exited, [null, 'SIGTERM'])
    assert.ok(seen.length < names.length)
    const output = await succeed(inCopy, 'node scripts/publish.mjs dist/npm')
    const lines = output.match(/^\S+@1\.0\.0 (is published|was published before)$/gm)
    assert.deepEqual(
      lines.slice(0, seen.length),
      seen.map((line) => line.replace(/is published$/, 'was published before')),
    )
    assert.equal(lines.length, names.length)
    assert.equal(lines.at(-1), 'zumo-jwt@1.0.0 is published')
    for (const name of names) assert.deepEqual(await versionsOf(name), ['0.0.0', '1.0.0'])
  })

  test('no other bytes, and the error says how to go on', async () => {
    cpSync(join(copy, 'dist/npm'), join(copy, 'dist/other'), { recursive: true })
    const file = packages('dist/other').find((path) => path.includes('linux-x64-gnu'))
    copyFileSync(
      repack(file, (manifest) => ({ ...manifest, keywords: ['other'] })),
      file,
    )
    const { code, output } = await inCopy('node scripts/publish.mjs dist/other')
    assert.equal(code, 1)
    assert.match(output, /linux-x64-gnu@1\.0\.0 is published with other bytes than .*"Re-run failed jobs"/)
  })

  test('no packages if the registry does not answer', async () => {
    const { code, output } = await inCopy('node scripts/publish.mjs dist/npm', {
      npm_config_registry: 'http://127.0.0.1:9',
      npm_config_fetch_retries: '0',
    })
    assert.equal(code, 1)
    assert.match(output, /^npm does not say whether /m)
  })

  test('the empty versions, deprecated', async () => {
    await succeed(inCopy, contributingCommands('npm deprecate'))
    for (const name of names)
      assert.equal(
        await succeed(inCopy, `npm view ${name}@0.0.0 deprecated`),
        'Empty: install 1.0.0 or newer.\n',
      )
  })
})

/** A project that knows the registry only. */
function project(files = {}) {
  const app = folder()
  const all = {
    'package.json': '{}',
    '.npmrc': `registry=${registry.origin}`,
    'module.mjs': "import { verify } from 'zumo-jwt'\nconsole.log(typeof verify)\n",
    ...files,
  }
  for (const [name, text] of Object.entries(all)) writeFileSync(join(app, name), text)
  copyFileSync(join(root, '__test__/package/app/commonjs.cjs'), join(app, 'server.cjs'))
  return shell(app, registry.origin)
}

const deno = 'deno run --allow-all'
const MANAGERS = [
  { name: 'npm 12', add: 'npm12 install zumo-jwt', command: 'npm12 exec -- zumo-jwt' },
  {
    name: "Yarn 4 with Plug'n'Play",
    add: 'yarn4 add zumo-jwt',
    start: 'yarn4 node',
    command: 'yarn4 run zumo-jwt',
    files: { 'package.json': '{ "type": "module" }' }, // else Yarn has no loader for ES modules
    waits: true,
  },
  { name: 'Deno', add: 'deno add npm:zumo-jwt', start: deno, command: `${deno} npm:zumo-jwt`, waits: true },
  ...(process.env.ALL
    ? [
        { name: 'npm 10', add: 'npm10 install zumo-jwt', command: 'npm10 exec -- zumo-jwt' },
        { name: 'npm 11', add: 'npm11 install zumo-jwt', command: 'npm11 exec -- zumo-jwt' },
        { name: 'pnpm', add: 'pnpm add zumo-jwt', command: 'pnpm exec zumo-jwt' },
        { name: 'Yarn 1', add: 'yarn1 add zumo-jwt', command: 'yarn1 --silent run zumo-jwt' },
        {
          name: 'Yarn 4 with node_modules',
          add: 'yarn4 add zumo-jwt',
          command: 'yarn4 run zumo-jwt',
          files: { '.yarnrc.yml': 'nodeLinker: node-modules' },
        },
        { name: 'Bun', add: 'bun add zumo-jwt', command: 'bun x zumo-jwt' },
      ]
    : []),
]

describe('on the same day, it is not installed by', () => {
  for (const { name, add, start, files } of MANAGERS.filter(({ waits }) => waits)) {
    test(name, async () => {
      const { code, output } = await project(files)(`${add}; ${start} server.cjs`)
      assert.notEqual(code, 0, output)
      assert.match(output, /zumo-jwt 0\.0\.0 is empty: install 1\.0\.0 or newer|quarantined|minimum.*age/i)
    })
  }
})

describe('two days later, it is installed by name with', () => {
  before(() => registry.dateBack('1.0.0'))

  for (const { name, add, start = 'node', command, files } of MANAGERS) {
    test(name, async () => {
      const sh = project(files)
      await succeed(sh, add)
      assert.equal(await succeed(sh, `${start} server.cjs`), ANSWER)
      assert.equal(await succeed(sh, `${start} module.mjs`), 'function\n')
      assert.match(await succeed(sh, `${command} --version`), /^1\.0\.0$/m)
    })
  }
})

describe('without a binary, what the error says helps after', () => {
  for (const npm of process.env.ALL ? ['npm10', 'npm11', 'npm12'] : ['npm12']) {
    const DARWIN = '--os=darwin --cpu=arm64'
    for (const [cause, install] of [
      ['--omit=optional', `${npm} install zumo-jwt --omit=optional`],
      [
        'a lock file of another platform',
        `${npm} install zumo-jwt ${DARWIN}; rm -r node_modules; ${npm} ci ${DARWIN}`,
      ],
      ['the loss of the .node file', `${npm} install zumo-jwt; find node_modules -name '*.node' -delete`],
    ]) {
      test(`${cause} (${npm})`, async () => {
        const sh = project()
        await succeed(sh, install)
        const { output } = await sh('node server.cjs')
        const [line] = output.match(/\bError: zumo-jwt .*$/m) ?? assert.fail(output)
        const [command] = line.match(/\bnpm install zumo-jwt( --include=optional)?/) ?? []
        assert.ok(command || line.includes('elete node_modules and install again'), line)
        await succeed(sh, command?.replace('npm', npm) ?? `rm -r node_modules; ${npm} install`)
        assert.equal(await succeed(sh, 'node server.cjs'), ANSWER, line)
      })
    }
  }
})

test('a project with 1.0.0 is updated to 1.0.1', async () => {
  const sh = project()
  await succeed(sh, 'npm12 install zumo-jwt@1.0.0')
  const changelog = join(copy, 'CHANGELOG.md')
  const text = readFileSync(changelog, 'utf8')
  writeFileSync(changelog, text.replace('## 1.0.0', '## Unreleased\n\n### Fixed\n\n- A fix.\n\n## 1.0.0'))
  await succeed(inCopy, 'node scripts/version.mjs 1.0.1; node scripts/pack-npm.mjs', ADDRESS)
  await succeed(inCopy, 'node scripts/publish.mjs dist/npm')
  await succeed(sh, 'npm12 update')
  assert.equal(await succeed(sh, 'node server.cjs'), ANSWER)
  const installed = await succeed(sh, 'npm12 ls --all --parseable --long')
  assert.equal(installed.match(/@1\.0\.1/g).length, 2, installed)
  assert.doesNotMatch(installed, /@1\.0\.0/)
})
