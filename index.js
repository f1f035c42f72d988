'use strict'

const { zumoJwt, sign, verify, decode, ZumoKey } = require('./lib/tokens.js')
const { ZumoJwtError } = require('./lib/errors.js')

module.exports = { zumoJwt, sign, verify, decode, ZumoKey, ZumoJwtError }
