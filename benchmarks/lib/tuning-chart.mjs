// Four rows of small charts: rate, latency, compression; a column a batch size, a line a codec, over linger.ms.
import { batchSizes, codecs, lingersMs } from './tuning.mjs'
import { toSvg } from './vega.mjs'

// Okabe and Ito's: told apart with any eyesight.
const colours = ['#000000', '#d55e00', '#cc79a7', '#0072b2', '#009e73']

const charts = [
  { field: 'recordsPerSecond', title: 'records/s, full load', format: '~s', scale: { zero: true } },
  { field: 'p99Ms', title: 'p99 ms at a rate', format: '~r', scale: { type: 'log' } },
  { field: 'ratio', title: 'ratio, full load', format: '.1f', scale: { zero: true } },
  { field: 'pacedRatio', title: 'ratio at a rate', format: '.1f', scale: { zero: true } },
]

const labelOf = (bytes) => `batch.size ${bytes / 1024} KiB`

const row = ({ field, title, format, scale }, isFirst, isLast) => ({
  facet: {
    column: {
      field: 'batch',
      sort: batchSizes.map(labelOf),
      title: null,
      header: isFirst ? { labelFontSize: 13, labelFontWeight: 'bold' } : { labels: false },
    },
  },
  spec: {
    width: 210,
    height: 130,
    mark: { type: 'line', point: { size: 40 }, strokeWidth: 1.8 },
    encoding: {
      x: { field: 'lingerMs', type: 'ordinal', sort: lingersMs, title: isLast ? 'linger.ms' : null, axis: { labelAngle: 0 } },
      y: { field, type: 'quantitative', title, scale, axis: { format, tickCount: 5 } },
      color: {
        field: 'codec',
        type: 'nominal',
        sort: codecs,
        scale: { domain: codecs, range: colours },
        legend: { title: 'compression.type' },
      },
    },
  },
})

export async function drawSettings(points) {
  return await toSvg({
    data: { values: points.map((point) => ({ ...point, batch: labelOf(point.batchSize) })) },
    vconcat: charts.map((chart, index) => row(chart, index === 0, index === charts.length - 1)),
  })
}
