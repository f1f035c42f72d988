'use strict'

// Microsoft's client for browsers, in Chromium, with the example service.

const assert = require('node:assert/strict')
const { once } = require('node:events')
const { createServer } = require('node:http')
const { test } = require('node:test')
const { startService } = require('../__test__/browser/helpers.js')

test("Microsoft's client registers, signs in and uses a table from a page of another origin", async (t) => {
  const { url, open } = await startService(t)
  const html = `<!doctype html><title>Another origin</title><script src="${url}/MobileServices.Web.min.js"></script>`
  const server = createServer((_request, response) =>
    response.setHeader('Content-Type', 'text/html').end(html),
  )
  await once(server.listen(0, '127.0.0.1'), 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const page = await open({}, `http://localhost:${server.address().port}`)

  const found = await page.evaluate(async (url) => {
    const credentials = { username: 'alice', password: 'correct horse battery staple' }
    const client = new WindowsAzure.MobileServiceClient(url)
    const found = {}
    found.registered = (await client.invokeApi('register', { method: 'post', body: credentials })).result.user
    found.user = (await client.login('custom', credentials)).userId
    const table = client.getTable('todoitem')
    for (const text of ['Milk', 'Bread', 'Salt'])
      found.inserted = await table.insert({ text, complete: false })
    found.read = Array.from(await table.read(), ({ id, text }) => `${id} ${text}`)
    found.api = (await client.invokeApi('expired', { method: 'get' })).result.user
    found.row = await table.lookup(2)
    found.updated = await table.update({ ...found.row, text: 'Changed', complete: true })
    await table.del({ id: 2 })
    const codeOf = (promise) =>
      promise.then(
        () => 200,
        ({ request }) => request.status,
      )
    found.afterDelete = await codeOf(table.lookup(2))
    found.query = await codeOf(table.where({ complete: true }).read())
    client.logout()
    found.afterLogout = await codeOf(table.read())
    return found
  }, url)

  const row = { id: 2, text: 'Bread', complete: false, userId: 'Custom:1' }
  assert.deepEqual(found, {
    registered: { userId: 'Custom:1' },
    user: 'Custom:1',
    inserted: { ...row, id: 3, text: 'Salt' },
    read: ['1 Milk', '2 Bread', '3 Salt'],
    api: { userId: 'Custom:1' },
    row,
    updated: { ...row, text: 'Changed', complete: true },
    afterDelete: 404,
    query: 400,
    afterLogout: 401,
  })
})
