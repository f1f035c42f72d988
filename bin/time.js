'use strict'

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const YEAR = 365.25 * DAY
const UNITS = { '': SECOND, s: SECOND, m: MINUTE, h: HOUR, d: DAY, w: 7 * DAY, y: YEAR }

// At most nine digits: more is a Unix time, and no number of seconds from now.
const SPAN = /^(\d{1,9})([smhdwy]?)$/
const DATE = /^(\d{4}-\d\d-(\d\d))(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d))?$/

/** The time that `3600`, `90m`, `1d` or an ISO 8601 date means: an invalid Date for anything else. */
function parseTime(text) {
  const [, count, unit] = SPAN.exec(text) ?? []
  if (count) return new Date(Date.now() + count * UNITS[unit])
  const [, date, day] = DATE.exec(text) ?? []
  // V8 takes February 31 for March 3.
  return new Date(Number(day) === new Date(date).getUTCDate() ? text : Number.NaN)
}

/** Milliseconds since 1970 as `2026-12-31T00:00:00Z`. */
function formatTime(ms) {
  const date = new Date(ms)
  return Number.isNaN(date.valueOf()) ? 'no calendar date' : date.toISOString().replace('.000Z', 'Z')
}

/** How long that is, in words and without its sign: `3 h 20 min`, `2 days`. */
function formatSpan(ms) {
  const span = Math.abs(ms)
  const whole = (unit) => Math.floor(span / unit)
  if (span < MINUTE) return `${whole(SECOND)} s`
  if (span < HOUR) return `${whole(MINUTE)} min`
  if (span < 2 * DAY) return `${whole(HOUR)} h ${whole(MINUTE) % 60} min`
  return whole(YEAR) < 2 ? `${whole(DAY)} days` : `${whole(YEAR)} years`
}

module.exports = { parseTime, formatTime, formatSpan }
