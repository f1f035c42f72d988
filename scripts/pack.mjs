// npm run pack: makes the packages that npm publishes, in dist/: one for each binary in dist/binaries, and the main one.
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const { scripts, devDependencies, overrides, napi, ...manifest } = JSON.parse(
  readFileSync('package.json', 'utf8'),
)
// A package that npm packs from a clone contains the clone's binary. Here each binary has a package of its own.
manifest.files = manifest.files.filter((file) => file !== '*.node')
const staging = 'dist/npm'

function pack(folder, files) {
  mkdirSync(folder, { recursive: true })
  for (const file of files) cpSync(file, join(folder, file), { recursive: true })
  execFileSync('npm', ['pack', '--pack-destination', 'dist', `./${folder}`], { stdio: 'inherit' })
}

for (const file of readdirSync('dist')) if (file.endsWith('.tgz')) rmSync(join('dist', file))
rmSync(staging, { recursive: true, force: true })
execFileSync('npx', ['napi', 'create-npm-dirs', '--npm-dir', staging], { stdio: 'inherit' })

const optionalDependencies = {}
for (const binary of readdirSync('dist/binaries').filter((file) => file.endsWith('.node'))) {
  const [, platform] = binary.split('.')
  const folder = join(staging, platform)
  cpSync(join('dist/binaries', binary), join(folder, binary))
  pack(folder, ['LICENSE'])
  optionalDependencies[`${manifest.name}-${platform}`] = manifest.version
}

const main = join(staging, manifest.name)
mkdirSync(main)
writeFileSync(
  join(main, 'package.json'),
  `${JSON.stringify({ ...manifest, optionalDependencies }, null, 2)}\n`,
)
pack(main, [...manifest.files, 'LICENSE', 'README.md'])
