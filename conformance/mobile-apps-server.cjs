// Azure Mobile Apps as a real server: one site with a Mobile Service's key and audience, one set up from its
// environment as App Service does. A process of its own, because that server asks CommonJS for its main module.

const { createRequire } = require('node:module')

process.once('disconnect', () => process.exit())
process.once('message', ({ folder, mobileService, appService }) => {
  const load = createRequire(`${folder}/`)
  const mobileApps = load('azure-mobile-apps')
  const app = load('express')()
  app.use('/mobile-service', site({ auth: mobileService }, {}))
  app.use('/app-service', site({}, appService))
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

// Shows whom the server took the caller for, and has it mint a token of its own.
function whoAmI({ user, auth }) {
  return { claims: user.claims, token: auth.sign({ sub: user.claims.sub ?? user.claims.uid }) }
}
