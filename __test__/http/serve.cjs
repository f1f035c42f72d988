'use strict'

// Runs a server of apps.cjs in a process of its own: node serve.cjs APP. Sends its port, or prints it where there is no
// parent to send it to. A message `{ name, value }` puts that property, and no other, on Object.prototype.
const apps = require('./apps.cjs')

const start = {
  http: apps.plainHttp,
  express: () => apps.connectStyle(require('express')()),
  fastify: apps.fastify,
  nest: apps.nest,
  koa: () => apps.koa(require('koa')),
  hono: () => apps.onNode(apps.hono()),
  fetch: () => apps.onNode(apps.fetchHandler()),
  event: () => apps.onNode(apps.eventHandler()),
}

let polluted

process.on('message', ({ name, value }) => {
  if (polluted !== undefined) delete Object.prototype[polluted]
  polluted = name
  Object.prototype[name] = value
  process.send('polluted')
})

start[process.argv[2]]().then(({ port }) => (process.send ? process.send(port) : console.log(port)))
