'use strict'

const { chmodSync, closeSync, openSync } = require('node:fs')
const Database = require('libsql')
const { Problem } = require('./problem.js')

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS users (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE COLLATE NOCASE,
    passwordHash TEXT NOT NULL
  );
  CREATE TABLE IF NOT EXISTS todoitem (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    userId TEXT,
    text TEXT NOT NULL,
    complete INTEGER NOT NULL DEFAULT 0
  );
  CREATE INDEX IF NOT EXISTS todoitem_userId ON todoitem (userId);
  CREATE TABLE IF NOT EXISTS foo (id INTEGER PRIMARY KEY AUTOINCREMENT, text TEXT NOT NULL);
  INSERT INTO foo (text) SELECT 'The first row' WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'foo');
`

function openDatabase(file) {
  if (file !== ':memory:') {
    closeSync(openSync(file, 'a', 0o600))
    chmodSync(file, 0o600)
  }
  const database = new Database(file, { timeout: 5000 })
  // SQLite's default, set here because an answered request promises it: what was written is on the disk.
  database.pragma('synchronous = FULL')
  /** Runs the action while no other process can write. */
  const exclusively = (action) => database.transaction(action).immediate()
  exclusively(() => database.exec(SCHEMA))

  return {
    exclusively,
    /** The rows of a statement made by sql-template-tag. */
    run: ({ sql, values }) => database.prepare(sql).all(values.map(bindable)),
  }
}

/** libsql stops the process at a boolean, and cuts a string at NUL. */
function bindable(value) {
  if (typeof value === 'boolean') return Number(value)
  if (typeof value === 'string' && !isText(value)) throw new Problem(400, 'Text must be Unicode without NUL.')
  return value
}

function isText(value) {
  return typeof value === 'string' && value.isWellFormed() && !value.includes('\0')
}

module.exports = { openDatabase, isText }
