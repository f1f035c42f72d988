'use strict'

const { existsSync, readFileSync } = require('node:fs')
const { dirname, join } = require('node:path')

module.exports = load()

function load() {
  if (!''.isWellFormed) throw new Error(`zumo-jwt needs Node.js 20 or newer, and this is ${process.version}.`)
  const errors = []
  try {
    return require('../zumo-jwt.node')
  } catch (error) {
    errors.push(error)
  }
  // Bundlers find literal names only, and esbuild and Bun allow a missing package only directly inside a try.
  try {
    switch (platformName()) {
      case 'linux-x64-gnu':
        return require('@zumo-jwt/binary-linux-x64-gnu')
      case 'linux-x64-musl':
        return require('@zumo-jwt/binary-linux-x64-musl')
      case 'linux-arm64-gnu':
        return require('@zumo-jwt/binary-linux-arm64-gnu')
      case 'linux-arm64-musl':
        return require('@zumo-jwt/binary-linux-arm64-musl')
      case 'darwin-x64':
        return require('@zumo-jwt/binary-darwin-x64')
      case 'darwin-arm64':
        return require('@zumo-jwt/binary-darwin-arm64')
      case 'win32-x64-msvc':
        return require('@zumo-jwt/binary-win32-x64-msvc')
      case 'win32-ia32-msvc':
        return require('@zumo-jwt/binary-win32-ia32-msvc')
      case 'win32-arm64-msvc':
        return require('@zumo-jwt/binary-win32-arm64-msvc')
    }
  } catch (error) {
    errors.push(error)
  }
  throw new Error(`zumo-jwt ${explain(errors)}.`, { cause: errors })
}

function platformName() {
  const { platform, arch } = process
  if (platform === 'linux') return `linux-${arch}-${isMusl() ? 'musl' : 'gnu'}`
  return platform === 'win32' ? `win32-${arch}-msvc` : `${platform}-${arch}`
}

function isMusl() {
  try {
    return readFileSync('/usr/bin/ldd').includes('musl')
  } catch {
    return !process.report.getReport().header.glibcVersionRuntime
  }
}

/** What is wrong, and what to do about it. */
function explain(errors) {
  if (errors.some(({ code }) => code === 'ERR_DLOPEN_DISABLED')) {
    const fix = process.permission ? 'with --allow-addons' : 'without --no-addons'
    return `is a native addon, and this process does not load addons: start Node.js ${fix}`
  }
  // Deno throws a TypeError without a code, or NotCapable, whose message names the missing permission.
  const failed = errors.find((error) => /DLOPEN_FAILED|TypeError|NotCapable/.test(error.code + error.name))
  const failure = failed && `cannot load its binary: ${failed.message.trim().replaceAll(/\s*\n\s*/g, ', ')}`
  if (failed?.name === 'NotCapable') return failure
  if (/map segment|not permitted/.test(failure)) return `${failure}. Move it to a file system without noexec`
  const platform = platformName()
  // Bundlers give a module no paths, and __dirname is no error only in some of their formats.
  if (!module.paths?.length) {
    if (errors.some(({ code }) => code === 'ERR_UNKNOWN_BUILTIN_MODULE')) {
      const banner = "require = require('node:module').createRequire(process.execPath)"
      return `cannot load its binary in a single executable application: begin its script with ${banner}, and put the .node file beside the program`
    }
    const fix = `make it where zumo-jwt for ${platform} is installed, and keep the .node file beside it`
    return `${failure ?? 'finds no binary in this bundle'}: ${fix}, or leave zumo-jwt out of it`
  }
  const folder = dirname(module.path)
  if (existsSync(join(folder, 'Cargo.toml'))) return `${failure ?? 'is not built'}: run npm ci in ${folder}`

  const { os = [], cpu = [], libc = [], optionalDependencies: binaries = {} } = require('../package.json')
  const built = [...os, ...cpu, ...libc].join('-').replace('glibc', 'gnu')
  if (!platform.startsWith(built)) {
    const fix = 'do not copy node_modules, and install the file that npm run pack makes on this system'
    return `is installed for ${built}, and this system is ${platform}: ${fix}`
  }
  const name = `@zumo-jwt/binary-${platform}`
  const isThere = (binary) => existsSync(join(folder, '..', binary))
  if (failure || built || isThere(name)) {
    return `${failure ?? 'is installed without its .node file'}. Delete node_modules and install again on this machine`
  }
  if (!(name in binaries)) {
    return `has no binary for ${platform}: run npm ci && npm run pack in a clone, and install the file it makes`
  }
  const other = Object.keys(binaries).find(isThere)
  const problem = other ? `and node_modules has ${other}, of another system` : 'which is not installed'
  return `needs ${name}, ${problem}: run npm install zumo-jwt --include=optional on this machine`
}
