/** The files at the top of a data directory: who it belongs to, how it was closed, and the checkpoints of its logs. */

import { parseProperties } from '@odradek/protocol'
import type { DirectoryLock, Files } from '@odradek/runtime'

import { CheckpointError, formatOffsetCheckpoint, parseOffsetCheckpoint } from './checkpoint-file.ts'
import { systemErrorCode } from '../system-error.ts'
import { StorageError } from './storage-error.ts'
import type { StorageLogger } from './storage-logger.ts'

const META_PROPERTIES = 'meta.properties'
const CLEAN_SHUTDOWN = '.kafka_cleanshutdown'
const RECOVERY_POINTS = 'recovery-point-offset-checkpoint'
const CLEAN_OFFSETS = 'cleaner-offset-checkpoint'
const LOG_STARTS = 'log-start-offset-checkpoint'

export interface DirectoryIdentity {
  readonly clusterId: string
  readonly nodeId: number
  readonly directoryId: string
}

export interface PartitionOffset {
  readonly topic: string
  readonly partition: number
  readonly offset: number
}

/** The directory cannot serve as asked. The message is one line that says what to do. */
export class DataDirectoryError extends StorageError {
  override readonly name = 'DataDirectoryError'
}

export class DataDirectory {
  readonly path: string
  readonly #files: Files
  readonly #lock: DirectoryLock

  private constructor(path: string, files: Files, lock: DirectoryLock) {
    this.path = path
    this.#files = files
    this.#lock = lock
  }

  /** Creates the directory when missing and locks it. Throws DataDirectoryError when it is in use or not writable. */
  static async open(files: Files, path: string): Promise<DataDirectory> {
    try {
      await makeDirectoryDurably(files, path)
      return new DataDirectory(path, files, await files.lockDirectory(path))
    } catch (error) {
      const code = systemErrorCode(error)
      if (code === 'ELOCKED')
        throw new DataDirectoryError(`${path} is in use by another broker: stop it or choose another data directory`, { cause: error })
      if (code === undefined) throw error
      throw new DataDirectoryError(`${path} cannot be used (${code}): choose a data directory that can be written to`, { cause: error })
    }
  }

  /**
   * The identity in `meta.properties`; on first use `create` supplies it. Throws DataDirectoryError when the file is damaged or
   * belongs to another node or cluster than the one `expected`.
   */
  async identify(expected: { clusterId?: string; nodeId: number }, create: () => DirectoryIdentity): Promise<DirectoryIdentity> {
    const path = `${this.path}/${META_PROPERTIES}`
    const data = await this.#read(META_PROPERTIES)
    if (data === undefined) {
      const identity = create()
      const { clusterId, nodeId, directoryId } = identity
      await this.#files.writeFileAtomic(
        path,
        Buffer.from(`#\ncluster.id=${clusterId}\ndirectory.id=${directoryId}\nnode.id=${nodeId}\nversion=1\n`),
      )
      return identity
    }
    const properties = new Map(Object.entries(parseProperties(data.toString('utf8'))))
    const clusterId = properties.get('cluster.id')
    const directoryId = properties.get('directory.id')
    const nodeId = Number(properties.get('node.id'))
    if (properties.get('version') !== '1' || clusterId === undefined || directoryId === undefined || !Number.isInteger(nodeId)) {
      throw new DataDirectoryError(`${path} is damaged: restore it, or choose another data directory`)
    }
    if (nodeId !== expected.nodeId || (expected.clusterId !== undefined && clusterId !== expected.clusterId)) {
      throw new DataDirectoryError(
        `${path} belongs to node ${nodeId} of cluster ${clusterId}: choose another data directory, or that node and cluster`,
      )
    }
    return { clusterId, nodeId, directoryId }
  }

  /** Whether the last run closed every log. Takes the mark away, durably, before anything changes. */
  async takeCleanMark(): Promise<boolean> {
    const path = `${this.path}/${CLEAN_SHUTDOWN}`
    if ((await this.#files.stat(path)) === undefined) return false
    await this.#files.remove(path)
    await this.#files.syncDirectory(this.path)
    return true
  }

  async writeCleanMark(): Promise<void> {
    await this.#files.writeFileAtomic(`${this.path}/${CLEAN_SHUTDOWN}`, Buffer.from('{"version":0,"brokerEpoch":-1}'))
  }

  /** By partition directory name. A damaged checkpoint reads as empty, so that everything is scanned. */
  async readRecoveryPoints(logger: StorageLogger): Promise<Map<string, number>> {
    return await this.#readOffsets(RECOVERY_POINTS, logger)
  }

  async readLogStarts(logger: StorageLogger): Promise<Map<string, number>> {
    return await this.#readOffsets(LOG_STARTS, logger)
  }

  async writeRecoveryPoints(offsets: Iterable<PartitionOffset>): Promise<void> {
    await this.#files.writeFileAtomic(`${this.path}/${RECOVERY_POINTS}`, formatOffsetCheckpoint(offsets))
  }

  async writeLogStarts(offsets: Iterable<PartitionOffset>): Promise<void> {
    await this.#files.writeFileAtomic(`${this.path}/${LOG_STARTS}`, formatOffsetCheckpoint(offsets))
  }

  /** By partition directory name: below, compaction has been. */
  async readCleanOffsets(logger: StorageLogger): Promise<Map<string, number>> {
    return await this.#readOffsets(CLEAN_OFFSETS, logger)
  }

  async writeCleanOffsets(offsets: Iterable<PartitionOffset>): Promise<void> {
    await this.#files.writeFileAtomic(`${this.path}/${CLEAN_OFFSETS}`, formatOffsetCheckpoint(offsets))
  }

  async release(): Promise<void> {
    await this.#lock.release()
  }

  async #readOffsets(name: string, logger: StorageLogger): Promise<Map<string, number>> {
    const data = await this.#read(name)
    if (data === undefined) return new Map()
    try {
      return parseOffsetCheckpoint(data)
    } catch (error) {
      if (!(error instanceof CheckpointError)) throw error
      logger.warn(`${this.path}/${name}: ${error.message}`)
      return new Map()
    }
  }

  async #read(name: string): Promise<Buffer | undefined> {
    const path = `${this.path}/${name}`
    return (await this.#files.stat(path)) === undefined ? undefined : await this.#files.readFile(path)
  }
}

/** The names of directories that had to be made are synced: what is synced inside them later would be lost with them. */
async function makeDirectoryDurably(files: Files, path: string): Promise<void> {
  const parents: string[] = []
  for (let at = path; (await files.stat(at)) === undefined; ) {
    const slash = at.lastIndexOf('/')
    const parent = slash < 0 ? '.' : slash === 0 ? '/' : at.slice(0, slash)
    parents.push(parent)
    at = parent
  }
  await files.makeDirectory(path)
  for (const parent of parents) await files.syncDirectory(parent)
}
