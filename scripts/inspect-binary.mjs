import { statSync } from 'node:fs'
import { readobj } from './toolchains.mjs'

// The oldest systems that Node.js 20 runs on.
export const GLIBC = '2.17'
export const MACOS = { x64: '10.15', arm64: '11.0' }

const LIMIT = 700_000
const FORMATS = { linux: 'elf64', darwin: 'Mach-O', win32: 'COFF' }
const ARCHES = { x64: 'x86_64', arm64: 'aarch64', ia32: 'i386' }

// The libraries that every system has.
const SYSTEM = {
  gnu: /^(lib(c|m|dl|rt|pthread)\.so\.\d|ld-linux-[\w-]+\.so\.\d)$/,
  musl: /^libc\.so$/,
  darwin: /^(\/usr\/lib\/|\/System\/Library\/|@rpath\/zumo-jwt\.node$)/,
  msvc: /^(kernel32|ntdll|advapi32|userenv|ws2_32|bcrypt|bcryptprimitives|api-ms-win-[\w-]+)\.dll$/i,
}

const newer = (a, b) => a.localeCompare(b, 'en', { numeric: true }) > 0

/** Throws if a target's binary is wrong in a way that shows without running it. */
export function inspect(file, { platform, arch, abi }) {
  const options = ['--needed-libs', '--symbols', '--dyn-symbols', '--coff-exports', '--macho-version-min']
  const report = readobj(...options, file)
  const field = (name) => report.match(new RegExp(`^\\s*${name}: (\\S+)`, 'm'))?.[1] ?? 'unknown'
  const libraries = report
    .match(/^NeededLibraries \[\n([^\]]*)\]/m)[1]
    .trim()
    .split(/\s+/)
  const foreign = libraries.filter((name) => !SYSTEM[abi ?? platform].test(name))
  const versions = [...report.matchAll(/@GLIBC_([\d.]+)/g)].map(([, version]) => version)
  const tooNew = versions.filter((version) => newer(version, GLIBC))
  const { size } = statSync(file)
  const faults = [
    !field('Format').startsWith(FORMATS[platform]) && `is ${field('Format')}`,
    field('Arch') !== ARCHES[arch] && `is for ${field('Arch')}`,
    !/Name: _?napi_register_module_v1\b/.test(report) && 'exports no napi_register_module_v1',
    foreign.length > 0 && `needs ${foreign.join(', ')}`,
    tooNew.length > 0 && `needs glibc ${tooNew.join(', ')}`,
    platform === 'darwin' && newer(field('Version'), MACOS[arch]) && `needs macOS ${field('Version')}`,
    size >= LIMIT && `has ${size} bytes`,
  ].filter(Boolean)
  if (faults.length > 0) throw new Error(`the binary ${faults.join(', ')}`)
}
