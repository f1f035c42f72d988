'use strict'

const assert = require('node:assert/strict')
const { accessSync, constants, mkdtempSync, rmSync, writeFileSync } = require('node:fs')
const { once } = require('node:events')
const { createServer } = require('node:http')
const { tmpdir } = require('node:os')
const { delimiter, join } = require('node:path')
const { after, before, test } = require('node:test')
const axe = require('axe-core')
const { chromium } = require('playwright-core')
const { zumoJwt } = require('zumo-jwt')
const { MASTER_KEY, start } = require('../mobile-service-helpers.js')

const PASSWORD = 'correct horse battery staple'
const SIGNATURE = "The authentication token's signature was malformed or signed by a different key."
const EXPIRED = 'The authentication token has expired.'

// Without the last ones Chromium calls servers of Google's at every start.
const ARGUMENTS = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

let browser

before(async () => {
  browser = await chromium.launch({ executablePath: findChromium(), args: ARGUMENTS })
})

after(() => browser?.close())

function findChromium() {
  const { CHROMIUM, PATH } = process.env
  if (CHROMIUM) {
    if (isExecutable(CHROMIUM)) return CHROMIUM
    throw new Error(`CHROMIUM names ${CHROMIUM}, which is no program.`)
  }
  const names = ['chromium-headless-shell', 'chromium', 'chromium-browser', 'google-chrome']
  const paths = PATH.split(delimiter).flatMap((folder) => names.map((name) => join(folder, name)))
  const found = paths.find(isExecutable)
  if (found) return found
  throw new Error(
    'No Chromium was found. Install it (on Debian: apt-get install chromium-headless-shell), or set CHROMIUM to its path.',
  )
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/**
 * A service with a fresh database. `open` resolves with a page that has a session of its own. The test fails if a page
 * reports an error, or breaks its content security policy.
 */
async function startService(t) {
  const folder = mkdtempSync(join(tmpdir(), 'quickstart-'))
  const service = await start(folder)
  const contexts = []
  const errors = []
  t.after(async () => {
    for (const context of contexts) await context.close()
    await service.kill()
    rmSync(folder, { recursive: true })
    assert.deepEqual(errors, [])
  })

  async function open(options, url = service.url) {
    const context = await browser.newContext({ viewport: { width: 1000, height: 860 }, ...options })
    contexts.push(context)
    const page = await context.newPage()
    page.setDefaultTimeout(10_000)
    page.on('pageerror', (error) => errors.push(error.message))
    page.on('console', (message) => {
      // Chromium reports every answer of 400 and more.
      const isAnswer = message
        .text()
        .startsWith('Failed to load resource: the server responded with a status of')
      if (message.type() === 'error' && !isAnswer) errors.push(message.text())
    })
    await page.addInitScript(() => {
      addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) => {
        console.error(`Content-Security-Policy: ${violatedDirective} ${blockedURI}`)
      })
    })
    await page.goto(url)
    return page
  }
  return { ...service, open }
}

async function enter(page, action, username, password = PASSWORD) {
  await page.getByLabel('Username').fill(username)
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: action }).click()
}

async function add(page, text) {
  await page.getByLabel('New item').fill(text)
  await page.getByRole('button', { name: 'Add' }).click()
  await item(page, text).waitFor()
}

const item = (page, text) => page.getByRole('checkbox', { name: text, exact: true })
const status = (page, text) => page.getByRole('status').filter({ hasText: text }).waitFor()

/** A WebP file, a third of the size of Playwright's PNG. */
async function takeScreenshot(page, path) {
  const session = await page.context().newCDPSession(page)
  const { data } = await session.send('Page.captureScreenshot', { format: 'webp', quality: 80 })
  writeFileSync(path, data, 'base64')
}

