'use strict'

const UNITS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }
const DATE = /^(\d{4}-\d\d-(\d\d))(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d))?$/

/** The time that `90m`, `1d` or an ISO 8601 date means: an invalid Date for anything else. */
function parseTime(text) {
  const [, count, unit] = /^(\d+)([smhd])$/.exec(text) ?? []
  if (unit) return new Date(Date.now() + count * UNITS[unit])
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
  if (span < UNITS.m) return `${whole(UNITS.s)} s`
  if (span < UNITS.h) return `${whole(UNITS.m)} min`
  if (span < 2 * UNITS.d) return `${whole(UNITS.h)} h ${whole(UNITS.m) % 60} min`
  const years = whole(365.25 * UNITS.d)
  return years < 2 ? `${whole(UNITS.d)} days` : `${years} years`
}

module.exports = { parseTime, formatTime, formatSpan }
