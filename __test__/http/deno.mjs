// deno run deno.mjs APP: serves the fetch function of that name in apps.cjs, and prints its port.
import apps from './apps.cjs'

const fetch = apps[Deno.args[0]]()
Deno.serve({ hostname: '127.0.0.1', port: 0, onListen: ({ port }) => console.log(port) }, (request) =>
  fetch(request),
)
