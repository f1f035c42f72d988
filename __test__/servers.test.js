'use strict'

const assert = require('node:assert/strict')
const { test } = require('node:test')
const apps = require('./http/apps.cjs')
const { SETS } = require('./http/sets.cjs')
const { testServer } = require('./http/suite.cjs')

const withoutNone = { sets: Object.keys(SETS).filter((set) => set !== 'none') }

testServer('Express 5', () => apps.connectStyle(require('express')()))
testServer('Express 4', () => apps.connectStyle(require('express4')()))
testServer('Connect', () => apps.connectStyle(require('connect')()))
testServer('http', apps.plainHttp)
testServer('Fastify 5', () => apps.listenFastify())
testServer('Koa 3', () => apps.koa(require('koa')))
testServer('Koa 2', () => apps.koa(require('koa2')))
testServer('Hono on Node.js', () => apps.onNode(apps.hono()))
testServer('Request and Response', () => apps.onNode(apps.fetchHandler()), withoutNone)
testServer('an event with a Request', () => apps.onNode(apps.eventHandler()), withoutNone)
testServer('@azure/functions', () => apps.onNode(apps.azureFunctions()), withoutNone)

test('ES modules import the functions by name', async () => {
  for (const name of ['express', 'fastify', 'koa', 'hono', 'fetch']) {
    const adapter = require(`zumo-jwt/${name}`)
    const imported = await import(`zumo-jwt/${name}`)
    for (const [key, value] of Object.entries(adapter)) assert.equal(imported[key], value)
  }
})
