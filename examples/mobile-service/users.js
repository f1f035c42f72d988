'use strict'

const { hash, verify } = require('@node-rs/argon2')

function openUsers(database) {
  // SQLite's own setting, said here because it is what an answered registration promises: it is on the disk.
  database.pragma('synchronous = FULL')
  database.exec(`
    CREATE TABLE IF NOT EXISTS users (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      name TEXT NOT NULL UNIQUE COLLATE NOCASE,
      passwordHash TEXT NOT NULL
    )
  `)
  const insert = database.prepare(
    'INSERT INTO users (name, passwordHash) VALUES (?, ?) ON CONFLICT DO NOTHING',
  )
  const select = database.prepare('SELECT id, passwordHash FROM users WHERE name = ?')
  const hashOfNobody = hash('')

  return {
    async register(name, password) {
      const { changes, lastInsertRowid } = insert.run(name, await hash(password))
      return changes === 1 ? lastInsertRowid : undefined
    },

    // An unknown name costs a verification too, so that the time does not tell it.
    async login(name, password) {
      const user = select.get(name)
      const right = await verify(user?.passwordHash ?? (await hashOfNobody), password)
      return user !== undefined && right ? user.id : undefined
    },
  }
}

module.exports = { openUsers }
