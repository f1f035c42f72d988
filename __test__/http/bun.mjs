// bun bun.mjs APP: serves the fetch function of that name in apps.cjs, and prints its port.
import apps from './apps.cjs'

const fetch = apps[process.argv[2]]()
console.log(Bun.serve({ hostname: '127.0.0.1', port: 0, fetch }).port)
