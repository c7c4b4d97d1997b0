// A rolling deploy as a timeline: a panel a way to rebalance, a line a partition, a colour for who read it; white where nobody did.
import { toSvg } from './vega.mjs'

const cellMs = 100
const restartsLine = 'restarts'

// Okabe and Ito's: told apart with any eyesight.
const colours = ['#0072b2', '#e69f00', '#009e73', '#cc79a7', '#56b4e9', '#d55e00']

function cells({ handled, restarts }) {
  const seen = new Map()
  for (const { atMs, partition, member } of handled) {
    const cell = Math.floor(atMs / cellMs)
    seen.set(`${cell} ${partition}`, {
      from: (cell * cellMs) / 1000,
      to: ((cell + 1) * cellMs) / 1000,
      line: `P${partition}`,
      member: member + 1,
    })
  }
  const away = restarts.map(({ member, fromMs, toMs }) => ({
    from: fromMs / 1000,
    to: toMs / 1000,
    line: restartsLine,
    member: member + 1,
  }))
  return [...away, ...seen.values()]
}

// `runs`: [{ title, run, partitions }], each run as examples/rolling-deploy returns it.
export async function drawDeploys(runs) {
  const seconds = Math.max(...runs.map(({ run }) => run.toMs)) / 1000
  return await toSvg({
    vconcat: runs.map(({ title, run, partitions }, index) => ({
      title: { text: title, anchor: 'start', fontSize: 13 },
      width: 860,
      height: (partitions + 1) * 13,
      data: { values: cells(run) },
      mark: { type: 'rect' },
      encoding: {
        x: {
          field: 'from',
          type: 'quantitative',
          title: index === runs.length - 1 ? 'seconds' : null,
          scale: { domain: [0, seconds], nice: false },
          axis: { grid: false },
        },
        x2: { field: 'to' },
        y: {
          field: 'line',
          type: 'ordinal',
          title: null,
          sort: null,
          scale: { domain: [restartsLine, ...Array.from({ length: partitions }, (_, partition) => `P${partition}`)] },
          axis: { ticks: false, labelFontSize: 10 },
        },
        color: {
          field: 'member',
          type: 'nominal',
          scale: { domain: colours.map((_, member) => member + 1), range: colours },
          legend: { title: 'member' },
        },
      },
    })),
  })
}
