'use strict'

const byId = (id) => document.getElementById(id)
const client = new WindowsAzure.MobileServiceClient(location.origin)
const todoItems = client.getTable('todoitem')

const NO_ANSWER = 'The service does not answer.'
const USER = 'mobile-service.user'
const HAS_SIGNED_IN = 'mobile-service.hasSignedIn'
client.currentUser = JSON.parse(sessionStorage.getItem(USER))

listen(byId('credentials'), 'submit', byId('credentials-message'), async ({ submitter }) => {
  const { username, password } = fieldsOf(byId('credentials'))
  const credentials = { username: username.value, password: password.value }
  const label = submitter.textContent
  submitter.textContent = submitter.dataset.busy
  try {
    if (submitter.value === 'signUp') {
      // It answers as a login does.
      const { result } = await client.invokeApi('register', { method: 'post', body: credentials })
      const { user, authenticationToken } = result
      client.currentUser = { userId: user.userId, mobileServiceAuthenticationToken: authenticationToken }
    } else {
      await client.login('custom', credentials)
    }
    const { userId, mobileServiceAuthenticationToken } = client.currentUser
    const user = { username: credentials.username, userId, mobileServiceAuthenticationToken }
    client.currentUser = user
    sessionStorage.setItem(USER, JSON.stringify(user))
    localStorage.setItem(HAS_SIGNED_IN, 'true')
    await showUser()
    say(byId('add-message'), `Signed in as ${user.username}`)
  } catch (error) {
    if (error.request?.status === 409) showDefault('signIn')
    throw Object.assign(error, { field: { 401: password, 409: username }[error.request?.status] })
  } finally {
    submitter.textContent = label
  }
})

listen(byId('sign-out'), 'click', byId('credentials-message'), () => {
  signOut()
  say(byId('credentials-message'), 'Signed out')
})

listen(byId('add'), 'submit', byId('add-message'), async () => {
  const user = client.currentUser
  const { text } = fieldsOf(byId('add'))
  const item = await todoItems.insert({ text: text.value, complete: false })
  if (client.currentUser !== user) return
  if (text.value === item.text) text.value = '' // Otherwise, it is the next one already.
  byId('items').append(itemElement(item))
  showEmpty()
  say(byId('add-message'), 'Added')
})

sendOnClick('no-token', () => undefined)
sendOnClick('random-goop', () => 'randomgoop')
sendOnClick('changed', (token) => token.replace(/.(?=.{7}$)/, (letter) => (letter === 'A' ? 'B' : 'A')))
sendOnClick('expired', async () => {
  const { result } = await client.invokeApi('expired', { method: 'get' })
  return result.authenticationToken
})
sendOnClick('real', (token) => token)

let copied
copyOnClick('copy-token', () => copied)
copyOnClick('copy-line', () => byId('line').textContent)

document.addEventListener('input', () => {
  clearMessages()
  showDefault()
})

let expiry // of the token that is shown, in seconds
setInterval(() => {
  // When no time is left, the server says so.
  if (expiry !== undefined && showTimeLeft() === 0) act(byId('add-message'), () => todoItems.read())
}, 1000)
act(byId('add-message'), showUser)

/** Runs an action once at a time for an event. Where it fails, `message` says why. */
function listen(element, type, message, action) {
  let isRunning = false
  element.addEventListener(type, async (event) => {
    event.preventDefault()
    if (isRunning) return
    isRunning = true
    clearMessages()
    await act(message, () => action(event))
    isRunning = false
  })
}

async function act(message, action) {
  try {
    await action()
  } catch (error) {
    const isOver = client.currentUser && (error.request?.status === 401 || byId('signed-in').hidden)
    if (isOver) signOut()
    say(isOver ? byId('credentials-message') : message, sentenceOf(error), 'error')
    error.field?.setAttribute('aria-invalid', 'true')
    error.field?.focus()
  }
}

function sentenceOf({ request, message }) {
  if (!request) return message
  try {
    return JSON.parse(request.responseText).error.replace(/^Error: /, '')
  } catch {
    return NO_ANSWER
  }
}

/** The fields of a form, each filled in as it asks for. */
function fieldsOf(form) {
  const field = form.querySelector('input:invalid')
  const { please, missing = please } = field?.dataset ?? {}
  if (field) throw Object.assign(new Error(field.value ? please : missing), { field })
  return form.elements
}

/** Asks for a table with a token that is made from the user's, and shows what is sent and what is answered. */
function sendOnClick(id, tokenFrom) {
  listen(byId(id), 'click', byId('answer'), async () => {
    const user = client.currentUser
    showExchange()
    const token = await tokenFrom(user.mobileServiceAuthenticationToken)
    const headers = token === undefined ? {} : { 'X-ZUMO-AUTH': token }
    const response = await fetch('/tables/foo', { headers }).catch(() => {
      throw new Error(NO_ANSWER)
    })
    const body = await response.text()
    if (client.currentUser !== user) return
    showExchange(token, response, body)
    showCopied(token, byId(id).dataset.copied)
  })
}

function showExchange(token, response, body) {
  const header = token && `\nX-ZUMO-AUTH: ${token.replace(/^(.{9}).*(.{12})$/, '$1…$2')}`
  byId('request').textContent = response ? `GET /tables/foo${header ?? ''}` : ''
  say(byId('answer'), response ? `${response.status} ${body}` : '', response?.ok ? 'success' : 'error')
}

