'use strict'

/** What issuers and audiences often differ in, and how to write them without it. */
const DIFFERENCES = {
  'white space around it': (text) => text.trim(),
  'upper and lower case': (text) => text.toLowerCase(),
  'the scheme (http or https)': (text) => text.replace(/^https?:\/\//, ''),
  'the port': (text) => text.replace(/^((?:https?:\/\/)?[^/:]+):\d+(?=\/|$)/, '$1'),
  'the slash at the end': (text) => text.replace(/\/$/, ''),
}

/** What two texts differ in, in words, where it is nothing but their spelling; else undefined. */
function spellingDifference(one, other) {
  const rules = Object.entries(DIFFERENCES)
  const isSame = (rules) => {
    const [a, b] = [one, other].map((text) => rules.reduce((written, [, rule]) => rule(written), text))
    return a === b
  }
  if (!isSame(rules)) return undefined
  const needed = rules.filter((rule) => !isSame(rules.filter((each) => each !== rule)))
  return needed.map(([words]) => words).join(' and ')
}

module.exports = { spellingDifference }
