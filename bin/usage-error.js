'use strict'

/** A command line, a key or an input that cannot be used. Exit code 2, with a hint to --help. */
class UsageError extends Error {
  code = 'ERR_USAGE'
}

module.exports = { UsageError }
