/** Kafka's names for the files of a log and the directories of partitions. */

export type SegmentSuffix = 'log' | 'index' | 'timeindex' | 'txnindex' | 'snapshot'

/** Of what a segment consists; producer snapshots belong to offsets, not to segments. The log comes first. */
export const fileSuffixes: readonly SegmentSuffix[] = ['log', 'index', 'timeindex', 'txnindex']

export const DELETED_SUFFIX = '.deleted'
export const PARTITION_METADATA = 'partition.metadata'
export const LEADER_EPOCH_CHECKPOINT = 'leader-epoch-checkpoint'

/** The longest file name that common file systems take. */
const MAX_NAME_BYTES = 255

export function segmentFileName(baseOffset: number, suffix: SegmentSuffix): string {
  return `${String(baseOffset).padStart(20, '0')}.${suffix}`
}

/** Undefined for a name that is not one of a segment's. */
export function parseSegmentFileName(name: string): { baseOffset: number; suffix: SegmentSuffix } | undefined {
  const match = /^(\d{20})\.(log|index|timeindex|txnindex|snapshot)$/.exec(name)
  if (match === null) return undefined
  const baseOffset = Number(match[1])
  return Number.isSafeInteger(baseOffset) ? { baseOffset, suffix: match[2] as SegmentSuffix } : undefined
}

export function partitionDirectoryName(topic: string, partition: number): string {
  return `${topic}-${partition}`
}

/** Undefined for a directory that is not a live partition's: one marked for deletion, stray, or foreign. */
export function parsePartitionDirectoryName(name: string): { topic: string; partition: number } | undefined {
  const match = /^([a-zA-Z0-9._-]{1,249})-(0|[1-9]\d{0,9})$/.exec(name)
  if (match === null) return undefined
  return { topic: match[1] as string, partition: Number(match[2]) }
}

/** `<topic>-<partition>.<uuid without dashes>-delete` (or `-stray`), the topic cut short where the name would be too long. */
export function retiredDirectoryName(topic: string, partition: number, uuid: string, fate: 'delete' | 'stray'): string {
  const suffix = `-${partition}.${uuid.replaceAll('-', '')}-${fate}`
  return topic.slice(0, MAX_NAME_BYTES - suffix.length) + suffix
}

export function isDeletedDirectoryName(name: string): boolean {
  return /^.*-\d+\.[0-9a-f]{32}-delete$/.test(name)
}
