import { homedir } from 'node:os'
import { join } from 'node:path'

const cargoHome = process.env.CARGO_HOME ?? join(homedir(), '.cargo')

// A panic names its source file, and most are in folders of this machine. The last that fits counts.
const REMAP = [`--remap-path-prefix=${cargoHome}=cargo`, `--remap-path-prefix=${process.cwd()}=zumo-jwt`]

/** The compiler's flags of the environment, if there are any. */
function givenFlags() {
  const { CARGO_ENCODED_RUSTFLAGS, RUSTFLAGS } = process.env
  return CARGO_ENCODED_RUSTFLAGS?.split('\x1f') ?? RUSTFLAGS?.split(' ').filter(Boolean)
}

/** The environment and arguments with which cargo adds flags to those that are given or configured. */
export function addRustflags() {
  const given = givenFlags()
  // A variable would switch off what is configured, and is used in place of it.
  if (given === undefined) return { args: ['--config', `build.rustflags=${JSON.stringify(REMAP)}`] }
  return { args: [], env: { CARGO_ENCODED_RUSTFLAGS: [...given, ...REMAP].join('\x1f') } }
}

/** The environment for a build whose flags no configuration may change. */
export function setRustflags(flags) {
  return { CARGO_ENCODED_RUSTFLAGS: [...(givenFlags() ?? []), ...flags, ...REMAP].join('\x1f') }
}
