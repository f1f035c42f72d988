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

/** The cause if a text is nothing but a token sent twice, or two lines of one request have the header. */
function causeOfPair(text, token) {
  const isPair = RegExp(`^\\s*["']?(${TOKEN})(?:\\s?,\\s?\\1)+["']?\\s*$`).test(text)
  const isInTwoLines = [...text.matchAll(REQUEST)].some(([, headers]) => {
    const lines = headers.match(/^[> \t]*x-zumo-auth:.*/gim) ?? []
    return lines.length > 1 && lines.some((line) => line.includes(token))
  })
  return isPair || isInTwoLines ? TWICE : undefined
}

/** What is sent instead of a token. */
const INSTEAD = {
  'null or undefined (nobody is signed in, or the variable was not set)':
    'null|undefined|none|nil|\\(null\\)|<null>',
  'the text of an object or of a promise (an await is missing)':
    '\\[object \\w+\\]|Promise \\{[^{}\\n]*\\}|System\\.[\\w.`]+(?:\\[[\\w.]+\\])?|<coroutine object [^<>\\n]*>',
  'a placeholder that was not filled in':
    '\\{\\{[^{}\\n]*\\}\\}|[$#]\\{[^{}\\n]*\\}|\\{[a-z_]\\w*\\}|\\$\\([^()\\n]*\\)|<[\\w -]+>|<%[^%\\n]*%>|%\\w+%|\\$(?:env:)?[a-z_]\\w*|your[-_ ]?(?:\\w+[-_ ])?token(?:[-_ ]here)?',
  '"Bearer" with nothing behind it': 'bearer',
  'an empty text': '(?=["\']|[ \\t]{0,80}(?:$|[\\r\\n,;}\\]]))',
}
const SHOWN =
  '(?:x[-_]zumo[-_]auth|authenticationToken|authorization|\\btoken)["\'`\\]]{0,2}\\s{0,80}(?::|=>?|,\\s{0,80}["\']value["\']\\s{0,80}:|(?<=["\']),)\\s{0,80}(?:string\\(\\d+\\) )?\\[?'

/** The cause if a text without a token has something else in its place. */
function causeWithoutToken(text) {
  const isAt = (pattern, start, end) =>
    RegExp(`${start}(["'\`]?)(?:bearer\\s{1,9})?(?:${pattern})\\1${end}`, 'i')
  const isSent = ([, pattern]) =>
    isAt(pattern, '^', '$').test(text.trim()) || isAt(pattern, SHOWN, '(?:$|[\\s,;}\\]"\'|])').test(text)
  const [value] = Object.entries(INSTEAD).find(isSent) ?? []
  return value && ['instead', { value }]
}

module.exports = { causeInHeader, causeOfPair, causeWithoutToken }
