import { parentPort } from 'node:worker_threads'
import { zumoJwt } from 'zumo-jwt'

parentPort.on('message', ({ example, ms }) => {
  const end = performance.now() + ms
  let count = 0
  while (performance.now() < end) {
    for (let i = 0; i < 1000; i++) zumoJwt(...example)
    count += 1000
  }
  parentPort.postMessage(count)
})
parentPort.postMessage('ready')
