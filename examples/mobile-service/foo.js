'use strict'

function openFoo(database) {
  database.exec(`
    CREATE TABLE IF NOT EXISTS foo (id INTEGER PRIMARY KEY AUTOINCREMENT, text TEXT NOT NULL);
    INSERT INTO foo (text) SELECT 'The first row' WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'foo');
  `)
  const select = database.prepare('SELECT id, text FROM foo ORDER BY id')
  const insert = database.prepare('INSERT INTO foo (text) VALUES (?)')
  const update = database.prepare('UPDATE foo SET text = ? WHERE id = ?')
  const remove = database.prepare('DELETE FROM foo WHERE id = ?')

  return {
    read: () => select.all(),
    insert: (text) => ({ id: insert.run(text).lastInsertRowid, text }),
    update: (id, text) => (update.run(text, id).changes === 1 ? { id: Number(id), text } : undefined),
    delete: (id) => (remove.run(id).changes === 1 ? id : undefined),
  }
}

module.exports = { openFoo }
