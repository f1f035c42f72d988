'use strict'

const assert = require('node:assert/strict')
const { writeFileSync } = require('node:fs')
const { test } = require('node:test')
const axe = require('axe-core')
const { zumoJwt } = require('zumo-jwt')
const { MASTER_KEY } = require('../mobile-service-helpers.js')
const { startService } = require('./helpers.js')

const PASSWORD = 'correct horse battery staple'
const SIGNATURE = "The authentication token's signature was malformed or signed by a different key."
const EXPIRED = 'The authentication token has expired.'

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

test('shows the next user nothing that was not added, or that the server answers late', async (t) => {
  const { open } = await startService(t)
  const page = await open()
  const held = []
  let isHeld = () => false
  await page.route('**/tables/todoitem', (route) => {
    if (isHeld(route.request().method())) held.push(route)
    else route.continue()
  })
  const answerHeld = async () => {
    const answer = page.waitForResponse('**/tables/todoitem')
    await held.shift().continue()
    await (await answer).finished()
    await page.waitForTimeout(200)
  }
  const holdNext = (method) => {
    isHeld = (one) => one === method
    return page.waitForRequest((request) => request.method() === method && /todoitem/.test(request.url()))
  }

  await enter(page, 'Sign up', 'alice')
  await status(page, 'Signed in as alice')
  const inserting = holdNext('POST')
  await page.getByLabel('New item').fill('Secret')
  await page.getByRole('button', { name: 'Add' }).click()
  await inserting
  await page.getByRole('button', { name: 'Sign out' }).click()
  await enter(page, 'Sign up', 'bob')
  await page.getByText('Nothing to do yet').waitFor()
  assert.equal(await page.getByLabel('New item').inputValue(), '')
  await answerHeld()
  await page.getByText('Nothing to do yet').waitFor()
  assert.equal(await page.getByRole('listitem').count(), 0)

  const reading = holdNext('GET')
  await page.reload()
  await reading
  await page.getByRole('button', { name: 'Sign out' }).click()
  await answerHeld()
  await status(page, 'Signed out')
  await page.getByLabel('Username').waitFor()
  assert.equal(await page.getByLabel('New item').isVisible(), false)
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

test('shows what users write as text, and shows the errors of the server', async (t) => {
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

test('separates a message from the text under it where the system forces its colours', async (t) => {
  const { open } = await startService(t)
  const page = await open({ forcedColors: 'active' })
  await enter(page, 'Sign in', 'alice')
  await status(page, 'The username or the password is wrong.')
  const border = await page.getByRole('status').evaluate((element) => getComputedStyle(element).borderStyle)
  assert.equal(border, 'solid')
})
