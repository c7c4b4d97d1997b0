/** Holds the log of a partition, and has it opened anew when its disk, which was full, has room again. */

import type { Timer } from '@odradek/runtime'

import type { LogManager } from '../storage/log-manager.ts'
import type { Log } from '../storage/log.ts'
import { DiskFullError, errorMessage } from '../storage/storage-error.ts'

const ROOM_CHECK_MS = 1000

export class LogSeat {
  log: Log
  /** Written since the partition was opened: unlike a log's size it never shrinks, and it goes on when the log is opened anew. */
  writtenBytes = 0
  readonly #manager: LogManager
  readonly #onChange: () => void
  #timer: Timer | undefined
  #reopening: Promise<void> | undefined
  #isClosed = false

  /** `onChange` is called when more has been written, or the log has failed or has been opened anew. */
  constructor(manager: LogManager, log: Log, onChange: () => void) {
    this.#manager = manager
    this.#onChange = onChange
    this.log = log
    this.#attach(log)
  }

  /** No log takes another's place once this resolves. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#timer?.cancel()
    await this.#reopening
  }

  #attach(log: Log): void {
    log.listener = {
      onWritten: (endOffset, bytes) => {
        this.writtenBytes += bytes
        log.producers.onHighWatermark(endOffset)
        this.#onChange()
      },
      // Fetch waiters must learn of the failure instead of waiting for data.
      onFailure: (error) => {
        this.#onChange()
        if (error instanceof DiskFullError) this.#wait()
      },
    }
  }

  #wait(): void {
    if (this.#isClosed) return
    const retry = (): void => {
      this.#reopening = this.#reopen()
    }
    this.#timer = this.#manager.runtime.clock.setTimer(ROOM_CHECK_MS, retry, true)
  }

  /** Never rejects. */
  async #reopen(): Promise<void> {
    const { log } = this
    try {
      const reopened = await this.#manager.reopenLog(log)
      if (reopened === undefined) this.#wait()
      else {
        // What has changed while it was opened, and what could not be saved before.
        reopened.reconfigure(log.config)
        reopened.epochs.assign(log.epochs.latestEpoch, reopened.nextOffset)
        this.log = reopened
        this.#attach(reopened)
        this.#manager.logger.warn(`${log.directory}: the disk has room again, writes are taken from offset ${reopened.nextOffset} on`)
        this.#onChange()
      }
    } catch (error) {
      this.#manager.logger.error(`${log.directory}: could not be opened again: ${errorMessage(error)}`)
      this.#wait()
    }
  }
}
