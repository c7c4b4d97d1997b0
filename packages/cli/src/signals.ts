/** SIGINT and SIGTERM as a request to end cleanly; a second one ends the process at once. */

export interface Interruption {
  readonly happened: boolean
  /** Stops listening. */
  dispose(): void
}

/** Calls `onInterrupt` at the first signal. */
export function interruption(onInterrupt: () => void): Interruption {
  let happened = false
  const listener = (signal: NodeJS.Signals): void => {
    if (happened) process.exit(signal === 'SIGINT' ? 130 : 143)
    happened = true
    onInterrupt()
  }
  process.on('SIGINT', listener)
  process.on('SIGTERM', listener)
  return {
    get happened() {
      return happened
    },
    dispose() {
      process.off('SIGINT', listener)
      process.off('SIGTERM', listener)
    },
  }
}
