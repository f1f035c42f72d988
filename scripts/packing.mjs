import { execSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'

const { scripts, devDependencies, overrides, napi, ...rest } = JSON.parse(
  readFileSync('package.json', 'utf8'),
)

/** The package's manifest, without what only a clone needs. */
export const manifest = rest

/**
 * Packs a manifest and files into a folder. `files` has where each file or folder is, by its path in the package. npm packs
 * of them what `files` of the manifest names.
 */
export function pack(destination, packageJson, files) {
  const staging = 'dist/staging'
  rmSync(staging, { recursive: true, force: true })
  mkdirSync(staging, { recursive: true })
  mkdirSync(destination, { recursive: true })
  writeFileSync(`${staging}/package.json`, `${JSON.stringify(packageJson, null, 2)}\n`)
  for (const [path, source] of Object.entries(files))
    cpSync(source, `${staging}/${path}`, { recursive: true })
  // In a shell, because npm is a script on Windows.
  const file = execSync(`npm pack --silent --pack-destination ${destination} ./${staging}`, {
    encoding: 'utf8',
  })
  console.log(`${destination}/${file.trim()}`)
  rmSync(staging, { recursive: true })
}

/** The package's own files, and what is beside them in their folders, for pack(). */
export const filesOf = ({ files }) =>
  Object.fromEntries(
    [...files, 'LICENSE', 'README.md'].map((path) => path.replace(/\/\*.*/, '')).map((path) => [path, path]),
  )
