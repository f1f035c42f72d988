'use strict'

const assert = require('node:assert/strict')
const { spawnSync } = require('node:child_process')
const { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } = require('node:fs')
const { tmpdir } = require('node:os')
const { join } = require('node:path')
const { test } = require('node:test')
const axe = require('axe-core')
const { verify, zumoJwt } = require('zumo-jwt')
const { childEnvironment } = require('../helpers.js')
const { MASTER_KEY } = require('../mobile-service-helpers.js')
const { startService } = require('./helpers.js')

const PASSWORD = 'correct horse battery staple'
const EXPIRED = 'The authentication token has expired.'
const REFUSED = {
  Unauthorized: '401 {"code":401,"error":"Error: Unauthorized"}',
  signature: `401 {"code":401,"error":"Error: The authentication token's signature was malformed or signed by a different key."}`,
  expired: `401 {"code":401,"error":"Error: ${EXPIRED}"}`,
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
const message = (page, text) => page.getByRole('status').filter({ hasText: text })
const status = (page, text) => message(page, text).waitFor()
const button = (page, name) => page.getByRole('button', { name, exact: true })

/** A WebP file, a third of the size of Playwright's PNG. */
async function takeScreenshot(page, path) {
  const session = await page.context().newCDPSession(page)
  const { data } = await session.send('Page.captureScreenshot', { format: 'webp', quality: 80 })
  writeFileSync(path, data, 'base64')
}

const filled = (page) => page.locator('#credentials button.primary').innerText()

async function assertAccessible(page) {
  await page.evaluate(axe.source)
  for (const colorScheme of ['dark', 'light']) {
    await page.emulateMedia({ colorScheme })
    const { violations } = await page.evaluate(() => globalThis.axe.run())
    assert.deepEqual(
      violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(', ')}`),
      [],
    )
  }
}

test('signs up, keeps a list, shows the token and signs out', async (t) => {
  const { open } = await startService(t)
  const page = await open()
  await page.getByRole('heading', { name: 'To-do list' }).waitFor()
  assert.match(await page.title(), /zumo-jwt's quickstart/)
  assert.equal(await page.getByRole('link').count(), 0)
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
  await button(page, 'Send random goop').click()
  await status(page, REFUSED.signature)
  await assertAccessible(page)
  await page.mouse.move(0, 0)
  if (process.env.SCREENSHOT) await takeScreenshot(page, process.env.SCREENSHOT)

  await page.reload()
  await item(page, 'Buy milk and bread').waitFor()
  await page.getByText('alice is Custom:1', { exact: true }).waitFor()
  assert.ok(await item(page, 'Call the plumber').isChecked())
  assert.equal(await page.getByRole('listitem').count(), 3)
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.getByLabel('Password').waitFor()
  assert.ok(!(await page.content()).includes('Buy milk'))
  await page.reload()
  await page.getByLabel('Username').fill('ALICE')
  assert.equal(await filled(page), 'Sign in')
  await page.getByLabel('Password').fill(PASSWORD)
  await page.keyboard.press('Enter')
  await item(page, 'Buy milk and bread').waitFor()
})

/** A clone with the key of the service, in which a line that the page shows is run. Returns what it says. */
function cloneOf(t) {
  const clone = mkdtempSync(join(tmpdir(), 'quickstart-'))
  t.after(() => rmSync(clone, { recursive: true }))
  const data = join(clone, 'examples/mobile-service/data')
  mkdirSync(data, { recursive: true })
  writeFileSync(join(data, '.env'), `ZUMO_MASTER_KEY=${MASTER_KEY}\n`)
  symlinkSync(join(__dirname, '../../bin'), join(clone, 'bin'))
  const env = childEnvironment({ ZUMO_MASTER_KEY: undefined })
  return (line, input) => spawnSync('sh', ['-c', line], { cwd: clone, input, env, encoding: 'utf8' }).stdout
}

test('shows each request and its answer without scrolling, and has its token copied for the command line', async (t) => {
  const { open } = await startService(t)
  const run = cloneOf(t)
  const page = await open({ permissions: ['clipboard-read', 'clipboard-write'] })
  await enter(page, 'Sign up', 'alice')
  const region = page.getByRole('region', { name: 'Your token' })
  const copied = async (name) => {
    await button(region, name).click()
    await status(region, 'Copied')
    return page.evaluate(() => navigator.clipboard.readText())
  }
  const token = await copied('Copy your token')
  const { claims } = verify(token, MASTER_KEY)
  assert.deepEqual(Object.keys(claims), ['exp', 'iss', 'ver', 'aud', 'uid'])
  assert.equal(claims.ver, 2)
  const date = await region
    .locator('dd', { hasText: String(claims.exp) })
    .locator('time')
    .innerText()
  assert.ok(Math.abs(new Date(date) - claims.exp * 1000) < 1000, date)
  const differences = (sent) => [...token].filter((letter, at) => letter !== sent[at]).length
  const hasExpired = (sent) => {
    const { userId, claims } = verify(sent, MASTER_KEY, { now: new Date(Date.now() - 60_000) })
    return userId === 'Custom:1' && claims.exp * 1000 < Date.now()
  }
  const requests = {
    'Send a changed letter': {
      isRight: (sent) => differences(sent) === 1,
      shown: 'eyJhbGciO…',
      answer: REFUSED.signature,
      copy: 'Copy the changed token',
      cause: /^Cause: It was signed with another key than this one, or changed afterwards\./,
    },
    'Send an expired token': {
      isRight: hasExpired,
      shown: 'eyJhbGciO…',
      answer: REFUSED.expired,
      copy: 'Copy the expired token',
      cause: /^Cause: It expired \d+ s ago/,
    },
    'Send random goop': {
      isRight: (sent) => sent === 'randomgoop',
      shown: ': randomgoop',
      answer: REFUSED.signature,
      copy: 'Copy the random goop',
      cause: /^Cause: It is not a whole token/,
    },
    'Send no token': {
      isRight: (sent) => sent === undefined,
      shown: 'GET /tables/foo',
      answer: REFUSED.Unauthorized,
      copy: 'Copy your token',
      cause: /^Nothing is wrong with this token\./,
    },
    'Send your token': {
      isRight: (sent) => sent === token,
      shown: 'eyJhbGciO…',
      answer: '200 [{"id":1,"text":"The first row"',
      copy: 'Copy your token',
      cause: /^Nothing is wrong with this token\./,
    },
  }
  const line = await copied('Copy line')
  assert.equal(line, await page.locator('#line').innerText())
  for (const [name, { isRight, shown, answer, copy, cause }] of Object.entries(requests)) {
    const request = page.waitForRequest('**/tables/foo')
    await button(region, name).click()
    const sent = (await request).headers()['x-zumo-auth']
    assert.ok(isRight(sent), name)
    await status(region, answer)
    await region.getByText(shown).first().waitFor()
    await button(region, name).click({ trial: true })
    const input = await copied(copy)
    assert.equal(input, sent ?? token)
    assert.match(run(line, input), cause)
    assert.equal(await page.evaluate(() => document.documentElement.scrollHeight), 800)
  }

  // The next user's button copies nothing of this one.
  await button(region, 'Send an expired token').click()
  await button(region, 'Copy the expired token').waitFor()
  await button(page, 'Sign out').click()
  await enter(page, 'Sign up', 'bob')
  assert.equal(verify(await copied('Copy your token'), MASTER_KEY).userId, 'Custom:2')
})

test('says what is wrong where it is wrong, in a way that differs from a success', async (t) => {
  const { open } = await startService(t)
  const page = await open()
  const [username, password, text] = ['Username', 'Password', 'New item'].map((name) => page.getByLabel(name))
  const form = page.locator('form:visible')
  const look = (words) =>
    message(form, words).evaluate((one) => {
      const [{ content }, { color }] = [getComputedStyle(one, '::before'), getComputedStyle(one)]
      return `${content} ${color}`
    })
  const positions = (...all) => Promise.all(all.map((one) => one.boundingBox()))
  const heading = page.getByRole('heading').first()
  const looks = new Set()
  async function assertWrong(field, words) {
    await status(form, words)
    looks.add(await look(words))
    const invalid = page.locator('[aria-invalid=true]')
    assert.ok(await invalid.and(field).evaluate((one) => one === document.activeElement))
    await assertAccessible(page)
    await page.keyboard.type('x')
    assert.deepEqual([await invalid.count(), await message(page, words).count()], [0, 0])
  }

  const before = await positions(heading, username, password)
  await enter(page, 'Sign up', 'Anna Müller')
  assert.deepEqual(await positions(heading, username, password), before)
  await assertWrong(username, 'A name may have letters from A to Z, digits and . _ -')
  await enter(page, 'Sign up', '')
  await assertWrong(username, 'Please enter a name')
  await enter(page, 'Sign up', 'alice', 'short')
  await assertWrong(password, 'Please use at least 8 characters')
  await enter(page, 'Sign up', 'alice')
  await status(form, 'Signed in as alice')
  assert.match(await look('Signed in as alice'), /^"✓" /)
  looks.add((await look('Signed in as alice')).slice(4))
  assert.deepEqual(await positions(heading), before.slice(0, 1))
  for (const blank of ['', '  ']) {
    await text.fill(blank)
    await button(page, 'Add').click()
    await assertWrong(text, 'Please type something first')
  }
  await add(page, 'Milk')
  await page.route('**/tables/todoitem/*', (route) => route.fulfill({ status: 503 }))
  for (const element of [item(page, 'Milk'), button(page, 'Delete Milk')]) {
    await element.click()
    await status(page.getByRole('listitem'), 'The service does not answer.')
    assert.equal(await page.locator('.message:not(:empty)').count(), 1)
    await button(page, 'Send no token').click()
    await message(page, 'The service').waitFor({ state: 'detached' })
  }
  assert.equal(await item(page, 'Milk').isChecked(), false)
  await button(page, 'Sign out').click()
  await enter(page, 'Sign up', 'alice')
  await assertWrong(username, 'The username is taken.')
  await enter(page, 'Sign in', 'alice', 'wrong password')
  await assertWrong(password, 'The username or the password is wrong.')
  const [error, success] = looks
  assert.ok(looks.size === 2 && /^"!" /.test(error) && !error.endsWith(success), [...looks].join())
})

test('signs up for a name that was tried too often, and copes with tabs, networks and any text', async (t) => {
  const { call, open } = await startService(t)
  const body = { username: 'alice', password: PASSWORD }
  for (let i = 0; i < 10; i++) await call('POST', '/.auth/login/custom', { body })
  const page = await open()
  await enter(page, 'Sign in', 'alice')
  await status(page, 'Too many failed sign-ins.')
  await enter(page, 'Sign up', 'alice')
  await status(page, 'Signed in as alice')

  await page.getByLabel('New item').fill('a\u2028line')
  await page.keyboard.press('Enter')
  await status(page, 'Added')
  const rightToLeft = 'שלום!'
  await add(page, rightToLeft)
  const directions = await page
    .locator('li span')
    .evaluateAll((all) => all.map((one) => one.matches(':dir(rtl)')))
  assert.deepEqual(directions, [false, true])

  // What is typed before the answer stays.
  await page.route('**/tables/todoitem', async (route) => {
    await page.getByLabel('New item').fill('the next')
    await route.continue()
  })
  await page.getByLabel('New item').fill('Milk')
  await page.keyboard.press('Enter')
  await item(page, 'Milk').waitFor()
  assert.equal(await page.getByLabel('New item').inputValue(), 'the next')

  const headers = { 'x-zumo-auth': zumoJwt(Date.now() + 60_000, 'Custom', 'Custom:1', MASTER_KEY) }
  await call('DELETE', '/tables/todoitem/3', { headers })
  await button(page, 'Delete Milk').click()
  await status(page, 'Deleted Milk')
  await button(page, 'Copy your token').click()
  await status(page, 'The browser does not let this page copy.')
  await page.route('**/tables/foo', (route) => route.fulfill({ status: 502, body: '<h1>Bad Gateway</h1>' }))
  await button(page, 'Send your token').click()
  await status(page, '502 <h1>Bad Gateway</h1>')
})

test('says that a sign-in is on its way, and shows the user when it is done', async (t) => {
  const { open } = await startService(t)
  const page = await open()
  const held = []
  await page.route(/register|login|todoitem/, (route) => held.push(route))
  const who = () => page.locator('#who').innerText()
  for (const [action, busy, path] of [
    ['Sign up', 'Signing up…', '**/api/register'],
    ['Sign in', 'Signing in…', '**/.auth/login/custom'],
  ]) {
    let request = page.waitForRequest(path)
    await enter(page, action, 'alice')
    for (const next of ['**/tables/todoitem', undefined]) {
      await request
      await button(page, busy).waitFor()
      assert.deepEqual([await who(), await button(page, 'Sign out').isVisible()], ['', false])
      if (next) request = page.waitForRequest(next)
      await held.shift().continue()
    }
    await status(page, 'Signed in as alice')
    assert.equal(await who(), 'alice is Custom:1')
    await button(page, 'Sign out').click()
    await button(page, action).waitFor()
  }
})

test('makes Enter sign in while it says that the username is taken', async (t) => {
  const { open, register } = await startService(t)
  await register('alice')
  const page = await open()
  await enter(page, 'Sign up', 'alice')
  await status(page, 'The username is taken. If it is yours, sign in.')
  assert.equal(await filled(page), 'Sign in')
  await page.keyboard.type('x')
  assert.equal(await filled(page), 'Sign up')
  await enter(page, 'Sign up', 'alice')
  await status(page, 'The username is taken.')
  await page.keyboard.press('Enter')
  await status(page, 'Signed in as alice')
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
  // Enter signs newcomers up, and in from then on.
  assert.equal(await filled(page), 'Sign up')
  await type('alice', 'Tab', PASSWORD, 'Enter')
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

test('shows what users write as text', async (t) => {
  const { open } = await startService(t)
  const page = await open()
  const title = await page.title()
  await enter(page, 'Sign up', 'alice')
  const html = '<img src=x onerror="document.title = 1">'
  await add(page, html)
  await page.reload()
  await item(page, html).waitFor()
  assert.equal(await page.locator('li img').count(), 0)
  assert.equal(await page.title(), title)
})
