'use strict'

const byId = (id) => document.getElementById(id)
const client = new WindowsAzure.MobileServiceClient(location.origin)
const todoItems = client.getTable('todoitem')

const USER = 'mobile-service.user'
client.currentUser = JSON.parse(sessionStorage.getItem(USER))

listen(byId('credentials'), 'submit', async (event) => {
  const { username, password } = byId('credentials').elements
  const credentials = { username: username.value, password: password.value }
  if (event.submitter?.value === 'signUp') {
    await client.invokeApi('register', { method: 'post', body: credentials })
  }
  await client.login('custom', credentials)
  const { userId, mobileServiceAuthenticationToken } = client.currentUser
  sessionStorage.setItem(USER, JSON.stringify({ userId, mobileServiceAuthenticationToken }))
  byId('credentials').reset()
  say(`Signed in as ${credentials.username}`)
  await showUser()
})

listen(byId('sign-out'), 'click', () => signOut('Signed out'))

listen(byId('add'), 'submit', async () => {
  const user = client.currentUser
  const { text } = byId('add').elements
  const item = await todoItems.insert({ text: text.value, complete: false })
  if (client.currentUser !== user) return
  text.value = ''
  byId('items').append(itemElement(item))
  showEmpty()
  say('Added')
})

listen(byId('random-goop'), 'click', () => sayAnswer({ 'X-ZUMO-AUTH': 'randomgoop' }))
listen(byId('no-token'), 'click', () => sayAnswer({}))

let expiry // of the token that is shown, in seconds
setInterval(() => {
  // When no time is left, the server says so.
  if (expiry !== undefined && showTimeLeft() === 0) act(() => todoItems.read())
}, 1000)
act(showUser)

/** Runs an action once at a time for an event, and shows why the server refuses it. */
function listen(element, type, action) {
  let isRunning = false
  element.addEventListener(type, async (event) => {
    event.preventDefault()
    if (isRunning) return
    isRunning = true
    say('') // So that the same message is read out again.
    await act(() => action(event))
    isRunning = false
  })
}

async function act(action) {
  try {
    await action()
  } catch (error) {
    const sentence = sentenceOf(error)
    if (client.currentUser && error.request?.status === 401) signOut(sentence)
    else say(sentence)
  }
}

function sentenceOf({ request, message }) {
  if (!request) return message
  try {
    return JSON.parse(request.responseText).error.replace(/^Error: /, '')
  } catch {
    return 'The service does not answer.'
  }
}

function signOut(message) {
  client.logout()
  sessionStorage.removeItem(USER)
  byId('add').reset()
  byId('items').replaceChildren()
  byId('token').replaceChildren()
  expiry = undefined
  showUser()
  say(message)
}

async function showUser() {
  const user = client.currentUser
  const isSignedIn = Boolean(user)
  byId('sign-out').hidden = !isSignedIn
  byId('credentials').hidden = isSignedIn
  byId('signed-in').hidden = true
  if (!isSignedIn) return byId('username').focus()

  // The server validates the token before the page looks into it.
  let rows = await todoItems.read()
  if (client.currentUser !== user) return
  byId('items').replaceChildren(...rows.map(itemElement))
  showEmpty()
  showToken(user.mobileServiceAuthenticationToken)
  byId('signed-in').hidden = false
  byId('text').focus()
  while (rows.nextLink) {
    rows = await todoItems.read(rows.nextLink)
    if (client.currentUser !== user) return
    byId('items').append(...rows.map(itemElement))
  }
}

function itemElement(item) {
  const checkbox = element('input', { type: 'checkbox', checked: item.complete })
  const label = element('label', {}, checkbox, element('span', { textContent: item.text }))
  const button = element('button', { type: 'button', className: 'delete', title: `Delete ${item.text}` })
  const row = element('li', {}, label, button)

  listen(checkbox, 'change', async () => {
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
  listen(button, 'click', async () => {
    await todoItems.del({ id: item.id })
    const next = row.nextElementSibling ?? row.previousElementSibling
    row.remove()
    ;(next?.querySelector('button') ?? byId('text')).focus()
    showEmpty()
    say('Deleted')
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
    element('dd', { textContent: JSON.stringify(value) }),
  ])
  byId(id).replaceChildren(...entries)
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

async function sayAnswer(headers) {
  const response = await fetch('/tables/foo', { headers })
  const { error } = await response.json()
  say(`${response.status} ${error}`)
}

function say(message) {
  byId('status').textContent = message
}

function element(name, properties, ...children) {
  const made = Object.assign(document.createElement(name), properties)
  made.append(...children)
  return made
}
