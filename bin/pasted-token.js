'use strict'

const { SIGNATURE_LENGTHS, hashOf, hexSignature, readContents, tryDecode } = require('./format.js')
const { causeInHeader, causeInRequest, causeWithoutToken } = require('./header-value.js')

const ENTITIES = { quot: '"', apos: "'", amp: '&', lt: '<', gt: '>' }

/** How other formats write characters: URLs, JSON and source code, HTML, e-mail. */
const ESCAPES = [
  // What is not seen, also of UTF-16 that is read as UTF-8, and the colours of a terminal.
  [/[\0\ufffd\p{Default_Ignorable_Code_Point}]|\p{Cc}\[[\d;]*m|<wbr ?\/?>/giu, ''],
  [/(?:%|\\u00|\\x|&#x)([0-7][0-9a-f]);?/gi, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16))],
  [/&#(\d{1,3});/g, (_, code) => String.fromCharCode(code)],
  [/&(quot|apos|amp|lt|gt);/g, (_, name) => ENTITIES[name]],
  [/[\\^](["'])/g, '$1'],
  [/(?:\\r)?\\n|<[bB][rR] ?\/?>\s*/g, '\n'],
  // Texts that source code joins by "+", "&" or ".", and in Visual Basic by " & _" before a new line.
  [/(["'])\s*[+&.][\s_]*\1/g, ''],
  [/(?<=^.{72,75})=\r?\n/gm, ''],
  [/=3D/g, '='],
  // A signed cookie of Express.
  [/\bs:(eyJ[\w-]+\.[\w-]+\.[\w-]+)\.[\w+/]{43}/g, '$1'],
  // Logs without anything between name and value.
  [/(x[-_]zumo[-_]auth|authenticationToken|bearer)(?=ey[AJ])/gi, '$1 '],
]

/** Between the name of a header or a property and its value: punctuation, HTML tags, a scheme. */
const BETWEEN = /(?:[^\w<]|<\/?\w[^<>]*>|<(?!\/?\w)|\b(?:value|bearer|(?:basic|token|jwt)(?= ))\b)*/.source
const after = (name, between = BETWEEN) => RegExp(`${name}${between}\\0`, 'i')

const BEARER = ['wrapped', { value: 'a "Bearer " prefix' }]
const QUOTES = ['wrapped', { value: 'quotes' }]

/**
 * Where a token is found. \0 stands for it. Those with a `place` are preferred, in this order. `cause` is
 * one of diagnose's, with its details, if the server gets what is around the token too.
 */
const PLACES = [
  { pattern: after('x[-_]zumo[-_]auth'), place: 'the token of X-ZUMO-AUTH' },
  { pattern: after('authenticationToken'), place: 'the authenticationToken' },
  { pattern: after('(?<!proxy-)authorization(?=["\']*\\s*[:=,>|<\n])'), cause: ['authorization'] },
  { pattern: after('x[-_]zumo[-_]auth', `${BETWEEN}bearer\\s+`), cause: BEARER },
  { pattern: /^\s*["'“‘]?bearer\s+["'“‘]?\0/i, cause: BEARER },
  { pattern: /^\s*["'“‘]+\0["'”’]+\s*$/, cause: QUOTES },
  { pattern: /(?:^> |(?<![:=]\s*)["'])x-zumo-auth:\s*["']\0/im, cause: QUOTES },
  { pattern: after('x-zumo-auth["\'](?!["\'])', `${BETWEEN}["']["']`), cause: QUOTES },
]

/** A token in base64. */
const BASE64 = /(?<![\w.+/-])e[yw][\w+/-]+={0,2}\.e[yw][\w+/-]+={0,2}\.(?:[\w+/-]{43}=?(?![\w+/-]))?/
/** A run of characters of a token. "=" is one of them if it can be padding. */
const RUN = RegExp(`(?:${BASE64.source}|[\\w.-]|=(?==?(?:[."'\\s]|$)))+`, 'g')
/** How a header or claims begin: `{"` in base64url, or `{` and white space. */
const TOKEN_START = /(?:^|\.)(?:ey[AJ]|ew[0ko])/
/** What stands where a token was wrapped. */
const WRAP = /^[ \t\\>|│#*]*(?:\r?\n[ \t\\>|│#*]*)?$/
const END_OF_LINE = /[ \t]*(?:$|[^\w\s:=.-]|\r?\n)/y

/** Only a token, with quotes or "Bearer" around it at most: also if other characters have got into it. */
const BARE =
  /^[\s"'“‘]*(?:bearer\s+)?["'“‘]?((?:[^\s"'“”‘’`:=&?;,{}()[\]<>]|=(?==?(?:\.|["'”’\s]*$)))+)["'”’\s]*$/i

/** The token in what somebody pasted, and its place. `cause` is in what the server would get beside it. */
function findToken(text) {
  const plain = decodeText(text)
  let tokens = tokensIn(plain)
  const hasTokens = tokens.length > 0
  const [, bare] = BARE.exec(plain) ?? []
  if (bare !== undefined && !tokens.some(({ isWhole }) => isWhole)) {
    const start = plain.indexOf(bare)
    tokens = [{ token: bare, start, end: start + bare.length, isWhole: false }]
  }
  const all = tokens.map((found) => ({ ...found, ...placeOf(plain, found) }))
  // Without a dot it is more likely something else in base64.
  const likely = all.filter(({ token, rank }) => token.includes('.') || rank < PLACES.length)
  const sorted = (likely.length > 0 ? likely : all).sort((a, b) => a.rank - b.rank || b.isWhole - a.isWhole)
  const [{ token, rank } = {}] = sorted
  const instead = rank === 0 ? undefined : causeWithoutToken(plain, hasTokens)
  if (instead || token === undefined) return { passedOver: 0, cause: instead }
  const same = sorted.filter((other) => other.token === token).slice(0, rank === 0 ? 1 : 100)
  const causes = same.map((found) => found.cause ?? causeInHeader(plain, found))
  const others = sorted.filter((other) => !token.startsWith(other.token))
  return {
    token,
    place: PLACES[rank]?.place ?? 'the first token',
    passedOver: new Set(others.map((other) => other.token)).size,
    cause: causes.find(Boolean) ?? causeInRequest(plain, token),
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
  const matches = [...text.matchAll(RUN)]
  const runs = matches.map(({ 0: run, index }) => ({ run, start: index, end: index + run.length }))
  const tokens = []
  for (let at = 0; at < runs.length; at++) {
    if (!TOKEN_START.test(runs[at].run)) continue
    const { joined, runEnds } = joinWrapped(text, runs, at)
    const whole = wholeToken(joined, runEnds)
    const token = whole ?? partOfToken(joined, runEnds)
    const { end } = runEnds.find(({ length }) => length >= token.length)
    tokens.push({ token, isWhole: whole !== undefined, start: runs[at].start, end })
    while (runs[at + 1]?.start < end) at++
  }
  return tokens
}

/** A run and those that continue it, without what is between them. `runEnds` says where each of them ends. */
function joinWrapped(text, runs, at) {
  const runEnds = []
  let [length, dots] = [0, 0]
  for (let next = at; next < runs.length && dots < 3; next++) {
    const { run, start, end } = runs[next]
    const { run: previous, end: before } = runs[next - 1] ?? {}
    const startsAnother = run.search(TOKEN_START) === 0 && !run.startsWith('.') && !previous?.endsWith('.')
    if (next > at && (startsAnother || !WRAP.test(text.slice(before, start)))) break
    END_OF_LINE.lastIndex = end
    length += run.length
    dots += run.split('.').length - 1
    runEnds.push({ length, dots, end, endsLine: END_OF_LINE.test(text) })
  }
  const joined = runs.slice(at, at + runEnds.length).map(({ run }) => run)
  return { joined: joined.join(''), runEnds }
}

/** The token that ends with the first run, or with a line, and has a signature as long as its algorithm's. */
function wholeToken(joined, runEnds) {
  const [head, body, signature = ''] = joined.split('.', 3)
  if (!body) return undefined
  const signed = `${head}.${body}.`
  const inHex = runEnds.find(({ length }) => hexSignature(joined.slice(signed.length, length)))
  if (inHex) return joined.slice(0, inHex.length)
  const ownLength = joined.slice(0, runEnds[0].length).split('.', 3)[2]?.length
  const alg = readContents(joined)?.header.alg
  const expected = SIGNATURE_LENGTHS.get(hashOf(alg) ?? alg) ?? ownLength
  const token = signed + signature.slice(0, expected)
  const isEnd = ({ length, endsLine }, index) =>
    (index === 0 || endsLine) && length >= token.length && /^\.*$/.test(joined.slice(token.length, length))
  return signature.length >= expected && tryDecode(token) && runEnds.some(isEnd) ? token : undefined
}

/** What there is of a token, up to the line with its second dot: what follows can be something else. */
function partOfToken(joined, runEnds) {
  const next = runEnds.findIndex(
    ({ endsLine }, index) => index > 0 && (!endsLine || runEnds[index - 1].dots > 1),
  )
  const { length } = runEnds.at(next === -1 ? -1 : next - 1)
  // It can end with a sentence or an ellipsis.
  return joined.slice(0, length).replace(/(?<!\.)\.{2,}$|\.$(?<=\..*\..*\.)/, '')
}

function placeOf(text, { start, end }) {
  const before = `${start > 100 ? '…' : ''}${text.slice(Math.max(0, start - 100), start)}`
  const behind = `${text.slice(end, end + 100)}${text.length > end + 100 ? '…' : ''}`
  const places = PLACES.filter(({ pattern }) => pattern.test(`${before}\0${behind}`))
  const rank = places[0]?.place ? PLACES.indexOf(places[0]) : PLACES.length
  return { rank, cause: places.find(({ cause }) => cause)?.cause }
}

module.exports = { findToken }
