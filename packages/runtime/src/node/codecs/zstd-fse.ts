/** Finite state entropy tables and the backward bit stream they are read with (RFC 8878 §4.1). */

import { corrupt } from './bytes.ts'

/** Indexed by state. */
export interface FseTable {
  readonly accuracyLog: number
  readonly symbols: Uint8Array
  /** Bits to read for the next state, and what to add to them. */
  readonly bits: Uint8Array
  readonly baselines: Uint16Array
}

/** Always the same symbol, without reading a bit. */
export function singleSymbolTable(symbol: number): FseTable {
  return { accuracyLog: 0, symbols: Uint8Array.of(symbol), bits: new Uint8Array(1), baselines: new Uint16Array(1) }
}

/** `probabilities` are by symbol and sum to 2^accuracyLog, −1 ("less than one") counting as 1. */
export function buildFseTable(probabilities: readonly number[], accuracyLog: number): FseTable {
  const size = 1 << accuracyLog
  const symbols = new Uint8Array(size)
  const next: number[] = []
  let high = size - 1
  for (const [symbol, probability] of probabilities.entries()) {
    next.push(Math.abs(probability))
    if (probability === -1) symbols[high--] = symbol
  }
  const step = (size >> 1) + (size >> 3) + 3
  let position = 0
  for (const [symbol, probability] of probabilities.entries()) {
    for (let i = 0; i < probability; i++) {
      symbols[position] = symbol
      do position = (position + step) & (size - 1)
      while (position > high)
    }
  }
  const bits = new Uint8Array(size)
  const baselines = new Uint16Array(size)
  for (let state = 0; state < size; state++) {
    const symbol = symbols[state] as number
    const value = next[symbol] as number
    next[symbol] = value + 1
    const width = accuracyLog - (31 - Math.clz32(value))
    bits[state] = width
    baselines[state] = (value << width) - size
  }
  return { accuracyLog, symbols, bits, baselines }
}

/** A table described at `start`. Throws CorruptCompressionError. */
export function readFseTable(data: Buffer, start: number, maxAccuracyLog: number, maxSymbol: number): { table: FseTable; end: number } {
  let bit = start * 8
  const read = (count: number): number => {
    const value = bitsAt(data, bit, count)
    bit += count
    return value
  }
  const accuracyLog = read(4) + 5
  if (accuracyLog > maxAccuracyLog) throw corrupt('zstd', `a table of 2^${accuracyLog} states`)
  const probabilities: number[] = []
  let remaining = 1 << accuracyLog
  while (remaining > 0 && probabilities.length <= maxSymbol) {
    const width = 32 - Math.clz32(remaining + 1)
    const lowMask = (1 << (width - 1)) - 1
    const threshold = (1 << width) - 1 - (remaining + 1)
    let value = read(width)
    // Small values take a bit less than the widest.
    if ((value & lowMask) < threshold) {
      bit--
      value &= lowMask
    } else if (value > lowMask) value -= threshold
    const probability = value - 1
    remaining -= Math.abs(probability)
    probabilities.push(probability)
    if (probability === 0) for (let repeat = 3; repeat === 3; ) for (let i = (repeat = read(2)); i > 0; i--) probabilities.push(0)
  }
  const end = Math.ceil(bit / 8)
  if (remaining !== 0 || probabilities.length > maxSymbol + 1 || end > data.length) throw corrupt('zstd', 'a table that does not add up')
  return { table: buildFseTable(probabilities, accuracyLog), end }
}

/** Bits from the end of the data back to `start`; the highest bit set in the last byte marks where they begin. */
export class ReverseBits {
  readonly #data: Buffer
  readonly #startBit: number
  #bit: number

  constructor(data: Buffer, start: number) {
    const last = data.length > start ? data.readUInt8(data.length - 1) : 0
    if (last === 0) throw corrupt('zstd', 'a bit stream without an end')
    this.#data = data
    this.#startBit = start * 8
    this.#bit = data.length * 8 - (Math.clz32(last) - 24) - 1
  }

  /** Up to 16 bits. */
  read(count: number): number {
    this.skip(count)
    return bitsAt(this.#data, this.#bit, count)
  }

  skip(count: number): void {
    this.#bit -= count
    if (this.#bit < this.#startBit) throw corrupt('zstd', 'a bit stream is cut off')
  }
}

/** Up to 16 bits, the lowest first; past the end they are zero. */
function bitsAt(data: Buffer, bit: number, count: number): number {
  const at = bit >> 3
  const word = (data[at] ?? 0) | ((data[at + 1] ?? 0) << 8) | ((data[at + 2] ?? 0) << 16)
  return (word >> (bit & 7)) & ((1 << count) - 1)
}
