// What the blog's function does, on Node.js 0.10 and newer, so only ES5 here: reads JSON, a list of its arguments, and
// writes the tokens.
'use strict'

var crypto = require('crypto')

function base64url(buffer) {
  return buffer.toString('base64').replace(/\+/g, '-').replace(/\//g, '_').replace(/=/g, '')
}

function encode(part) {
  return base64url(new Buffer(JSON.stringify(part)))
}

function token(expiryMs, aud, userId, masterKey) {
  var claims = { exp: expiryMs / 1000, iss: 'urn:microsoft:windows-azure:zumo', ver: 1, aud: aud, uid: userId }
  var input = encode({ alg: 'HS256', typ: 'JWT', kid: 0 }) + '.' + encode(claims)
  // The key is text, which Node.js read as bytes before version 6, and as UTF-8 since.
  var key = crypto.createHash('sha256').update(masterKey + 'JWTSig').digest('binary')
  return input + '.' + base64url(crypto.createHmac('sha256', key).update(input).digest())
}

var text = ''
process.stdin.setEncoding('utf8')
process.stdin.on('data', function (chunk) { text += chunk })
process.stdin.on('end', function () {
  var tokens = JSON.parse(text).map(function (args) { return token.apply(null, args) })
  process.stdout.write(JSON.stringify(tokens))
})
