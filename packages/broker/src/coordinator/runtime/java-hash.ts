/** Java's String.hashCode, which decides the coordinator partition of a group id or a transactional id. */

/** A signed 32-bit integer, over UTF-16 code units as in Java. */
export function javaHashCode(text: string): number {
  let hash = 0
  for (let index = 0; index < text.length; index++) hash = (Math.imul(31, hash) + text.charCodeAt(index)) | 0
  return hash
}

/** Kafka's Utils.abs: drops the sign by arithmetic, with 0 for the one integer that has no positive counterpart. */
export function coordinatorPartition(key: string, partitionCount: number): number {
  const hash = javaHashCode(key)
  return (hash === -2147483648 ? 0 : Math.abs(hash)) % partitionCount
}
