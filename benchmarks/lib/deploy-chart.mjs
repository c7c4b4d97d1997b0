// A rolling deploy as a timeline: a panel a way to rebalance, a line a member; a bar while it handles records, another colour while it is restarted.
import { toSvg } from './vega.mjs'

const cellMs = 250

// Okabe and Ito's: told apart with any eyesight.
const colours = { 'handles records': '#0072b2', 'is restarted': '#e69f00' }

// One bar for each stretch of time without a silent cell.
function bars({ handled, restarts }) {
  const open = new Map()
  const done = restarts.map(({ member, fromMs, toMs }) => ({
    from: fromMs / 1000,
    to: toMs / 1000,
    member: member + 1,
    what: 'is restarted',
  }))
  for (const { atMs, member } of handled) {
    const from = (Math.floor(atMs / cellMs) * cellMs) / 1000
    const to = from + cellMs / 1000
    const bar = open.get(member)
    if (bar !== undefined && bar.to >= from) bar.to = to
    else {
      const next = { from, to, member: member + 1, what: 'handles records' }
      open.set(member, next)
      done.push(next)
    }
  }
  return done
}

// `runs`: [{ title, run }], each run as examples/rolling-deploy returns it.
export async function drawDeploys(runs) {
  const seconds = Math.max(...runs.map(({ run }) => run.toMs)) / 1000
  const panel = ({ title, run }, index) => ({
    title: { text: title, anchor: 'start', fontSize: 13 },
    width: 760,
    height: 110,
    data: { values: bars(run) },
    mark: { type: 'bar', height: 13, clip: true },
    encoding: {
      x: {
        field: 'from',
        type: 'quantitative',
        title: index === runs.length - 1 ? 'seconds' : null,
        scale: { domain: [0, seconds], nice: false },
        axis: { grid: false },
      },
      x2: { field: 'to' },
      y: { field: 'member', type: 'ordinal', title: 'member', axis: { ticks: false } },
      color: {
        field: 'what',
        type: 'nominal',
        scale: { domain: Object.keys(colours), range: Object.values(colours) },
        legend: { title: 'a gap: stands still', titleLimit: 400, orient: 'top' },
      },
    },
  })
  return await toSvg({ vconcat: runs.map(panel) })
}
