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
    for (let i = 1; i <= 60; i++) await table.insert({ text: `Item ${i}`, complete: i % 2 === 0 })
    const ids = (rows) => Array.from(rows, ({ id }) => id)

    const first = await table.read()
    found.firstPage = ids(first).length
    found.nextPage = ids(await table.read(first.nextLink))
    found.where = ids(await table.where({ complete: true, text: 'Item 4' }).read())
    const contains = table.where(function (part) {
      return this.text.indexOf(part) >= 0 && !this.complete
    }, 'm 5')
    found.whereFunction = ids(await contains.read())
    found.ordered = ids(await table.orderByDescending('id').orderBy('text').skip(1).take(2).read())
    found.selected = Object.keys((await table.select('text').take(1).read())[0])
    const counted = await table.where({ complete: false }).take(3).includeTotalCount().read()
    found.counted = [ids(counted), counted.totalCount]
    found.row = await table.lookup(7)
    found.updated = await table.update({ ...found.row, text: 'Changed', complete: true })
    await table.del({ id: 7 })
    const codeOf = (promise) =>
      promise.then(
        () => 200,
        ({ request }) => request.status,
      )
    found.afterDelete = await codeOf(Promise.resolve(table.lookup(7)))
    client.logout()
    found.afterLogout = await codeOf(Promise.resolve(table.read()))
    return found
  }, url)

  const row = { id: 7, text: 'Item 7', complete: false, userId: 'Custom:1' }
  assert.deepEqual(found, {
    registered: { userId: 'Custom:1' },
    user: 'Custom:1',
    firstPage: 50,
    nextPage: [51, 52, 53, 54, 55, 56, 57, 58, 59, 60],
    where: [4],
    whereFunction: [5, 51, 53, 55, 57, 59],
    ordered: [59, 58],
    selected: ['text'],
    counted: [[1, 3, 5], 30],
    row,
    updated: { ...row, text: 'Changed', complete: true },
    afterDelete: 404,
    afterLogout: 401,
  })
})
