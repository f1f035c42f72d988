'use strict'

const { execFile, execFileSync, spawn } = require('node:child_process')
const { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } = require('node:fs')
const { once } = require('node:events')
const { delimiter, dirname, join } = require('node:path')
const { after } = require('node:test')
const { parse } = require('yaml')
const { freePort } = require('../start-server.js')
const { env, folder, installTools, packageManagers, root } = require('../package/helpers.js')

const { FUNCTIONS, folders, node24 } = packageManagers()
// A dependency asks for node-fetch by the tag "cjs", which not every mirror of npm has.
const tools = installTools('verdaccio', { verdaccio: '6.10.4' }, { 'node-fetch': '2.7.0' })
const VERDACCIO = join(tools, 'verdaccio/bin/verdaccio')

/** Starts verdaccio, which asks no other registry. Resolves with its address, and a function that dates a version back. */
async function startRegistry() {
  const home = folder()
  const port = await freePort()
  const origin = `http://127.0.0.1:${port}`
  const configuration = join(home, 'config.yaml')
  const settings = {
    storage: './storage',
    listen: `127.0.0.1:${port}`,
    auth: { htpasswd: { file: './users' } },
    packages: { '**': { access: '$all', publish: '$all', unpublish: '$all' } },
    log: { type: 'stdout', level: 'warn' },
  }
  writeFileSync(configuration, JSON.stringify(settings)) // which is YAML
  const server = spawn(node24, [VERDACCIO, '--config', configuration], { cwd: home, stdio: 'ignore' })
  after(async () => {
    server.kill()
    await once(server, 'exit')
  })
  const isUp = () => fetch(`${origin}/-/ping`).then(Boolean, () => false)
  while (!(await isUp())) await new Promise((resolve) => setTimeout(resolve, 100))

  /** Makes a version of all packages two days old. */
  function dateBack(version) {
    const date = new Date(Date.now() - 2 * 86_400_000).toISOString()
    for (const file of readdirSync(join(home, 'storage'), { recursive: true })) {
      if (!file.endsWith('package.json')) continue
      const path = join(home, 'storage', file)
      const packument = JSON.parse(readFileSync(path, 'utf8'))
      packument.time[version] = date
      writeFileSync(path, JSON.stringify(packument))
    }
  }
  return { origin, dateBack }
}

/** The commands of a step of the release, by its name. */
function releaseStep(name) {
  const { jobs } = parse(readFileSync(join(root, '.github/workflows/release.yml'), 'utf8'))
  const steps = Object.values(jobs).flatMap((job) => job.steps)
  return steps.find((step) => step.name === name).run
}

/** A copy of the clone as it is, with its dependencies and binaries: the real one, and stand-ins for other platforms. */
async function copyClone() {
  const { parseTriple } = await import('@napi-rs/cli')
  const copy = folder()
  const list = ['ls-files', '-z', '--cached', '--others', '--exclude-standard']
  const files = execFileSync('git', list, { cwd: root, encoding: 'utf8' }).split('\0')
  for (const file of files.filter(Boolean)) {
    mkdirSync(dirname(join(copy, file)), { recursive: true })
    cpSync(join(root, file), join(copy, file))
  }
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))
  mkdirSync(join(copy, 'dist/binaries'), { recursive: true })
  const { napi } = JSON.parse(readFileSync(join(copy, 'package.json'), 'utf8'))
  for (const triple of napi.targets) {
    const { platformArchABI } = parseTriple(triple)
    const binary = `dist/binaries/zumo-jwt.${platformArchABI}.node`
    if (platformArchABI === 'linux-x64-gnu') cpSync(join(root, binary), join(copy, binary))
    else writeFileSync(join(copy, binary), platformArchABI)
  }
  return copy
}

/** Returns a function that runs commands in a folder, as the workflow's shell does, with the package managers and a registry. */
function shell(cwd, origin) {
  const home = folder()
  const npmrc = [
    `//${new URL(origin).host}/:_authToken=none`,
    'audit=false',
    'fund=false',
    'update-notifier=false',
  ]
  writeFileSync(join(home, '.npmrc'), npmrc.join('\n'))
  const options = {
    cwd,
    env: {
      ...env,
      HOME: home,
      PATH: [...folders, env.PATH].join(delimiter),
      NO_COLOR: '1',
      NPM_CONFIG_REGISTRY: origin,
      npm_config_registry: origin,
      YARN_NPM_REGISTRY_SERVER: origin,
      YARN_UNSAFE_HTTP_WHITELIST: '127.0.0.1',
      YARN_ENABLE_TELEMETRY: '0',
      YARN_CACHE_FOLDER: join(home, 'yarn'),
    },
  }
  const sh = (commands, changes) =>
    new Promise((resolve) => {
      const args = ['-eo', 'pipefail', '-c', FUNCTIONS + commands]
      const settings = { ...options, env: { ...options.env, ...changes } }
      execFile('bash', args, settings, (error, stdout, stderr) =>
        resolve({ code: error?.code ?? 0, output: stdout + stderr }),
      )
    })
  return Object.assign(sh, { options })
}

module.exports = { copyClone, releaseStep, shell, startRegistry }
