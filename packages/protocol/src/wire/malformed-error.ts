/** The one error that decoding raises, whatever the bytes are. */

/**
 * The bytes are not the message they should be: truncated, a length beyond what remains, null where null is not allowed,
 * or an integer beyond ±(2^53−1). Whoever reads a connection closes it on this error.
 */
export class MalformedError extends Error {
  override readonly name = 'MalformedError'
}
