/** Effects outside Kafka: lines in a file, as a database would keep rows. A transaction is one append, which a killed process makes or does not. */

import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import type { OnceStore } from '@odradek/client'

/** What a transaction will append. */
type Lines = string[]

export class EffectStore implements OnceStore<Lines> {
  readonly #path: string

  constructor(path: string) {
    this.#path = path
  }

  write(effect: string): void {
    appendFileSync(this.#path, `${effect}\n`)
  }

  /** In the order in which they came about. */
  effects(): string[] {
    return this.#lines().filter((line) => !line.startsWith('id '))
  }

  async transaction<R>(work: (tx: Lines) => Promise<R>): Promise<R> {
    const lines: Lines = []
    const result = await work(lines)
    if (lines.length > 0) this.write(lines.join('\n'))
    return result
  }

  claim(tx: Lines, id: string): Promise<boolean> {
    const line = `id ${id}`
    const isNew = !this.#lines().includes(line)
    if (isNew) tx.push(line)
    return Promise.resolve(isNew)
  }

  #lines(): string[] {
    return existsSync(this.#path) ? readFileSync(this.#path, 'utf8').split('\n').slice(0, -1) : []
  }
}
