/**
 * Owns directories and the journal of changes to their entries. A change is seen at once by every process and is durable once each
 * directory that it touches has been synced, or the kernel has written it back. Power loss keeps the durable changes and, of the rest, the
 * oldest few: file systems lose the tail of their journal.
 */

import type { FileNode } from './file-node.ts'
import type { RandomStream } from './random-stream.ts'

export type DiskNode = FileNode | DirectoryNode

export class DirectoryNode {
  readonly entries: Map<string, DiskNode> = new Map()
  /** The entries as the folded part of the journal leaves them. */
  readonly platter: Map<string, DiskNode> = new Map()
}

/** One atomic change: entries set or, where the node is undefined, removed. */
export interface EntryChange {
  readonly directory: DirectoryNode
  readonly name: string
  readonly node: DiskNode | undefined
}

interface JournalRecord {
  readonly atUs: number
  readonly changes: readonly EntryChange[]
  /** The directories whose sync is still missing. */
  readonly unsynced: Set<DirectoryNode>
}

export class Journal {
  #records: JournalRecord[] = []

  /** Makes the changes, visibly at once and durably later. */
  append(atUs: number, changes: readonly EntryChange[]): void {
    applyTo('entries', changes)
    this.#records.push({ atUs, changes, unsynced: new Set(changes.map((change) => change.directory)) })
  }

  sync(directory: DirectoryNode): void {
    for (const record of this.#records) record.unsynced.delete(directory)
    this.#fold()
  }

  writeBackBefore(atUs: number): void {
    for (const record of this.#records) if (record.atUs < atUs) record.unsynced.clear()
    this.#fold()
  }

  /** Returns how many changes were lost. The caller rebuilds the visible entries from the platter's. */
  losePower(random: RandomStream): number {
    const pending = this.#records.filter((record) => record.unsynced.size > 0)
    const keptCount = random.int(pending.length + 1)
    const lost = new Set(pending.slice(keptCount))
    for (const record of this.#records) if (!lost.has(record)) applyTo('platter', record.changes)
    this.#records = []
    return lost.size
  }

  /** Carries the durable head of the journal to the platter, in order; a later change must not overtake an earlier one. */
  #fold(): void {
    let count = 0
    while (this.#records[count]?.unsynced.size === 0) count++
    for (const record of this.#records.splice(0, count)) applyTo('platter', record.changes)
  }
}

function applyTo(side: 'entries' | 'platter', changes: readonly EntryChange[]): void {
  for (const { directory, name, node } of changes) {
    if (node === undefined) directory[side].delete(name)
    else directory[side].set(name, node)
  }
}
