/**
 * What a group had committed before it was last changed from this machine, for `undo-reset`: a file a cluster and group in
 * `$XDG_STATE_HOME/odradek/resets` (default `~/.local/state`). Not in the cluster: offsets' metadata is lost with the next commit, and a reset
 * is found to be wrong once consumers have gone on from it.
 */

import { createHash } from 'node:crypto'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import type { TopicPartition } from '@odradek/client'
import { CommandError } from '../../../errors.ts'

export interface SavedOffset extends TopicPartition {
  /** Null: nothing was committed. */
  readonly offset: number | null
  readonly metadata: string
  readonly leaderEpoch: number
}

export interface SavedReset {
  readonly group: string
  readonly clusterId: string | null
  /** When it was changed, ISO 8601. */
  readonly at: string
  readonly offsets: readonly SavedOffset[]
}

export function savedResetPath(clusterId: string | null, groupId: string): string {
  const state = process.env['XDG_STATE_HOME'] ?? join(homedir(), '.local', 'state')
  // A group's name may hold anything, and be longer than a file's may be.
  const name = `${groupId.replaceAll(/[^\w.-]/g, '_').slice(0, 80)}-${createHash('sha256').update(groupId).digest('hex').slice(0, 16)}`
  return join(state, 'odradek', 'resets', (clusterId ?? 'unknown').replaceAll(/[^\w-]/g, '_'), `${name}.json`)
}

/** Replaces what was saved before. */
export async function saveReset(saved: SavedReset): Promise<void> {
  const path = savedResetPath(saved.clusterId, saved.group)
  const temporary = `${path}.${process.pid}`
  await mkdir(dirname(path), { recursive: true })
  await writeFile(temporary, `${JSON.stringify(saved, undefined, 2)}\n`)
  await rename(temporary, path)
}

/** There is nothing to undo any more. */
export async function removeReset({ clusterId, group }: SavedReset): Promise<void> {
  await rm(savedResetPath(clusterId, group), { force: true })
}

/** Throws CommandError when there is nothing to undo. */
export async function loadReset(clusterId: string | null, groupId: string): Promise<SavedReset> {
  const path = savedResetPath(clusterId, groupId)
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
    throw new CommandError(`no reset of group "${groupId}" was made from this machine (there is no ${path})`, { cause: error })
  }
  const saved = parse(text)
  if (saved === undefined) throw new CommandError(`${path} is not what a reset saves; remove it, and reset the group to where it was`)
  return saved
}

function parse(text: string): SavedReset | undefined {
  try {
    const parsed: unknown = JSON.parse(text)
    return isSavedReset(parsed) ? parsed : undefined
  } catch {
    return undefined
  }
}

function isSavedReset(value: unknown): value is SavedReset {
  if (typeof value !== 'object' || value === null || !('group' in value) || !('at' in value) || !('offsets' in value)) return false
  return (
    typeof value.group === 'string' && typeof value.at === 'string' && Array.isArray(value.offsets) && value.offsets.every(isSavedOffset)
  )
}

function isSavedOffset(value: unknown): value is SavedOffset {
  if (typeof value !== 'object' || value === null || !('topic' in value) || !('partition' in value) || !('offset' in value)) return false
  return (
    typeof value.topic === 'string' && typeof value.partition === 'number' && (value.offset === null || typeof value.offset === 'number')
  )
}
