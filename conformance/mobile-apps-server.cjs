'use strict'

// Azure Mobile Apps: sites of which each has its settings and its environment variables. In a process of its own, as it
// needs a main module in CommonJS.

const { createRequire } = require('node:module')

process.once('disconnect', () => process.exit())
process.once('message', ({ folder, sites }) => {
  const load = createRequire(`${folder}/`)
  const mobileApps = load('azure-mobile-apps')
  const app = load('express')()
  for (const { path, auth, environment } of sites)
    app.use(`/${path}`, site(auth && { auth }, environment ?? {}))
  const server = app.listen(0, '127.0.0.1', () => process.send(`http://127.0.0.1:${server.address().port}`))

  function site(settings, environment) {
    const notes = mobileApps.table()
    notes.access = 'authenticated'
    notes.read(whoAmI)
    const quiet = { data: { provider: 'memory' }, logging: { level: 'error' } }
    const mobileApp = mobileApps({ ...settings, ...quiet }, environment)
    mobileApp.tables.add('notes', notes)
    return mobileApp
  }
})

// Answers with the caller's claims and a token that the server mints.
function whoAmI({ user, auth }) {
  return { claims: user.claims, token: auth.sign({ sub: user.claims.sub ?? user.claims.uid }) }
}