/** Has the button copy that token. */
function showCopied(token = client.currentUser.mobileServiceAuthenticationToken, name = 'your token') {
  copied = token
  byId('copy-token').textContent = `Copy ${name}`
}

function copyOnClick(id, text) {
  listen(byId(id), 'click', byId('copy-message'), async () => {
    try {
      await navigator.clipboard.writeText(text())
    } catch {
      throw new Error('The browser does not let this page copy.')
    }
    say(byId('copy-message'), 'Copied')
  })
}

function signOut() {
  client.logout()
  sessionStorage.removeItem(USER)
  byId('add').reset()
  byId('items').replaceChildren()
  byId('token').replaceChildren()
  showExchange()
  expiry = undefined
  showUser()
}

async function showUser() {
  const user = client.currentUser
  // Until a sign-in is done, the form is there and nobody in the header.
  if (!user || byId('credentials').hidden) showHeader(user)
  if (!user) {
    byId('signed-in').hidden = true
    byId('credentials').hidden = false
    showDefault()
    return byId('username').focus()
  }

  // The server validates the token before the page looks into it.
  const rows = await todoItems.read()
  if (client.currentUser !== user) return
  showHeader(user)
  byId('items').replaceChildren(...rows.map(itemElement))
  showEmpty()
  showToken(user.mobileServiceAuthenticationToken)
  showCopied()
  byId('credentials').reset()
  byId('credentials').hidden = true
  byId('signed-in').hidden = false
  byId('text').focus()
}

function showHeader(user) {
  byId('sign-out').hidden = !user
  byId('who').textContent = user ? `${user.username} is ${user.userId}` : ''
}

/** Puts the button of that action first: Enter presses it. */
function showDefault(action = localStorage.getItem(HAS_SIGNED_IN) ? 'signIn' : 'signUp') {
  const buttons = byId('credentials').querySelectorAll('button')
  for (const button of buttons) button.classList.toggle('primary', button.value === action)
  buttons[0].before(byId('credentials').querySelector('.primary'))
  byId('password').autocomplete = action === 'signIn' ? 'current-password' : 'new-password'
}

function itemElement(item) {
  const checkbox = element('input', { type: 'checkbox', checked: item.complete })
  const label = element('label', {}, checkbox, element('span', { textContent: item.text, dir: 'auto' }))
  const button = element('button', { type: 'button', className: 'delete', title: `Delete ${item.text}` })
  const message = element('p', { className: 'message', role: 'status' })
  const row = element('li', {}, label, button, message)

  listen(checkbox, 'change', message, async () => {
    while (item.complete !== checkbox.checked) {
      const complete = checkbox.checked
      try {
        await todoItems.update({ id: item.id, complete })
        item.complete = complete
      } catch (error) {
        checkbox.checked = item.complete
        throw error
      }
    }
  })
  listen(button, 'click', message, async () => {
    try {
      await todoItems.del({ id: item.id })
    } catch (error) {
      if (error.request?.status !== 404) throw error // Another tab has deleted it.
    }
    const next = row.nextElementSibling ?? row.previousElementSibling
    row.remove()
    ;(next?.querySelector('button') ?? byId('text')).focus()
    showEmpty()
    say(next?.querySelector('.message') ?? byId('add-message'), `Deleted ${item.text}`)
  })
  return row
}

function showEmpty() {
  byId('empty').hidden = byId('items').childElementCount > 0
}

function showToken(token) {
  const parts = token.split('.')
  const names = ['header', 'claims', 'signature']
  const spans = parts.map((part, at) => element('span', { className: names[at], textContent: part }))
  byId('token').replaceChildren(spans[0], '.', spans[1], '.', spans[2])
  const claims = decoded(parts[1])
  showMembers('header', decoded(parts[0]))
  showMembers('claims', claims)
  expiry = claims.exp
  showTimeLeft()
}

function showMembers(id, members) {
  const entries = Object.entries(members).flatMap(([name, value]) => [
    element('dt', { textContent: name }),
    element('dd', {}, JSON.stringify(value), ...(name === 'exp' ? [dateElement(value)] : [])),
  ])
  byId(id).replaceChildren(...entries)
}

function dateElement(seconds) {
  const date = new Date(seconds * 1000)
  const textContent = date.toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'medium' })
  return element('time', { dateTime: date.toISOString(), textContent })
}

function decoded(part) {
  const text = atob(part.replaceAll('-', '+').replaceAll('_', '/'))
  return JSON.parse(new TextDecoder().decode(Uint8Array.from(text, (character) => character.charCodeAt(0))))
}

function showTimeLeft() {
  const seconds = Math.max(0, Math.floor(expiry - Date.now() / 1000))
  const units = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60]
  byId('time-left').textContent = `${units[0]} h ${units[1]} min ${units[2]} s`
  return seconds
}

function say(place, text, kind = 'success') {
  place.classList.remove('success', 'error')
  if (text) place.classList.add(kind)
  place.textContent = text
}

function clearMessages() {
  for (const message of document.querySelectorAll('.message')) say(message, '')
  for (const field of document.querySelectorAll('[aria-invalid]')) field.removeAttribute('aria-invalid')
}

function element(name, properties, ...children) {
  const made = Object.assign(document.createElement(name), properties)
  made.append(...children)
  return made
}
