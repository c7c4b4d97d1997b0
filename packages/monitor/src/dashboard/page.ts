/** The web page: one document with its style and script, no request to anywhere but its own JSON API. */

const style = `
:root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 16%, transparent); --soft: color-mix(in srgb, currentColor 60%, transparent); --ok: #1a7f4b; --warn: #b25e00; }
@media (prefers-color-scheme: dark) { :root { --ok: #4cc38a; --warn: #f0a04b; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 70rem; padding: 1.5rem 1.25rem 4rem; font: 15px/1.5 system-ui, sans-serif; }
header { display: flex; flex-wrap: wrap; gap: .25rem 1rem; align-items: baseline; border-bottom: 1px solid var(--line); padding-bottom: .75rem; }
h1 { font-size: 1.3rem; margin: 0; } h2 { font-size: 1.05rem; margin: 2rem 0 .5rem; }
.soft { color: var(--soft); } #state { margin-left: auto; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .35rem .75rem .35rem 0; border-bottom: 1px solid var(--line); vertical-align: top; white-space: nowrap; }
th { font-weight: 600; color: var(--soft); font-size: .85rem; }
.number { text-align: right; font-variant-numeric: tabular-nums; }
.warn { color: var(--warn); font-weight: 600; } .ok { color: var(--ok); font-weight: 600; }
button { font: inherit; color: inherit; background: none; border: 0; padding: 0; cursor: pointer; text-align: left; }
button::before { content: '▸ '; color: var(--soft); } button[aria-expanded=true]::before { content: '▾ '; }
button:focus-visible { outline: 2px solid currentColor; outline-offset: 2px; }
tr.detail > td { padding: .25rem 0 1rem 1.5rem; }
tr.detail > td { max-width: 0; }
.name { white-space: normal; overflow-wrap: anywhere; min-width: 9ch; }
@media (max-width: 40rem) { #cluster { order: 1; flex-basis: 100%; overflow-wrap: anywhere; } th, td { padding-right: .5rem; } tr.detail > td { padding-left: .75rem; } }
tr:hover > td { background: color-mix(in srgb, currentColor 4%, transparent); } tr.detail:hover > td { background: none; }
code { font: .9em ui-monospace, monospace; background: color-mix(in srgb, currentColor 8%, transparent); padding: .1em .35em; border-radius: .25em; }
`

const script = `
const opened = new Set()
const number = new Intl.NumberFormat()
const $ = (id) => document.getElementById(id)
function element(name, attributes, ...children) {
  const node = document.createElement(name)
  for (const [key, value] of Object.entries(attributes)) if (value !== undefined) node.setAttribute(key, value)
  node.append(...children.map((child) => (child === null ? '–' : typeof child === 'number' ? number.format(child) : child)))
  return node
}
function table(headings, rows) {
  const cell = (tag, [text, kind], value) => element(tag, { class: kind, scope: tag === 'th' ? 'col' : undefined }, tag === 'th' ? text : value)
  const body = element('tbody', {})
  for (const { cells, detail } of rows) {
    body.append(element('tr', {}, ...headings.map((heading, index) => cell('td', heading, cells[index]))))
    if (detail) body.append(element('tr', { class: 'detail' }, element('td', { colspan: headings.length }, detail)))
  }
  return element('div', { class: 'scroll' }, element('table', {}, element('thead', {}, element('tr', {}, ...headings.map((heading) => cell('th', heading)))), body))
}
function opener(key, text) {
  const button = element('button', { type: 'button', 'aria-expanded': String(opened.has(key)), 'data-key': key }, text)
  button.addEventListener('click', () => { if (!opened.delete(key)) opened.add(key); show(latest); document.querySelector('[data-key="' + CSS.escape(key) + '"]')?.focus() })
  return button
}
function lag(value) { return value === null ? '–' : element('span', { class: value > 0 ? 'warn' : 'ok' }, value) }
function topics(list) {
  if (list.length === 0) return element('p', { class: 'soft' }, 'None yet. Create one with ', element('code', {}, 'odradek topic create orders -p 6'))
  return table([['Topic', 'name'], ['Partitions', 'number'], ['Records', 'number']], list.map((topic) => ({
    cells: [opener('topic ' + topic.name, topic.name), topic.partitions.length, topic.records],
    detail: opened.has('topic ' + topic.name) && table([['Partition', 'number'], ['Start', 'number'], ['End', 'number'], ['Leader', 'number']],
      topic.partitions.map((partition) => ({ cells: [partition.partition, partition.startOffset, partition.endOffset, partition.leader] }))),
  })))
}
function groups(list) {
  if (list.length === 0) return element('p', { class: 'soft' }, 'None yet. Join one with ', element('code', {}, 'odradek consume orders -g first --from earliest'))
  return table([['Group', 'name'], ['State'], ['Members', 'number'], ['Lag', 'number']], list.map((group) => ({
    cells: [opener('group ' + group.group, group.group), group.state, group.members, lag(group.lag)],
    detail: opened.has('group ' + group.group) && table([['Topic', 'name'], ['Partition', 'number'], ['Committed', 'number'], ['End', 'number'], ['Lag', 'number'], ['Member']],
      group.partitions.map((partition) => ({ cells: [partition.topic, partition.partition, partition.committedOffset, partition.endOffset, lag(partition.lag), partition.memberId] }))),
  })))
}
let latest
function show(overview) {
  latest = overview
  $('cluster').textContent = overview.clusterId + ' · ' + overview.brokers.map((broker) => broker.host + ':' + broker.port).join(', ')
  $('topics').replaceChildren(topics(overview.topics))
  $('groups').replaceChildren(groups(overview.groups))
}
async function refresh() {
  try {
    const response = await fetch('api/v1/overview')
    const body = await response.json()
    if (!response.ok) throw new Error(body.message)
    const focused = document.activeElement?.getAttribute('data-key')
    show(body)
    if (focused) document.querySelector('[data-key="' + CSS.escape(focused) + '"]')?.focus()
    $('state').textContent = 'live'
    $('state').className = 'ok'
  } catch (error) {
    $('state').textContent = 'not reachable: ' + error.message
    $('state').className = 'warn'
  }
  setTimeout(refresh, 2000)
}
refresh()
`

export interface PageDocument {
  readonly html: string
  /** The two inline pieces, for the Content-Security-Policy's hashes. */
  readonly style: string
  readonly script: string
}

export const page: PageDocument = {
  style,
  script,
  html: `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Odradek</title><link rel="icon" href="data:,"><style>${style}</style></head>
<body>
<header><h1>Odradek</h1><span id="cluster" class="soft"></span><span id="state" role="status" class="soft">connecting …</span></header>
<main><section aria-labelledby="groups-heading"><h2 id="groups-heading">Consumer groups</h2><div id="groups"></div></section>
<section aria-labelledby="topics-heading"><h2 id="topics-heading">Topics</h2><div id="topics"></div></section></main>
<script>${script}</script>
</body>
</html>
`,
}
