'use strict'

const { verify, zumoJwt } = require('zumo-jwt')

const token = zumoJwt(1356825600000, 'your-aud', 'unique string for this user', 'yourmasterkey')
console.log(token, verify(token, 'yourmasterkey', { now: new Date(0) }).userId)
