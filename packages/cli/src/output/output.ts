/** What a command prints as data: a person's table, or JSON, NDJSON and YAML of the same rows for a program. */

import Table from 'cli-table3'

export const outputFormats = ['table', 'json', 'ndjson', 'yaml'] as const
export type OutputFormat = (typeof outputFormats)[number]

export type Cell = string | number | boolean | null

export interface Rows<Row extends object> {
  readonly rows: readonly Row[]
  /** Table headings and how each cell is read off a row; null prints as `-`. */
  readonly columns: readonly (readonly [heading: string, cell: (row: Row) => Cell])[]
  /** Said on stderr in place of an empty table. */
  readonly whenEmpty?: string
}

export async function printRows<Row extends object>(output: Rows<Row>, format: OutputFormat): Promise<void> {
  process.stdout.write(await renderRows(output, format))
  if (output.rows.length === 0 && format === 'table' && output.whenEmpty !== undefined) process.stderr.write(`${output.whenEmpty}\n`)
}

export async function renderRows<Row extends object>(output: Rows<Row>, format: OutputFormat): Promise<string> {
  switch (format) {
    case 'json':
      return `${JSON.stringify(output.rows, undefined, 2)}\n`
    case 'ndjson':
      return output.rows.map((row) => `${JSON.stringify(row)}\n`).join('')
    case 'yaml': {
      const { stringify } = await import('./yaml.ts')
      return stringify(output.rows)
    }
    case 'table':
      return output.rows.length === 0 ? '' : renderTable(output)
  }
}

function renderTable<Row extends object>(output: Rows<Row>): string {
  const table = new Table({
    head: output.columns.map(([heading]) => heading),
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 2, compact: true },
    chars: noBorders,
  })
  for (const row of output.rows) {
    table.push(
      output.columns.map(([, cell]) => {
        const value = cell(row)
        return value === null ? '-' : String(value)
      }),
    )
  }
  return `${table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')}\n`
}

const noBorders = Object.fromEntries(
  [
    'top',
    'top-mid',
    'top-left',
    'top-right',
    'bottom',
    'bottom-mid',
    'bottom-left',
    'bottom-right',
    'left',
    'left-mid',
    'mid',
    'mid-mid',
    'right',
    'right-mid',
    'middle',
  ].map((part) => [part, '']),
)

/** Progress, hints and results that are not data. */
export function say(message: string): void {
  process.stderr.write(`${message}\n`)
}
