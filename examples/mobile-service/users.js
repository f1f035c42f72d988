'use strict'

const { hash, verify } = require('@node-rs/argon2')
const { default: sql } = require('sql-template-tag')

// Argon2 and files share the four threads of libuv: two stay free for the files.
const HASHES_AT_ONCE = 2

function openUsers({ run }) {
  const inTurn = queue(HASHES_AT_ONCE)
  const hashOfNobody = hash('')

  return {
    /** Resolves with the new user's id, or with undefined where the name is taken. */
    async register(name, password) {
      const passwordHash = await inTurn(() => hash(password))
      const [user] = run(sql`
        INSERT INTO users (name, passwordHash) VALUES (${name}, ${passwordHash}) ON CONFLICT DO NOTHING RETURNING id`)
      return user?.id
    },

    /** Resolves with the user's id. An unknown name costs a verification too, so that the time does not tell it. */
    async signIn(name, password) {
      const [user] = run(sql`SELECT id, passwordHash FROM users WHERE name = ${name}`)
      const passwordHash = user?.passwordHash ?? (await hashOfNobody)
      const isRight = await inTurn(() => verify(passwordHash, password))
      return isRight ? user?.id : undefined
    },
  }
}

/** A function that runs tasks, so many at a time, in the order in which they come. */
function queue(free) {
  const waiting = []
  return async (task) => {
    if (free > 0) free--
    else await new Promise((start) => waiting.push(start))
    try {
      return await task()
    } finally {
      if (waiting.length > 0) waiting.shift()()
      else free++
    }
  }
}

module.exports = { openUsers }
