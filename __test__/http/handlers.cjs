'use strict'

// Handlers by zumo-jwt/fetch for every set of options, and the answers of the test servers' error handlers.
const { authenticate } = require('zumo-jwt/fetch')
const { PERMISSIONS, SETS } = require('./sets.cjs')

function describeError(error) {
  const { name, code, message } = error
  return { status: error.status ?? 500, body: JSON.stringify({ name, code, message }) }
}

/** The handler for a path, of the handlers that zumo-jwt/fetch makes with the options that are given. */
function handlers(answer) {
  const bySet = {}
  for (const [set, options] of Object.entries(SETS)) {
    if (!options) continue
    const authorize = authenticate(options)
    bySet[set] = { other: authorize('public', answer) }
    for (const permission of PERMISSIONS) bySet[set][permission] = authorize(permission, answer)
  }
  return (url) => {
    const [, set, permission] = new URL(url).pathname.split('/')
    return bySet[set][permission]
  }
}

function catchErrors(handle) {
  return async (request) => {
    try {
      return await handle(request)
    } catch (error) {
      const { status, body } = describeError(error)
      return new Response(body, { status })
    }
  }
}

module.exports = { catchErrors, describeError, handlers }
