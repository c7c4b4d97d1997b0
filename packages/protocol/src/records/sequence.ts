/** Sequence numbers of idempotent producers: 31 bits, wrapping from 2^31 − 1 to 0. */

const SEQUENCES = 2_147_483_648

/** `sequence` moved on by `increment` (≥ 0 and < 2^31). */
export function incrementSequence(sequence: number, increment: number): number {
  return (sequence + increment) % SEQUENCES
}

/** `sequence` moved back by `decrement` (≥ 0 and < 2^31). */
export function decrementSequence(sequence: number, decrement: number): number {
  return (sequence - decrement + SEQUENCES) % SEQUENCES
}
