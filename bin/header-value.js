'use strict'

const NAME = /x[-_]zumo[-_]auth/gi
const TOKEN = 'e[yw][\\w+/=-]+(?:\\.[\\w+/=-]*){1,2}'

/** From the name of the header to the token. `sent` is what the server gets before the token. */
const OPENING =
  /^[\w-]+(?<closing>["'`]?)\]?\s{0,80}(?<sign>:|=>?|,(?:\s{0,80}["']value["']\s{0,80}:)?)\s{0,80}(?:string\(\d+\) )?\[?(?<quote>["'`]?)(?<sent>[^\r\n]*)$/

/** Where a value without quotes ends. */
const END = '[ \\t]{0,80}(?:$|\\r?\\n|, ?[\\w-]+ ?[=:]|[}\\]]| HTTP/)'

const TWICE = ['sent-twice', {}]
const WORD = ['wrapped', { value: 'a word before it, as in the Authorization header' }]
const JSON_AROUND = ['wrapped', { value: 'JSON around it' }]
const ATTRIBUTES = ['wrapped', { value: 'attributes of a cookie behind it' }]

/** A cause, and what is sent before and behind the token then. A sentence of a log can have the last three. */
const MISTAKES = [
  [TWICE, '^$', `(?:["']?\\s?,\\s?["']?${TOKEN})+`],
  [WORD, '^(?:[Bb]asic|JWT|Token|ZUMO) $', ''],
  [WORD, '^(?![Bb]earer)[A-Za-z][\\w-]* +(?:token=["\']?)?$', '["\']?'],
  [JSON_AROUND, '^\\{.*["\']\\s?:\\s?["\']$', '["\'][^\\r\\n]{0,500}?\\}'],
  [
    ATTRIBUTES,
    '^$',
    ';\\s?(?:path|domain|expires|max-age|secure|httponly|samesite)\\b[^\\r\\n"\'}\\]]{0,500}',
  ],
]

/** The cause in what a header has beside the token, if the text shows the header and where its value ends. */
function causeInHeader(text, { token, start, end }) {
  const before = text.slice(Math.max(0, start - 5000), start)
  const index = [...before.matchAll(NAME)].at(-1)?.index ?? before.length
  const { closing, sign, quote, sent } = OPENING.exec(before.slice(index))?.groups ?? {}
  if (sign === undefined || (closing && !quote)) return undefined
  const around = before.slice(0, index)
  // In a command, quotes are around the name and the value. Behind ":" they are around a message.
  const outer = (!closing && /(?<![:=]\s*)["'`]$/.exec(around)?.[0]) || ''
  const isCookie = sign === '=' && !closing
  const isHeader = isCookie
    ? /\{(?:[^{}\n"']*,)?\s*$/.test(around)
    : closing || outer || /(?:^|\n)[>\s]*$|[{[](?:[^{}[\]\n]*,)?\s*$/.test(around)
  const value = outer ? quote + sent : sent
  const behind = text.slice(end, end + 70_000)
  const [cause] =
    MISTAKES.slice(0, isHeader ? MISTAKES.length : 2).find(
      ([, ahead, after]) =>
        RegExp(ahead).test(value) && RegExp(`^${after}(?:${outer || quote || END})`, 'i').test(behind),
    ) ?? []
  return cause ?? (isInTwoLines(text, token) ? TWICE : undefined)
}

/** The lines of the headers of a request, also as .NET prints them. */
const REQUEST =
  /^[> \t]*(?:[A-Z]+ \S+ HTTP\/[\d.]+|Method: [A-Z]+, RequestUri: .*\r?\n\{)\r?\n((?:[> \t]*[\w-]+:[^\n]*(?:\n|$))+)/gm

/** Whether two lines of one request have the header, and one of them this token. */
function isInTwoLines(text, token) {
  return [...text.matchAll(REQUEST)].some(([, headers]) => {
    const lines = headers.match(/^[> \t]*x-zumo-auth:.*/gim) ?? []
    return lines.length > 1 && lines.some((line) => line.includes(token))
  })
}

/** The cause if a text is nothing but a token sent twice. */
function causeOfPair(text) {
  return RegExp(`^\\s*["']?(${TOKEN})(?:\\s?,\\s?\\1)+["']?\\s*$`).test(text) ? TWICE : undefined
}

/** What is sent instead of a token. */
const INSTEAD = {
  'unset-token': 'null|undefined|none|nil|nan|\\(null\\)|<null>',
  'object-token':
    '\\[object \\w+\\]|Promise \\{[^{}\\n]*\\}|System\\.[\\w.`]+(?:\\[[\\w.]+\\])?|<coroutine object [^<>\\n]*>',
  placeholder:
    '\\{\\{[^{}\\n]*\\}\\}|[$#]\\{[^{}\\n]*\\}|\\{[a-z_]\\w*\\}|\\$\\([^()\\n]*\\)|<[\\w -]+>|%\\w+%|\\$(?:env:)?[a-z_]\\w*|your[-_ ]?(?:\\w+[-_ ])?token',
  'only-scheme': 'bearer',
  'empty-token': '',
}
const SHOWN =
  '(?:x[-_]zumo[-_]auth|authenticationToken)["\'`\\]]{0,2}\\s{0,80}(?::|=>?|,\\s{0,80}["\']value["\']\\s{0,80}:|(?<=["\']),)\\s{0,80}(?:string\\(\\d+\\) )?\\[?'

/** The cause if a text without a token has something else in its place. */
function causeWithoutToken(text) {
  const isAt = (value, start, end) => {
    return RegExp(`${start}(["']?)(?:bearer\\s{1,9})?(?:${value})\\1${end}`, 'i')
  }
  const isSent = ([, value]) =>
    isAt(value, '^', '$').test(text.trim()) ||
    isAt(value, SHOWN, '[ \\t]{0,80}(?:$|[\\r\\n,;}\\]"\'])').test(text)
  const [name] = Object.entries(INSTEAD).find(isSent) ?? []
  return name && [name, {}]
}

module.exports = { causeInHeader, causeOfPair, causeWithoutToken }
