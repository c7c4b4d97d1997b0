/** Which codec is where, each loaded when it is first asked for. */

import type { Codec, CodecName, Codecs } from '../../codecs.ts'
import { createCrc32c } from './crc32c.ts'

const loaders: Record<CodecName, () => Promise<Codec>> = {
  gzip: async () => (await import('./gzip.ts')).createGzipCodec(),
  snappy: async () => (await import('./snappy.ts')).createSnappyCodec(),
  lz4: async () => (await import('./lz4.ts')).createLz4Codec(),
  zstd: async () => (await import('./zstd.ts')).createZstdCodec(),
}

/** Synchronous once loaded, without I/O or time in them: a simulation uses them as they are. */
export function createNodeCodecs(): Codecs {
  const loaded = new Map<CodecName, Codec>()
  const loading = new Map<CodecName, Promise<Codec>>()

  async function start(name: CodecName): Promise<Codec> {
    try {
      const codec = await loaders[name]()
      loaded.set(name, codec)
      return codec
    } finally {
      loading.delete(name)
    }
  }

  return {
    load(name) {
      const codec = loaded.get(name)
      if (codec !== undefined) return Promise.resolve(codec)
      let pending = loading.get(name)
      if (pending === undefined) loading.set(name, (pending = start(name)))
      return pending
    },
    loaded: (name) => loaded.get(name),
    crc32c: createCrc32c(),
  }
}
