'use strict'

const MAX_LENGTH = 64 * 1024

const WRAPPINGS = [
  [/x-zumo-auth/i, 'the name of the header'],
  [/\bbearer\b/i, 'a "Bearer " prefix'],
  [/["']/, 'quotes'],
  [/\s/, 'white space'],
  [/:/, 'a colon'],
]

/** The bare token of what was copied from a log or a header, and what was around it, in words. */
function unwrap(text) {
  const words = text.split(/[\s"':]+/)
  const token = words.filter((word) => !/^(x-zumo-auth|bearer)$/i.test(word)).join('')
  const wrapping = token === text ? undefined : WRAPPINGS.find(([pattern]) => pattern.test(text))[1]
  return { token, wrapping }
}

/** Why a text that decode() refuses is not a token. */
function whyMalformed(text) {
  if (text.length > MAX_LENGTH) return 'It is not a token: it is longer than 64 KiB.'
  const parts = text.split('.')
  if (parts.length !== 3) {
    const count = `${parts.length} ${parts.length === 1 ? 'part' : 'parts'}`
    return `It is not a whole token: it has ${count} between dots, not 3.`
  }
  for (const [index, name] of ['header', 'claims', 'signature'].entries()) {
    const part = parts[index]
    if (part === '') return `It is not a whole token: the part for the ${name} is empty.`
    if (Buffer.from(part, 'base64url').toString('base64url') !== part) {
      return `It is not a token, or was cut or changed: the part for the ${name} is not base64url.`
    }
  }
  return 'It is not a token, or was cut or changed: its header and claims are not two JSON objects, each name once.'
}

module.exports = { unwrap, whyMalformed }
