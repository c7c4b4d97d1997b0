/** The one error that decoding throws. */

/** Bytes that contradict themselves: a bad length, truncated data, an integer beyond 2^53. */
export class MalformedError extends Error {
  override readonly name = 'MalformedError'
}
