import { app, type HttpRequest, type InvocationContext } from '@azure/functions'
import { authenticate, type User } from 'zumo-jwt/fetch'

const authorize = authenticate({ masterKey: 'key', applicationKey: 'other', clockTolerance: 5 })

// Next.js: a Request, and the parameters of the route.
export const GET: (
  request: Request,
  context: { params: Promise<{ id: string }> },
) => Promise<Response> | Response = authorize(
  'user',
  async (request, user, { params }: { params: Promise<{ id: string }> }) => {
    user satisfies User
    // @ts-expect-error - no such property: a user is not any
    user.name
    return Response.json({ method: request.method, id: (await params).id })
  },
)

// Without an annotation around it.
const handler = authorize(
  'public',
  (request: Request, user: User) => new Response(`${request.url} ${user.level}`),
)
handler(new Request('http://localhost')) satisfies Response
// @ts-expect-error - the handler wants a request
handler()

// Azure Functions: what its handlers may return, and the context.
app.http('foo', { handler: authorize('user', (_request, user) => ({ jsonBody: { userId: user.userId } })) })
app.http('bar', {
  handler: authorize('user', async (request: HttpRequest, user, context: InvocationContext) => {
    context.log(request.query.get('id'))
    return Response.json({ userId: user.userId })
  }),
})
app.http('baz', {
  handler: authorize('user', (request, user, context) => {
    context.log(request.query.get('id'))
    return { body: user.userId }
  }),
})

// SvelteKit: an event.
interface RequestEvent {
  request: Request
  params: { id: string }
}
export const POST: (event: RequestEvent) => Response = authorize('user', ({ params }, user) =>
  Response.json({ id: params.id, level: user.level }),
)

// A getToken that wants more of a request makes handlers that need it.
const byQuery = authenticate({
  masterKey: 'key',
  getToken: (request: HttpRequest) => request.query.get('token'),
})
byQuery('user', (request: HttpRequest) => ({ body: request.query.get('a') ?? '' }))
// @ts-expect-error - a Request has no query
byQuery('user', (request: Request) => new Response(request.url))

// @ts-expect-error - a key is required
authenticate({})
// @ts-expect-error - an option of Express and Fastify
authenticate({ masterKey: 'key', requestProperty: 'zumo' })
// @ts-expect-error - no such permission
authorize('users', () => new Response())
// @ts-expect-error - a handler is required
authorize('user')
