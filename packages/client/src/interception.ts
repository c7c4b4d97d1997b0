/** Calls interceptors one after another (KIP-42): one that throws is warned of once a method, and stops nobody. */

import type { Logger } from './logger.ts'

export class Interception<I> {
  readonly #interceptors: readonly I[]
  readonly #logger: Logger
  readonly #warned = new Set<string>()

  constructor(interceptors: readonly I[], logger: Logger) {
    this.#interceptors = interceptors
    this.#logger = logger
  }

  each(method: keyof I & string, call: (interceptor: I) => void): void {
    for (const [index, interceptor] of this.#interceptors.entries()) {
      try {
        call(interceptor)
      } catch (error) {
        this.#warnOnce(`${method}() of interceptor ${index} threw, which is not told again: ${String(error)}`, `${method} ${index}`)
      }
    }
  }

  #warnOnce(message: string, key: string): void {
    if (this.#warned.has(key)) return
    this.#warned.add(key)
    this.#logger.warn(message)
  }
}
