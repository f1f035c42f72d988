'use strict'

const { hash, verify } = require('@node-rs/argon2')
const { default: sql } = require('sql-template-tag')

function openUsers({ run }) {
  const hashOfNobody = hash('')

  return {
    /** Resolves with the new user's id, or with undefined where the name is taken. */
    async register(name, password) {
      const passwordHash = await hash(password)
      const [user] = run(sql`
        INSERT INTO users (name, passwordHash) VALUES (${name}, ${passwordHash}) ON CONFLICT DO NOTHING RETURNING id`)
      return user?.id
    },

    /** Resolves with the user's id. An unknown name costs a verification too, so that the time does not tell it. */
    async signIn(name, password) {
      const [user] = run(sql`SELECT id, passwordHash FROM users WHERE name = ${name}`)
      const isRight = await verify(user?.passwordHash ?? (await hashOfNobody), password)
      return isRight ? user?.id : undefined
    },
  }
}

module.exports = { openUsers }
