// Packs what npm publishes into dist/npm: a package for each binary in dist/binaries, and the main one.
import { execSync } from 'node:child_process'
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { filesOf, manifest, pack } from './packing.mjs'

const platforms = 'dist/platforms'
rmSync('dist/npm', { recursive: true, force: true })
execSync(`npx napi create-npm-dirs --npm-dir ${platforms}`, { stdio: 'inherit' })

// A clone does not know its address, and npm compares it with the provenance.
const { GITHUB_SERVER_URL, GITHUB_REPOSITORY } = process.env
const address = `${GITHUB_SERVER_URL}/${GITHUB_REPOSITORY}`
const links = GITHUB_SERVER_URL &&
  GITHUB_REPOSITORY && {
    repository: { type: 'git', url: `git+${address}.git` },
    homepage: `${address}#readme`,
    bugs: { url: `${address}/issues` },
  }

const optionalDependencies = {}
for (const binary of readdirSync('dist/binaries')) {
  const folder = `${platforms}/${binary.split('.')[1]}`
  const packageJson = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8'))
  const files = {
    [binary]: `dist/binaries/${binary}`,
    'README.md': `${folder}/README.md`,
    LICENSE: 'LICENSE',
  }
  pack('dist/npm', { ...packageJson, ...links }, files)
  optionalDependencies[packageJson.name] = manifest.version
}
rmSync(platforms, { recursive: true })

// A clone and the file of npm run pack are private, so that npm refuses to publish them.
const files = manifest.files.filter((file) => file !== 'zumo-jwt.node')
const published = { ...manifest, private: undefined, files }
pack('dist/npm', { ...published, ...links, optionalDependencies }, filesOf(published))
