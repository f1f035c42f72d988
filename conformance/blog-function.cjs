// What the blog's function does, on Node.js 0.10 and newer, so only ES5 here. As a program it reads JSON, a list of its
// arguments, and writes the tokens.
'use strict'

var crypto = require('crypto')

function base64url(buffer) {
  return buffer.toString('base64').replace(/\+/g, '-').replace(/\//g, '_').replace(/=/g, '')
}

function encode(part) {
  var text = JSON.stringify(part)
  return base64url(Buffer.from ? Buffer.from(text) : new Buffer(text))
}

/**
 * The blog's function passes the derived key on as 'binary' text, which Node.js read as bytes before version 6, and as
 * UTF-8 since. Without keyEncoding the key stays bytes.
 */
function blogJwt(expiry, aud, userId, masterKey, keyEncoding) {
  var exp = expiry.valueOf() / 1000
  var claims = { exp: exp, iss: 'urn:microsoft:windows-azure:zumo', ver: 1, aud: aud, uid: userId }
  var input = encode({ alg: 'HS256', typ: 'JWT', kid: 0 }) + '.' + encode(claims)
  var key = crypto.createHash('sha256').update(masterKey + 'JWTSig').digest(keyEncoding)
  return input + '.' + base64url(crypto.createHmac('sha256', key).update(input).digest())
}

if (require.main === module) {
  var text = ''
  process.stdin.setEncoding('utf8')
  process.stdin.on('data', function (chunk) { text += chunk })
  process.stdin.on('end', function () {
    var tokens = JSON.parse(text).map(function (args) { return blogJwt.apply(null, args.concat('binary')) })
    process.stdout.write(JSON.stringify(tokens))
  })
}

module.exports = blogJwt
