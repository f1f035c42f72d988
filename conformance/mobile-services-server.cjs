// Azure Mobile Services parses and mints tokens: reads one JSON request a line, and writes one JSON answer a line.
// It runs on Node 0.10, for which that server was written, so only ES5 here.
'use strict'

var Module = require('module')
var readline = require('readline')

// The login handler was only ever run on Windows: it misspells the case of a file, and loads
// a Windows database driver that minting never touches.
var load = Module._load
Module._load = function (request, parent, isMain) {
  if (request === 'sqlserver') return {}
  return load(request.replace('userService', 'userservice'), parent, isMain)
}

var runtime = process.argv[2] + '/azure-mobile-services/runtime/'
var jwt = require(runtime + 'jsonwebtoken')
var LoginHandler = require(runtime + 'request/loginhandler')
var suffix = jwt.windowsLiveSigningSuffix

var operations = {
  parse: function (request) {
    var token = jwt.parse(request.token, request.masterKey, suffix)
    return { header: token.envelope, claims: token.claims, credentials: token.getCredentials() }
  },
  create: function (request) {
    return jwt.create(request.claims, request.header, request.masterKey, suffix).toString()
  },
  // What a client gets when it has logged in; the claims, their order and the header are all Microsoft's choice.
  login: function (request) {
    var context = { loginHandler: { masterKey: request.masterKey }, provider: { name: request.provider } }
    return LoginHandler.prototype._createResponseBodyForLoginToken(context, request.details, 'id' in request.details)
  }
}

function answer(request) {
  jwt.now = function () { return new Date(request.now) }
  try {
    return { value: operations[request.operation](request) }
  } catch (error) {
    return { rejected: error.message }
  }
}

// ASCII only, as Node 0.10 and newer ones decode a pipe differently.
function ascii(value) {
  return JSON.stringify(value).replace(/[\u007f-\uffff]/g, function (unit) {
    return '\\u' + ('000' + unit.charCodeAt(0).toString(16)).slice(-4)
  })
}

readline.createInterface({ input: process.stdin, terminal: false }).on('line', function (line) {
  process.stdout.write(ascii(answer(JSON.parse(line))) + '\n')
})
