/** Node's callbacks as promises, without a promisified function's overhead. */

/** The value that `start` hands to its callback. */
export function promised<T>(start: (done: (error: Error | null, value: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    start((error, value) => {
      if (error === null) resolve(value)
      else reject(error)
    })
  })
}

/** The end of what `start` does. */
export function finished(start: (done: (error?: Error | null) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    start((error) => {
      if (error === null || error === undefined) resolve()
      else reject(error)
    })
  })
}
