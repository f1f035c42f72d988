// What the benchmarks share: measuring tasks against each other, and comparing the outcome with the aims.
import { measure } from 'mitata'

const ROUNDS = 15

export const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1]

export const fields = (object, field) =>
  Object.fromEntries(Object.entries(object).map(([name, value]) => [name, field(value)]))

/** The median ns of each task. A noisy moment affects all, since each has a turn in every round. */
export async function race(tasks) {
  const times = fields(tasks, () => [])
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, task] of Object.entries(tasks)) {
      times[name].push((await measure(task, { min_cpu_time: 20e6, min_samples: 5 })).p50)
    }
  }
  return fields(times, median)
}

/** Prints aims: `[name, value, '<=' or '>=', aim]`. */
export function printAims(aims) {
  console.log('\nAims')
  for (const [name, value, relation, aim] of aims) {
    const reached = relation === '<=' ? value <= aim : value >= aim
    const shown = Number.isInteger(value) ? String(value) : value.toFixed(2)
    console.log(
      `  ${name.padEnd(42)} ${shown.padStart(8)}  ${relation} ${aim}  ${reached ? 'reached' : 'missed'}`,
    )
  }
}
