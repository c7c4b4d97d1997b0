/** Records in words, by which an application that has many under way can tell which ones an error is about. */

const MAX_SHOWN_KEY_BYTES = 64

/** Of a key as it is written. */
export function describeKey(key: Buffer | null): string {
  if (key === null) return 'null'
  const text = key.toString('utf8', 0, MAX_SHOWN_KEY_BYTES)
  return `${JSON.stringify(text)}${key.length > MAX_SHOWN_KEY_BYTES ? '…' : ''}`
}

/** Of one that has not been serialised; a key that is neither text, bytes nor a number is left out. */
export function describeRecord(topic: string, partition: number | undefined, key: unknown): string {
  const place = partition === undefined ? topic : `${topic}-${partition}`
  return `1 record to ${place}${unserialisedKey(key)}`
}

function unserialisedKey(key: unknown): string {
  if (key === undefined || key === null) return ' (key null)'
  if (key instanceof Uint8Array) return ` (key ${describeKey(Buffer.from(key.buffer, key.byteOffset, key.byteLength))})`
  return typeof key === 'string' || typeof key === 'number' || typeof key === 'bigint'
    ? ` (key ${describeKey(Buffer.from(String(key)))})`
    : ''
}
