// Draws bench/results.json as bench/chart.svg, for pages light and dark, and writes its figures to docs/speed.md.
import { readFileSync, writeFileSync } from 'node:fs'

const beside = (name) => new URL(`./${name}`, import.meta.url)
const { machine, minting, verifying } = JSON.parse(readFileSync(beside('results.json'), 'utf8'))

const WIDTH = 760
const LEFT = 260
const BAR = 18
const STEP = 26
const lines = []
let y = 28

function panel(title, rows) {
  const shown = Object.entries(rows)
  // One is so far behind that its bar, drawn whole, would hide the differences of all others.
  const full =
    1.1 *
    shown
      .map(([, ns]) => ns)
      .toSorted((a, b) => a - b)
      .at(-2)
  lines.push(`<text class="title" x="0" y="${y}">${title}</text>`)
  y += 16
  for (const [name, ns] of shown.toSorted(([, a], [, b]) => a - b)) {
    const width = Math.max(2, ((WIDTH - LEFT - 130) * Math.min(ns, full)) / full).toFixed(1)
    const own = /^(zumo|ZumoKey|sign$)/.test(name) ? 'own' : 'other'
    const middle = y + BAR - 5
    const label = name.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
    lines.push(`<text class="name" x="${LEFT - 8}" y="${middle}">${label}</text>`)
    lines.push(`<rect class="${own}" x="${LEFT}" y="${y}" width="${width}" height="${BAR}" rx="2"/>`)
    lines.push(
      `<text x="${LEFT + Number(width) + 6}" y="${middle}">${(ns / 1000).toFixed(2)} µs${ns > full ? ' (bar cut)' : ''}</text>`,
    )
    y += STEP
  }
  y += 24
}

const [[first, theirs]] = Object.entries(verifying)
const ours = Object.entries(verifying).map(([shape, rows]) => [`zumo-jwt: ${shape}`, rows['zumo-jwt']])
const { 'zumo-jwt': _, ...peers } = theirs

panel('Minting a token', minting)
panel(`Verifying: other libraries a token ${first}, zumo-jwt one of every shape`, {
  ...Object.fromEntries(ours),
  ...peers,
})
lines.push(
  `<text class="note" x="0" y="${y - 8}">${machine.cpu}, Node ${machine.node}, ${machine.platform}; shorter is better</text>`,
)

writeFileSync(
  beside('chart.svg'),
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y}" width="${WIDTH}" height="${y}" role="img" aria-label="Time to mint and to verify a token, by library">
<style>
text { font: 13px system-ui, sans-serif; fill: #1f2328 }
.title { font-weight: 600; font-size: 15px }
.name { text-anchor: end }
.note { font-size: 11px; fill: #59636e }
.own { fill: #0969da }
.other { fill: #afb8c1 }
@media (prefers-color-scheme: dark) {
text { fill: #f0f6fc }
.note { fill: #9198a1 }
.own { fill: #4493f8 }
.other { fill: #656c76 }
}
</style>
${lines.join('\n')}
</svg>
`,
)

const table = (rows) => [
  '| | ns |',
  '| --- | --- |',
  ...Object.entries(rows).map(([name, ns]) => `| ${name} | ${ns} |`),
]
const shapeTables = Object.entries(verifying).flatMap(([shape, rows]) => [
  '',
  `## Verifying: ${shape}`,
  '',
  ...table(rows),
])
const page = [
  '# Speed',
  '',
  '`npm run bench` wrote this page. It first asserts that all libraries do the same work: the same claims and the same checks. Then it',
  'measures them in one process, in interleaved rounds, and prints the medians below, and which of the aims are reached.',
  "fast-jwt's cache does not verify: it remembers the answer to a token that it has seen.",
  '',
  `Machine: ${machine.cpu}, Node.js ${machine.node.slice(1)}, ${machine.platform}.`,
  '',
  '## Minting',
  '',
  ...table(minting),
  ...shapeTables,
  '',
]
writeFileSync(new URL('../docs/speed.md', import.meta.url), page.join('\n'))
