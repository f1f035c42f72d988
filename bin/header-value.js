'use strict'

const NAME = /x[-_]zumo[-_]auth/gi
const TOKEN = 'e[yw][\\w+/=-]+(?:\\.[\\w+/=-]*){1,2}'

/** From the name of the header to the token. `sent` is what the server gets before the token. */
const OPENING =
  /^[\w-]+(?<closing>["'`]?)\]?\s{0,80}(?<sign>:|=>?|,(?:\s{0,80}["']value["']\s{0,80}:)?)\s{0,80}(?:string\(\d+\) )?\[?(?<quote>["'`]?)(?<sent>[^\r\n]*)$/

/** Where a value without quotes ends. */
const END = '[ \\t]{0,80}(?:$|\\r?\\n|, ?[\\w-]+ ?[=:]|[}\\]]| HTTP/)'

const TWICE = ['sent-twice', {}]
const wrapped = (value) => ['wrapped', { value }]
const WORD = wrapped('a word before it, as in the Authorization header')
const ATTRIBUTE = '(?:path|domain|expires|max-age|secure|httponly|samesite)\\b'

/** A cause, and what is sent before and behind the token then. A sentence of a log can have the last three. */
const MISTAKES = [
  [TWICE, '^$', `(?:["']?(?:\\s?,\\s?| )["']?${TOKEN})+`],
  [wrapped("Swift's Optional()"), '^Optional\\(["\']$', '["\']\\)'],
  [WORD, '^(?:[Bb]asic|JWT|Token|ZUMO) $', ''],
  [WORD, '^[A-Za-z][\\w-]*(?: +|: *|=)(?:token=)?["\']?$', '["\']?'],
  [wrapped('JSON around it'), '^\\{.*["\']\\s?:\\s?["\']$', '["\'][^\\r\\n]{0,500}?\\}'],
  [wrapped('attributes of a cookie behind it'), '^$', `;\\s?${ATTRIBUTE}[^\\r\\n"'}\\]]{0,500}`],
]

/** The cause in what a header has beside the token, if the text shows the header and where its value ends. */
function causeInHeader(text, { start, end }) {
  const before = text.slice(Math.max(0, start - 5000), start)
  const index = [...before.matchAll(NAME)].at(-1)?.index ?? before.length
  const { closing, sign, quote, sent } = OPENING.exec(before.slice(index))?.groups ?? {}
  if (sign === undefined || (closing && !quote)) return undefined
  const around = before.slice(0, index)
  // In a command, quotes are around the name and the value.
  const outer = (!closing && /["'`]$/.exec(around)?.[0]) || ''
  const isCommand = /(?:^\s*|-H ?\$?|--header[= ]|[[{,]\s*|array\()["'`]$/.test(around)
  const isCookie = sign === '=' && !closing
  const isHeader = isCookie
    ? /\{(?:[^{}\n"']*,)?\s*$/.test(around)
    : closing || isCommand || /(?:^|\n)[>\s]*$|[{[](?:[^{}[\]\n]*,)?\s*$/.test(around)
  const value = outer ? quote + sent : sent
  const behind = text.slice(end, end + 70_000)
  const isMade = ([, ahead, after]) =>
    RegExp(ahead).test(value) && RegExp(`^${after}(?:${outer || quote || END})`, 'i').test(behind)
  return MISTAKES.slice(0, isHeader ? undefined : 3).find(isMade)?.[0]
}

/** The lines of the headers of a request, also as .NET prints them. */
const REQUEST =
  /^[> \t]*(?:[A-Z]+ \S+ HTTP\/[\d.]+|Method: [A-Z]+, RequestUri: .*\r?\n\{)\r?\n((?:[> \t]*[\w-]+:[^\n]*(?:\n|$))+)/gm

/** The cause if a text is nothing but a token sent twice, or in the header's lines of a request, which are exact. */
function causeInRequest(text, token) {
  if (RegExp(`^\\s*["']?(${TOKEN})(?:\\s?,\\s?\\1)+["']?\\s*$`).test(text)) return TWICE
  for (const [, headers] of text.matchAll(REQUEST)) {
    const values = Array.from(headers.matchAll(/^[> \t]*x-zumo-auth:(.*)/gim), ([, value]) => value.trim())
    if (!values.some((value) => value.includes(token))) continue
    if (values.length > 1) return TWICE
    if (values[0] !== token && !/(?:\.\.|…)$/.test(values[0])) return wrapped('other characters')
  }
}

/** What is sent instead of a token. */
const INSTEAD = {
  'null or undefined (nobody is signed in, or the variable was not set)':
    'null|undefined|none|nil|\\(null\\)|<null>',
  'the text of an object or of a promise (an await is missing)':
    "\\[object \\w+\\]|Promise \\{[^{}\\n]*\\}|System\\.[\\w.`]+(?:\\[[\\w.]+\\])?|<coroutine object [^<>\\n]*>|Instance of '[^'\\n]*'|[\\w.]+@[\\da-f]{5,8}",
  'a placeholder that was not filled in':
    '\\$?\\{\\{[^{}\\n]*\\}\\}|__\\w+__|[$#]\\{[^{}\\n]*\\}|\\{[a-z_]\\w*\\}|\\$\\([^()\\n]*\\)|<[\\w -]+>|<%[^%\\n]*%>|%\\w+%|\\$(?:env:)?[a-z_]\\w*|your[-_ ]?(?:\\w+[-_ ])?token(?:[-_ ]here)?',
  '"Bearer" with nothing behind it': 'bearer[ \\t]{0,80}(?=$|[\\r\\n"\',;}\\]])',
  'an empty text': '(?=["\'](?:$|[\\s,;}\\])])|[ \\t]{0,80}(?:$|[\\r\\n,;}\\]]))',
}
const SHOWN =
  '["\'`\\]]{0,2}\\s{0,80}(?::|=>?|,\\s{0,80}["\']value["\']\\s{0,80}:|(?<=["\']),)\\s{0,80}(?:string\\(\\d+\\) )?\\[?'
// Source code can add to a text.
const AFTER_IT = '(?!\\s{0,80}[+.&])(?:$|[\\s,;}\\])"\'|])'

/** The cause if something else is in the place of a token: beside tokens, only what is no placeholder of a text. */
function causeWithoutToken(text, hasTokens) {
  const names = hasTokens ? NAME.source : 'x[-_]zumo[-_]auth|authenticationToken|authorization|\\btoken'
  const isAt = (pattern, start, end) =>
    RegExp(`${start}(["'\`]?)(?:bearer\\s{1,9})?(?:${pattern})\\1${end}`, 'i')
  const isSent = ([, pattern]) =>
    isAt(pattern, '^', '$').test(text.trim()) || isAt(pattern, `(?:${names})${SHOWN}`, AFTER_IT).test(text)
  const kinds = Object.entries(INSTEAD).slice(0, hasTokens ? 2 : undefined)
  const [value] = kinds.find(isSent) ?? []
  return value && ['instead', { value }]
}

module.exports = { causeInHeader, causeInRequest, causeWithoutToken }
