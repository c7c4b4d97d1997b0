/** Kafka's checkpoint text: a version line, a line with the number of entries, one entry a line. */

const CURRENT_VERSION = 0

export interface EpochStart {
  readonly epoch: number
  readonly startOffset: number
}

/** A malformed checkpoint. Callers fall back to what they know without it. */
export class CheckpointError extends Error {
  override readonly name = 'CheckpointError'
}

/** Keys are partition directory names, `<topic>-<partition>`. */
export function formatOffsetCheckpoint(entries: Iterable<{ topic: string; partition: number; offset: number }>): Buffer {
  const lines: string[] = []
  for (const { topic, partition, offset } of entries) lines.push(`${topic} ${partition} ${offset}`)
  return formatLines(lines)
}

/** Offsets by partition directory name. Throws CheckpointError. */
export function parseOffsetCheckpoint(data: Buffer): Map<string, number> {
  const offsets = new Map<string, number>()
  for (const [topic, partition, offset] of parseLines(data, 3)) {
    offsets.set(`${topic}-${parseInteger(partition)}`, parseInteger(offset))
  }
  return offsets
}

export function formatEpochCheckpoint(entries: readonly EpochStart[]): Buffer {
  return formatLines(entries.map(({ epoch, startOffset }) => `${epoch} ${startOffset}`))
}

/** Throws CheckpointError. */
export function parseEpochCheckpoint(data: Buffer): EpochStart[] {
  return parseLines(data, 2).map(([epoch, startOffset]) => ({ epoch: parseInteger(epoch), startOffset: parseInteger(startOffset) }))
}

function formatLines(lines: readonly string[]): Buffer {
  return Buffer.from(`${[CURRENT_VERSION, lines.length, ...lines].join('\n')}\n`)
}

function parseLines(data: Buffer, fields: number): string[][] {
  const [version, count, ...lines] = data.toString('utf8').split('\n')
  if (parseInteger(version) !== CURRENT_VERSION) throw new CheckpointError(`Unknown checkpoint version ${version}`)
  const entries = lines.filter((line) => line !== '').map((line) => line.trim().split(/\s+/))
  if (entries.length !== parseInteger(count)) throw new CheckpointError(`Expected ${count} entries, found ${entries.length}`)
  const malformed = entries.find((entry) => entry.length !== fields)
  if (malformed !== undefined) throw new CheckpointError(`Malformed checkpoint line '${malformed.join(' ')}'`)
  return entries
}

function parseInteger(text: string | undefined): number {
  const value = Number(text)
  if (text === undefined || text.trim() === '' || !Number.isSafeInteger(value)) throw new CheckpointError(`'${text}' is not an integer`)
  return value
}
