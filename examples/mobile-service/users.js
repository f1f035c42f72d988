'use strict'

const { hash, verify } = require('@node-rs/argon2')
const { default: sql } = require('sql-template-tag')

function openUsers({ run }) {
  let last = Promise.resolve()
  // One hash after the other. In parallel, they would take all threads of libuv, which files need, and all processors.
  const inTurn = (task) => {
    last = last.then(task, task)
    return last
  }
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

module.exports = { openUsers }
