import { Worker } from 'node:worker_threads'

new Worker(new URL('./module.mjs', import.meta.url)).on('error', (error) => {
  throw error
})
