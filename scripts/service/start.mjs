import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { childEnvironment } from '../../__test__/helpers.js'

export const MASTER_KEY = 'AbCdEfGhIjKlMnOpQrStUvWxYz012345'
export const APPLICATION_KEY = 'aPpLiCaTiOnKeYaPpLiCaTiOnKeY0123'

/** The example service on a free port, a process of its own; `stop` is SIGKILL. */
export async function start(folder, ...nodeOptions) {
  const index = fileURLToPath(new URL('../../examples/mobile-service/index.js', import.meta.url))
  const keys = { ZUMO_MASTER_KEY: MASTER_KEY, ZUMO_APPLICATION_KEY: APPLICATION_KEY }
  const child = spawn(process.execPath, [...nodeOptions, index], {
    env: childEnvironment({ PORT: '0', DATA_FOLDER: folder, ...keys }),
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit')
  const url = await new Promise((resolve, reject) => {
    createInterface(child.stdout).on('line', (line) => {
      const [found] = line.match(/http:\S+/) ?? []
      if (found) resolve(found)
    })
    exited.then(() => reject(new Error('The service did not start')))
  })
  return {
    url,
    /** The processor time that the service has used, in seconds: proc_pid_stat(5), in ticks of 10 ms. */
    processorTime() {
      const [, fields] = readFileSync(`/proc/${child.pid}/stat`, 'latin1').split(') ')
      const [user, system] = fields.split(' ').slice(11, 13).map(Number)
      return (user + system) / 100
    },
    stop() {
      child.kill('SIGKILL')
      return exited
    },
  }
}
