// Medians over the rounds, as a table. The last columns are ratios to the first row, above 1 when the first row is the better one.

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

// Figure → heading; `better` is what makes a ratio of it.
const columns = {
  recordsPerSecond: { heading: 'records/s', better: 'more' },
  transactionsPerSecond: { heading: 'transactions/s', better: 'more' },
  commitsPerSecond: { heading: 'commits/s', better: 'more' },
  p50: { heading: 'p50 ms', better: 'less' },
  p99: { heading: 'p99 ms', better: 'less' },
  firstMs: { heading: 'first ms', better: 'less' },
  secondMs: { heading: 'second ms', better: 'less' },
  leaveMs: { heading: 'leave ms', better: 'less' },
  startMs: { heading: 'ms', better: 'less' },
  clientCpuPerMillion: { heading: 'client cpu/M' },
  clientPeakMb: { heading: 'client MB' },
  brokerCpuPerMillion: { heading: 'broker cpu/M' },
  brokerPeakMb: { heading: 'broker MB' },
  othersPercent: { heading: 'others %' },
}

// `results`: contestant → its runs. Returns contestant → { medians, ratios }.
export function summarize(results) {
  const names = Object.keys(results)
  const medians = Object.fromEntries(names.map((name) => [name, mediansOf(results[name])]))
  const base = medians[names[0]] ?? {}
  const ratio = (figures, figure) => (columns[figure].better === 'more' ? base[figure] / figures[figure] : figures[figure] / base[figure])
  return Object.fromEntries(
    names.map((name) => {
      const compared = Object.keys(base).filter((figure) => columns[figure].better !== undefined)
      return [
        name,
        { medians: medians[name], ratios: Object.fromEntries(compared.map((figure) => [figure, ratio(medians[name], figure)])) },
      ]
    }),
  )
}

function mediansOf(runs) {
  const figures = Object.keys(columns).filter((figure) => figure in runs[0])
  return Object.fromEntries(figures.map((figure) => [figure, median(runs.map((run) => run[figure]))]))
}

function format(value) {
  return value >= 10 ? Math.round(value).toLocaleString('en') : value.toFixed(2)
}

export function printSummary(summary) {
  const [first] = Object.values(summary)
  if (first === undefined) return
  const figures = Object.keys(first.medians)
  const ratios = Object.keys(first.ratios)
  const head = ['', ...figures.map((figure) => columns[figure].heading), ...ratios.map((figure) => `× ${columns[figure].heading}`)]
  const rows = Object.entries(summary).map(([name, { medians, ratios: own }]) => [
    name,
    ...figures.map((figure) => format(medians[figure])),
    ...ratios.map((figure) => own[figure].toFixed(2)),
  ])
  const table = [head, ...rows]
  const widths = head.map((_, column) => Math.max(...table.map((row) => row[column].length)))
  for (const row of table) console.log(row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('  '))
}
