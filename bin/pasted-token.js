'use strict'

const { decode, ZumoJwtError } = require('../index.js')

const MAX_LENGTH = 64 * 1024

/** The length of a signature in base64url, by algorithm. */
const SIGNATURE_LENGTHS = new Map([
  ['HS256', 43],
  ['HS384', 64],
  ['HS512', 86],
  ['RS256', 342],
])

const fromHex = (_, digits) => String.fromCharCode(Number.parseInt(digits, 16))

/** How other formats write characters: URLs, JSON and source code, HTML, e-mail. */
const ESCAPES = [
  // Also what UTF-16 is when it is read as UTF-8.
  [/[\0\ufffd\p{Default_Ignorable_Code_Point}]/gu, ''],
  [/%([0-7][0-9a-f])/gi, fromHex],
  [/\\(?:u00|x)([0-7][0-9a-f])/gi, fromHex],
  [/&#x([0-7]?[0-9a-f]);/gi, fromHex],
  [/&#(\d{1,3});/g, (_, code) => String.fromCharCode(code)],
  [/&quot;|\\"/gi, '"'],
  [/&apos;|\\'/gi, "'"],
  [/&amp;/gi, '&'],
  [/&lt;/gi, '<'],
  [/&gt;/gi, '>'],
  [/\\[nr]/g, '\n'],
  [/<wbr ?\/?>/gi, ''],
  [/(["'])\s*\+[^\S\n]*\n[^\S\n]*\1/g, ''],
  [/(?<=^.{75})=\r?\n/gm, ''],
  [/=3D/g, '='],
]

/** Between the name of a header or a property and its value: punctuation, HTML tags, "Bearer". */
const BETWEEN = /(?:[^\w<]|<\/?\w[^<>]*>|<(?!\/?\w)|\b(?:value|bearer)\b)*/.source
const after = (name, between = BETWEEN) => RegExp(`${name}${between}\\0`, 'i')

/**
 * Where a token is found. \0 stands for it. Those with a `place` are preferred, in this order. `cause` is
 * one of diagnose's, with its details, where the server gets what is around the token too.
 */
const PLACES = [
  { pattern: after('x[-_]zumo[-_]auth'), place: 'the token of X-ZUMO-AUTH' },
  { pattern: after('authenticationToken'), place: 'the authenticationToken' },
  { pattern: after('authorization'), cause: ['authorization'] },
  { pattern: after('x[-_]zumo[-_]auth', `${BETWEEN}bearer\\s+`), cause: ['wrapped', 'a "Bearer " prefix'] },
  { pattern: /^\s*["'“‘]?bearer\s+["'“‘]?\0/i, cause: ['wrapped', 'a "Bearer " prefix'] },
  { pattern: /^\s*["'“‘]\0["'”’]\s*$/i, cause: ['wrapped', 'quotes'] },
  { pattern: /^> x-zumo-auth:\s*["']\0/im, cause: ['wrapped', 'quotes'] },
]
const NO_PLACE = PLACES.length

/** A run of the characters of a token. "=" is one where it can be padding. */
const WORD = /(?<![\w.-])[-_]+(?=eyJ)|(?:[\w.-]|=(?==?(?:[."'\s]|$)))+/g
/** How a header or claims begin: `{"` in base64url, or `{` and white space. */
const START = /(?:^|\.)(?:ey[AJ]|ew[0ko])/
const NEXT_LINE = /^[ \t\\]*\r?\n[ \t>|#*]*$/
const ANY_GAP = /^[\s\\>|#*]+$/
const END_OF_LINE = /[ \t]*(?:$|[^\w\s:=.-]|\r?\n)/y
const END_OF_NAME = /[ \t]*[:=]/y

/** A token alone, with quotes or "Bearer" around it at most: also where other characters have got into it. */
const BARE =
  /^[\s"'“‘]*(?:bearer\s+)?["'“‘]?((?:[^\s"'“”‘’`:=&?;,{}()[\]<>]|=(?==?(?:\.|["'”’\s]*$)))+)["'”’\s]*$/i

/**
 * Finds the token in what somebody pasted: a login answer, headers, a URL, a log, HTML, wrapped lines.
 *
 * @returns The `token`, or undefined where there is none; its `place`; how many others were `passedOver`;
 *   and the `cause` that is in what the server would get beside the token, if there is one.
 */
function findToken(text) {
  const plain = decodeText(text)
  let tokens = tokensIn(plain)
  const [, bare] = BARE.exec(plain) ?? []
  if (bare !== undefined && !tokens.some(({ isWhole }) => isWhole)) {
    const start = plain.indexOf(bare)
    tokens = [{ token: bare, start, end: start + bare.length, isWhole: false }]
  }
  const placed = tokens.map((found) => ({ ...found, ...placeOf(plain, found) }))
  // Without a dot it is more likely something else in base64.
  const likely = placed.filter(({ token, rank }) => token.includes('.') || rank < NO_PLACE)
  const [best, ...others] = (likely.length > 0 ? likely : placed).sort(
    (a, b) => a.rank - b.rank || b.isWhole - a.isWhole,
  )
  if (!best) return { passedOver: 0 }
  const { token, rank, cause } = best
  const isOther = (other) => !token.startsWith(other.token)
  return {
    token,
    place: PLACES[rank]?.place ?? 'the first token',
    passedOver: new Set(others.filter(isOther).map((other) => other.token)).size,
    cause:
      rank === 0 ? cause : (cause ?? others.find((other) => other.token === token && other.cause)?.cause),
  }
}

function decodeText(text) {
  let [before, plain] = ['', text]
  // One format can be inside of another.
  for (let depth = 0; depth < 5 && plain !== before; depth++) {
    before = plain
    for (const [pattern, replacement] of ESCAPES) plain = plain.replace(pattern, replacement)
  }
  return plain
}

/** Every token of a text, and every part of one that starts as a token does. */
function tokensIn(text) {
  const words = [...text.matchAll(WORD)].map(({ 0: word, index: start }) => {
    return { word, start, end: start + word.length }
  })
  const tokens = []
  for (let at = 0; at < words.length; at++) {
    if (!START.test(words[at].word)) continue
    const found = tokenAt(text, words, at)
    tokens.push({ ...found, start: words[at].start })
    while (words[at + 1]?.start < found.end) at++
  }
  return tokens
}

/** The token that begins with a word: this word, or with those that continue it. */
function tokenAt(text, words, at) {
  const isLast = (pattern, end) => {
    pattern.lastIndex = end
    return pattern.test(text)
  }
  const lines = join(text, words, at, NEXT_LINE, (end) => isLast(END_OF_LINE, end))
  const all = join(text, words, at, ANY_GAP, (end) => !isLast(END_OF_NAME, end))
  const whole = wholeToken(lines.joined, lines.ends) ?? wholeToken(all.joined, all.ends.slice(-1))
  if (whole) return whole
  const [first] = lines.ends
  const isInOneLine = /^[^.]+\.[^.]+\.[^.]/.test(words[at].word)
  const { length, end } = isInOneLine ? first : lines.ends.at(-1)
  // What ends with a sentence or an ellipsis.
  const token = lines.joined.slice(0, length).replace(/^([^.]*\.[^.]*\.[^.]*)\.+$/, '$1')
  return { token, end, isWhole: false }
}

/** A word and those that continue it, without what is between them. `ends` says where each of them ends. */
function join(text, words, at, gap, isContinuation) {
  let length = 0
  let dots = 0
  const ends = []
  for (let next = at; next < words.length && dots < 3; next++) {
    const { word, start, end } = words[next]
    if (next > at) {
      const previous = words[next - 1]
      const startsAnother = word.search(START) === 0 && !word.startsWith('.') && !previous.word.endsWith('.')
      if (startsAnother || !gap.test(text.slice(previous.end, start)) || !isContinuation(end)) break
    }
    length += word.length
    dots += word.split('.').length - 1
    ends.push({ length, end })
  }
  const joined = words.slice(at, at + ends.length).map(({ word }) => word)
  return { joined: joined.join(''), ends }
}

/** The token that ends at one of these places, with a signature as long as its algorithm wants it. */
function wholeToken(joined, ends) {
  const [head, body, signature] = joined.split('.', 3)
  if (!signature) return undefined
  const length = SIGNATURE_LENGTHS.get(readContents(joined)?.header.alg)
  const token = `${head}.${body}.${signature.slice(0, length)}`
  const last = ends.find(
    (end) => /^\.*$/.test(joined.slice(token.length, end.length)) && end.length >= token.length,
  )
  return last && isToken(token) ? { token, end: last.end, isWhole: true } : undefined
}

function placeOf(text, { start, end }) {
  const before = `${start > 100 ? '…' : ''}${text.slice(Math.max(0, start - 100), start)}`
  const behind = `${text.slice(end, end + 100)}${text.length > end + 100 ? '…' : ''}`
  const places = PLACES.filter(({ pattern }) => pattern.test(`${before}\0${behind}`))
  const rank = places[0]?.place ? PLACES.indexOf(places[0]) : NO_PLACE
  return { rank, cause: places.find(({ cause }) => cause)?.cause }
}

/** Header and claims, where they can be read: also with no signature, and in base64 of another alphabet. */
function readContents(token) {
  const [head, body] = toBase64url(token).split('.', 2)
  return attempt(() => decode(`${head}.${body}.AA`))
}

/** Base64 as base64url without padding. */
function toBase64url(token) {
  return token.replaceAll('=', '').replaceAll('+', '-').replaceAll('/', '_')
}

function isToken(text) {
  return attempt(() => decode(text)) !== undefined
}

function attempt(call) {
  try {
    return call()
  } catch (error) {
    if (error instanceof ZumoJwtError) return undefined
    throw error
  }
}

/** Why a text that decode() refuses is not a token. */
function whyMalformed(text) {
  if (text === undefined) return 'There is no token in this text.'
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

module.exports = { SIGNATURE_LENGTHS, findToken, isToken, readContents, toBase64url, whyMalformed }
