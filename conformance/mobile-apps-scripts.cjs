'use strict'

// A server of Azure Mobile Apps with the scripts beside it. Started by mobile-apps-scripts.mjs as the main module of its folder.
const createApp = require('express')
const mobileApps = require('azure-mobile-apps')

const quiet = { data: { provider: 'memory' }, logging: { level: 'error' } }
// A hosted one looks for its scripts in a folder of Windows unless it is told.
const mobileApp = mobileApps({ ...JSON.parse(process.env.SETTINGS), ...quiet, basePath: __dirname })
mobileApp.api.import('./api')
mobileApp.tables.import('./tables')
const server = createApp()
  .use(mobileApp)
  .listen(0, '127.0.0.1', () => process.send(`http://127.0.0.1:${server.address().port}`))
process.once('disconnect', () => process.exit())
