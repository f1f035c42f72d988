import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)
for (const subpath of Object.keys(require('zumo-jwt/package.json').exports)) {
  if (subpath.endsWith('.json')) continue
  const name = `zumo-jwt${subpath.slice(1)}`
  const required = require(name)
  const imported = await import(name)
  for (const [key, value] of Object.entries(required)) {
    console.log(name, key, imported[key] === value)
  }
}
