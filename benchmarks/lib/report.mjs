// Medians over the rounds, as a table; the last column is the ratio of throughput to the first row's.

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

const columns = {
  'records/s': (run) => run.recordsPerSecond,
  'client cpu/M': (run) => run.clientCpuPerMillion,
  'client MB': (run) => run.clientPeakMb,
  'broker cpu/M': (run) => run.brokerCpuPerMillion,
  'broker MB': (run) => run.brokerPeakMb,
}

function format(value) {
  return value >= 10 ? Math.round(value).toLocaleString('en') : value.toFixed(2)
}

// `results`: contestant → its runs, in order.
export function printScenario(results) {
  const names = Object.keys(results)
  const base = median(results[names[0]].map(columns['records/s']))
  const rows = names.map((name) => {
    const cells = Object.values(columns).map((column) => format(median(results[name].map(column))))
    return [name, ...cells, `${(median(results[name].map(columns['records/s'])) / base).toFixed(2)} ×`]
  })
  const table = [['', ...Object.keys(columns), 'ratio'], ...rows]
  const widths = table[0].map((_, column) => Math.max(...table.map((row) => row[column].length)))
  for (const row of table) console.log(row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('  '))
}
