// SVG without a browser, by Vega-Lite.
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { installPeers } from './peers.mjs'

export async function toSvg(chart) {
  const require = createRequire(join(await installPeers(), 'package.json'))
  const load = (name) => import(pathToFileURL(require.resolve(name)).href)
  const [vega, vegaLite] = [await load('vega'), await load('vega-lite')]
  const { spec } = vegaLite.compile({
    background: 'white',
    padding: 12,
    config: { font: 'sans-serif', axis: { labelFontSize: 11, titleFontSize: 12 }, legend: { labelFontSize: 12, titleFontSize: 12 } },
    ...chart,
  })
  return await new vega.View(vega.parse(spec), { renderer: 'none' }).toSVG()
}
