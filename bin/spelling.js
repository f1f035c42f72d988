'use strict'

/** What issuers and audiences often differ in, and how to write them without it. */
const SPELLINGS = {
  'white space around it': (text) => text.trim(),
  'upper or lower case': (text) => text.toLowerCase(),
  'the scheme (http or https)': (text) => text.replace(/^https?:\/\//, ''),
  'the port': (text) => text.replace(/^((?:https?:\/\/)?[^/:]+):\d+(?=\/|$)/, '$1'),
  'the slash at the end': (text) => text.replace(/\/$/, ''),
}

/** In what two texts differ, in words, if only their spelling differs. */
function spellingDifference(one, other) {
  const rules = Object.entries(SPELLINGS)
  const isSame = (rules) => {
    const [a, b] = [one, other].map((text) => rules.reduce((written, [, rule]) => rule(written), text))
    return a === b
  }
  const needed = rules.filter((rule) => !isSame(rules.filter((other) => other !== rule)))
  return isSame(rules) ? needed.map(([words]) => words).join(' and ') : undefined
}

module.exports = { spellingDifference }
