// node scripts/publish.mjs FOLDER [--provenance]: publishes the packages that lie in FOLDER, those of the platforms first, the main
// one last, so that whoever can install it finds the others. Run again, it skips what is published already. With --provenance
// it also checks that npm has an attestation for each. It needs nothing but Node.js, npm and tar.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { parseArgs } from 'node:util'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { provenance: { type: 'boolean' } },
})
const [folder] = positionals
const { name: mainName, napi } = JSON.parse(readFileSync('package.json', 'utf8'))

const packages = readdirSync(folder)
  .filter((file) => file.endsWith('.tgz'))
  .map((file) => {
    const path = join(folder, file)
    const { name, version, optionalDependencies } = JSON.parse(
      execFileSync('tar', ['xzOf', path, 'package/package.json']),
    )
    const integrity = `sha512-${createHash('sha512').update(readFileSync(path)).digest('base64')}`
    return { path, name, version, id: `${name}@${version}`, integrity, optionalDependencies }
  })
const main = packages.find(({ name }) => name === mainName)
const platforms = packages.filter((each) => each !== main)

try {
  checkSet()
  for (const each of [...platforms, main]) await publish(each)
} catch ({ message }) {
  console.error(message)
  process.exitCode = 1
}

function checkSet() {
  const there = platforms.map(({ id }) => id).sort()
  const wanted = Object.entries(main?.optionalDependencies ?? {}).map((entry) => entry.join('@'))
  if (there.length !== napi.targets.length || there.join() !== wanted.sort().join()) {
    throw new Error(
      `Nothing was published: napi.targets in package.json has ${napi.targets.length} platforms, ${mainName} ` +
        `depends on ${wanted.join(', ') || 'none'}, and ${folder} has ${there.join(', ') || 'none'}.`,
    )
  }
}

async function publish({ path, id, integrity }) {
  const before = published(id)
  if (before && before.integrity !== integrity) {
    throw new Error(
      `${id} is published with other bytes than ${path}. Continue a release that failed with "Re-run failed jobs": ` +
        'all jobs would build other bytes. If the first run is gone, release a new version.',
    )
  }
  if (!before) {
    const options = ['--access', 'public', ...(values.provenance ? ['--provenance'] : [])]
    execFileSync('npm', ['publish', `./${path}`, ...options], { stdio: ['ignore', 'ignore', 'inherit'] })
  }
  if (values.provenance) await checkAttestation(id)
  console.log(`${id} ${before ? 'was published before' : 'is published'}`)
}

/** What the registry has of a version, or undefined if it has no such version. */
function published(id) {
  try {
    const stdio = ['ignore', 'pipe', 'pipe']
    const answer = execFileSync('npm', ['view', id, 'dist', '--json'], { encoding: 'utf8', stdio })
    return answer === '' ? undefined : JSON.parse(answer)
  } catch ({ stdout, stderr, message }) {
    if (stdout?.includes('"code": "E404"')) return
    throw new Error(`npm does not say whether ${id} is published: ${stderr || message}`)
  }
}

// npm may need a while until it shows what it has accepted.
async function checkAttestation(id) {
  for (const wait of [0, 5, 10, 15, 30]) {
    await setTimeout(wait * 1000)
    if (published(id)?.attestations) return
  }
  throw new Error(`${id} is published, but npm shows no provenance for it.`)
}
