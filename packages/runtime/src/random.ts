/** The seam to randomness; seeded in simulation. */

export interface Random {
  /** A float in [0, 1). */
  next(): number
  /** An integer in [0, bound). */
  int(bound: number): number
  /** `length` bytes, cryptographically strong outside simulation. */
  bytes(length: number): Uint8Array
  /** A version-4 UUID in its 36-character form. */
  uuid(): string
}
