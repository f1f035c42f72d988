'use strict'

// A Chromium, and the example service for it.

const assert = require('node:assert/strict')
const { accessSync, constants } = require('node:fs')
const { delimiter, join } = require('node:path')
const { after, before } = require('node:test')
const { chromium } = require('playwright-core')
const { start } = require('../mobile-service-helpers.js')

// The last three keep Chromium from connecting to Google at every start.
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
  const service = await start(t)
  const contexts = []
  const errors = []
  t.after(async () => {
    for (const context of contexts) await context.close()
    assert.deepEqual(errors, [])
  })

  async function open(options, url = service.url) {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options })
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

module.exports = { startService }
