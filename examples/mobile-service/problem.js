'use strict'

/** What a request is refused for: its status and sentence go into the answer. */
class Problem extends Error {
  constructor(status, message, options) {
    super(message, options)
    this.status = status
  }
}

module.exports = { Problem }
