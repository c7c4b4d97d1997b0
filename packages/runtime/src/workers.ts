/** The seam to other threads: compression of large batches and other work that would hold the event loop. */

import type { CodecName } from './codecs.ts'

export interface Workers {
  /** As `Codec.compress`, off the event loop. The input is copied. */
  compress(codec: CodecName, data: Uint8Array, level?: number): Promise<Uint8Array>
  /** As `Codec.decompress`, off the event loop. The input is copied. */
  decompress(codec: CodecName, data: Uint8Array, maxOutputBytes: number): Promise<Uint8Array>
  /** Ends the threads; pending work rejects. */
  close(): Promise<void>
}
