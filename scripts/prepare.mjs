// Builds the addon after `npm ci` in a clone.
import { spawnSync } from 'node:child_process'

if (spawnSync('cargo', ['--version']).error) {
  console.error(
    'zumo-jwt is built from Rust and found no cargo: install Rust 1.88 or newer (https://rustup.rs), then run npm ci again.',
  )
  process.exit(1)
}
process.exit(spawnSync('npm', ['run', 'build'], { stdio: 'inherit' }).status ?? 1)
