'use strict'

/** A command line that cannot be understood: its message, then a hint to --help, and exit code 2. */
class UsageError extends Error {}

module.exports = { UsageError }