async function assertAccessible(page) {
  await page.evaluate(axe.source)
  const { violations } = await page.evaluate(() => globalThis.axe.run())
  assert.deepEqual(
    violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(', ')}`),
    [],
  )
}

test('signs up, keeps a list, shows the token and signs out', async (t) => {
  const { open } = await startService(t)
  const page = await open()
  await page.getByRole('heading', { name: 'To-do list' }).waitFor()
  await assertAccessible(page)
  await enter(page, 'Sign up', 'alice')
  await page.getByText('Nothing to do yet').waitFor()
  for (const text of ['Buy milk and bread', 'Call the plumber', 'Leave the house', 'Water the plants']) {
    await add(page, text)
  }
  await item(page, 'Call the plumber').check()
  await page.getByRole('button', { name: 'Delete Leave the house' }).click()
  await item(page, 'Leave the house').waitFor({ state: 'detached' })

  const token = page.getByRole('region', { name: 'Your token' })
  for (const text of ['"HS256"', '"urn:microsoft:windows-azure:zumo"', '"Custom:1"', /23 h 59 min \d+ s/]) {
    await token.getByText(text).waitFor()
  }
  const timeLeft = await token.innerText()
  await page.waitForFunction(
    (before) => document.querySelector('#token-heading').parentNode.innerText !== before,
    timeLeft,
  )
  await page.getByRole('button', { name: 'Send no token' }).click()
  await status(page, '401 Error: Unauthorized')
  await page.getByRole('button', { name: 'Send random goop' }).click()
  await status(page, `401 Error: ${SIGNATURE}`)
  await assertAccessible(page)
  await page.mouse.move(0, 0)
  if (process.env.SCREENSHOT) await takeScreenshot(page, process.env.SCREENSHOT)

  await page.reload()
  await item(page, 'Buy milk and bread').waitFor()
  assert.ok(await item(page, 'Call the plumber').isChecked())
  assert.equal(await page.getByRole('listitem').count(), 3)
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.getByLabel('Password').waitFor()
  assert.ok(!(await page.content()).includes('Buy milk'))
  await page.reload()
  await enter(page, 'Sign in', 'alice', 'wrong password')
  await status(page, 'The username or the password is wrong.')
  await enter(page, 'Sign in', 'ALICE')
  await item(page, 'Buy milk and bread').waitFor()
})

test('shows a second user nothing of the first', async (t) => {
  const { open } = await startService(t)
  const alice = await open()
  await enter(alice, 'Sign up', 'alice')
  await add(alice, "Alice's secret")
  const bob = await open()
  await enter(bob, 'Sign up', 'alice')
  await status(bob, 'The username is taken.')
  await enter(bob, 'Sign up', 'bob')
  await bob.getByText('Nothing to do yet').waitFor()
  await add(bob, 'Buy milk')
  assert.equal(await bob.getByRole('listitem').count(), 1)
  await alice.reload()
  await item(alice, "Alice's secret").waitFor()
  assert.equal(await alice.getByRole('listitem').count(), 1)
})

test('goes by keyboard, on a phone, in the dark', async (t) => {
  const { open } = await startService(t)
  const page = await open({
    viewport: { width: 375, height: 667 },
    colorScheme: 'dark',
    hasTouch: true,
  })
  const { keyboard } = page
  const type = async (...keys) => {
    for (const key of keys)
      await (key.length === 1 || /^[A-Z]/.test(key) ? keyboard.press(key) : keyboard.type(key))
  }
  await type('alice', 'Tab', PASSWORD, 'Tab', 'Tab', 'Enter')
  await page.getByText('Nothing to do yet').waitFor()
  await type('buy milk', 'Enter')
  await item(page, 'buy milk').waitFor()
  await type('call the plumber', 'Enter')
  await item(page, 'call the plumber').waitFor()
  await type('Tab', 'Tab', 'Space')
  assert.ok(await item(page, 'buy milk').isChecked())
  await type('Tab', 'Enter')
  await item(page, 'buy milk').waitFor({ state: 'detached' })
  const focused = page.locator(':focus')
  assert.equal(await focused.getAttribute('title'), 'Delete call the plumber')
  await type('Enter')
  await page.getByText('Nothing to do yet').waitFor()
  assert.ok(await page.getByLabel('New item').evaluate((input) => input === document.activeElement))

  await add(page, 'a'.repeat(200))
  await assertAccessible(page)
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 375)
})

test("leads an expired token back to signing in, with the server's sentence", async (t) => {
  const { open } = await startService(t)
  const page = await open()
  for (const lifetime of [-1, 2000]) {
    await enter(page, lifetime < 0 ? 'Sign up' : 'Sign in', 'alice')
    await page.getByRole('region', { name: 'Your token' }).waitFor()
    const short = zumoJwt(Date.now() + lifetime, 'Custom', 'Custom:1', MASTER_KEY)
    await page.evaluate((token) => {
      for (const [name, value] of Object.entries(sessionStorage)) {
        sessionStorage.setItem(name, value.replace(/ey[\w.-]+/, token))
      }
    }, short)
    await page.reload()
    await status(page, EXPIRED)
    await page.getByLabel('Password').waitFor()
    assert.ok(await page.getByRole('region', { name: 'Your token' }).isHidden())
  }
  // Its stale token does not keep the user out.
  await enter(page, 'Sign in', 'alice')
  await page.getByText('Nothing to do yet').waitFor()
})

test('takes what people write as text, and shows what the server refuses', async (t) => {
  const { open } = await startService(t)
  const page = await open()
  await enter(page, 'Sign up', 'a b')
  await status(page, 'The username must be 1 to 64 letters')
  await enter(page, 'Sign up', 'alice', 'short')
  await status(page, 'The password must be a string of 8 to 128 characters.')
  await enter(page, 'Sign up', 'alice')
  const html = '<img src=x onerror="document.title = 1">'
  await add(page, html)
  await page.reload()
  await item(page, html).waitFor()
  assert.equal(await page.locator('li img').count(), 0)
  assert.equal(await page.title(), 'To-do list')
  await page.getByRole('button', { name: 'Add' }).click()
  await status(page, 'The text must be a string of 1 to 1000 characters')
})

test('shows all of a long list', async (t) => {
  const service = await startService(t)
  const page = await service.open()
  await enter(page, 'Sign up', 'alice')
  await page.getByText('Nothing to do yet').waitFor()
  const headers = { 'x-zumo-auth': zumoJwt(Date.now() + 60_000, 'Custom', 'Custom:1', MASTER_KEY) }
  for (let i = 1; i <= 101; i++) {
    await service.call('POST', '/tables/todoitem', { headers, body: { text: `Item ${i}` } })
  }
  await page.reload()
  await item(page, 'Item 101').waitFor()
  assert.equal(await page.getByRole('listitem').count(), 101)
})

test("serves Microsoft's client on a page of another origin", async (t) => {
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
