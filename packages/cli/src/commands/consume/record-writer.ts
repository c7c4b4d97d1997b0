/** Writes records to stdout in the chosen form, and knows when they are out: only then may they be committed. */

import type { ConsumerRecord } from '@odradek/client'
import type { OutputFormat } from '../../output/output.ts'
import { compileFormat, type FormattableRecord } from '../../records/format.ts'
import { recordToNdjson } from '../../records/ndjson.ts'

export type RawRecord = ConsumerRecord<Buffer, Buffer>

export interface RecordWriter {
  /** Resolves once the records have left the process; rejects with EPIPE when nobody reads any more. */
  write(records: readonly RawRecord[]): Promise<void>
  /** Closes what the form has to close. */
  end(): Promise<void>
}

/** `format` is that of `-f`; without it tables are values, a line each, null printed as Kafka's console consumer does. */
export async function createRecordWriter(output: OutputFormat, format: string | undefined): Promise<RecordWriter> {
  if (format !== undefined) return streaming(compileFormat(format))
  switch (output) {
    case 'table':
      return streaming((record) => [record.value ?? nullText, newline])
    case 'ndjson':
      return streaming((record) => [Buffer.from(`${recordToNdjson(record)}\n`)])
    case 'yaml': {
      const { stringify } = await import('../../output/yaml.ts')
      return streaming((record) => [Buffer.from(stringify([JSON.parse(recordToNdjson(record))]))])
    }
    case 'json':
      return jsonArray()
  }
}

const newline = Buffer.from('\n')
const nullText = Buffer.from('null')

function streaming(render: (record: FormattableRecord) => readonly Uint8Array[]): RecordWriter {
  return {
    write: (records) => writeOut(Buffer.concat(records.flatMap((record) => render(record)))),
    end: () => Promise.resolve(),
  }
}

function jsonArray(): RecordWriter {
  let separator = '[\n'
  return {
    write: (records) => {
      let text = ''
      for (const record of records) {
        text += separator + recordToNdjson(record)
        separator = ',\n'
      }
      return writeOut(Buffer.from(text))
    },
    end: () => writeOut(Buffer.from(separator === '[\n' ? '[]\n' : '\n]\n')),
  }
}

function writeOut(bytes: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(bytes, (error) => {
      if (error instanceof Error) reject(error)
      else resolve()
    })
  })
}
