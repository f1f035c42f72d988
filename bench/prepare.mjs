// Makes what npm run bench measures: the addon, and a peer that npm ci cannot install, as some of its packages for
// other platforms were never published.
import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'

const run = (command, ...args) => execFileSync(command, args, { stdio: 'inherit' })

run(process.execPath, 'scripts/build.mjs')
mkdirSync('.cache/bench', { recursive: true })
run('npm', 'install', '--silent', '--no-save', '--prefix', '.cache/bench', '@node-rs/jsonwebtoken@0.5.11')
