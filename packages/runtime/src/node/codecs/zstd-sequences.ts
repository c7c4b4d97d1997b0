/**
 * What a compressed Zstandard block inflates to, exactly and without inflating it (RFC 8878 §3.1.1.3): the literals' size stands in their
 * header, and the match lengths are decoded from the sequences, whose offsets and literal lengths are only stepped over.
 */

import { corrupt } from './bytes.ts'
import type { FseTable } from './zstd-fse.ts'
import { buildFseTable, ReverseBits, readFseTable, singleSymbolTable } from './zstd-fse.ts'

const MAX_BLOCK_BYTES = 131_072
const MODE_PREDEFINED = 0
const MODE_RLE = 1
const MODE_FSE = 2

interface Alphabet {
  readonly maxAccuracyLog: number
  readonly maxSymbol: number
  readonly predefined: FseTable
}

const literalLengths: Alphabet = {
  maxAccuracyLog: 9,
  maxSymbol: 35,
  predefined: buildFseTable(
    [4, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 2, 1, 1, 1, 1, 1, -1, -1, -1, -1],
    6,
  ),
}
const offsets: Alphabet = {
  maxAccuracyLog: 8,
  maxSymbol: 31,
  predefined: buildFseTable([1, 1, 1, 1, 1, 1, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1], 5),
}
const matchLengths: Alphabet = {
  maxAccuracyLog: 9,
  maxSymbol: 52,
  predefined: buildFseTable([1, 4, 3, 2, 2, 2, 2, 2, 2, ...Array.from({ length: 37 }, () => 1), -1, -1, -1, -1, -1, -1, -1], 6),
}

const LITERAL_LENGTH_BITS = [...zeros(16), 1, 1, 1, 1, 2, 2, 3, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]
const MATCH_LENGTH_BITS = [...zeros(32), 1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]
const MATCH_LENGTH_BASES: number[] = []
for (let code = 0, base = 3; code <= 52; code++) {
  MATCH_LENGTH_BASES.push(base)
  base += 2 ** (MATCH_LENGTH_BITS[code] as number)
}

/** Sizes the compressed blocks of one frame, in their order: a block may reuse the tables of the one before. */
export class ZstdBlockSizer {
  #literalLengths: FseTable | undefined
  #offsets: FseTable | undefined
  #matchLengths: FseTable | undefined

  /** Throws CorruptCompressionError. */
  sizeOf(data: Buffer, start: number, length: number): number {
    const block = data.subarray(start, start + length)
    const literals = readLiterals(block)
    const size = literals.regeneratedBytes + this.#matchBytes(block.subarray(literals.end))
    if (size > MAX_BLOCK_BYTES) throw corrupt('zstd', 'a block over 128 KiB')
    return size
  }

  #matchBytes(section: Buffer): number {
    const { count, at: modesAt } = readSequenceCount(section)
    if (count === 0) return 0
    const modes = byteAt(section, modesAt)
    let at = modesAt + 1
    const table = (mode: number, alphabet: Alphabet, previous: FseTable | undefined): FseTable => {
      if (mode === MODE_PREDEFINED) return alphabet.predefined
      if (mode === MODE_RLE) return singleSymbolTable(symbolAt(section, at++, alphabet.maxSymbol))
      if (mode === MODE_FSE) {
        const read = readFseTable(section, at, alphabet.maxAccuracyLog, alphabet.maxSymbol)
        at = read.end
        return read.table
      }
      if (previous === undefined) throw corrupt('zstd', 'no table to repeat')
      return previous
    }
    this.#literalLengths = table(modes >> 6, literalLengths, this.#literalLengths)
    this.#offsets = table((modes >> 4) & 3, offsets, this.#offsets)
    this.#matchLengths = table((modes >> 2) & 3, matchLengths, this.#matchLengths)
    return sumOfMatches(new ReverseBits(section, at), count, this.#literalLengths, this.#offsets, this.#matchLengths)
  }
}

function sumOfMatches(bits: ReverseBits, count: number, literals: FseTable, offset: FseTable, match: FseTable): number {
  let literalState = bits.read(literals.accuracyLog)
  let offsetState = bits.read(offset.accuracyLog)
  let matchState = bits.read(match.accuracyLog)
  let sum = 0
  for (let left = count; left > 0; left--) {
    const matchCode = match.symbols[matchState] as number
    const literalCode = literals.symbols[literalState] as number
    // An offset's code is the number of its bits.
    bits.skip(offset.symbols[offsetState] as number)
    sum += (MATCH_LENGTH_BASES[matchCode] as number) + bits.read(MATCH_LENGTH_BITS[matchCode] as number)
    if (sum > MAX_BLOCK_BYTES) throw corrupt('zstd', 'a block over 128 KiB')
    bits.skip(LITERAL_LENGTH_BITS[literalCode] as number)
    if (left === 1) break
    literalState = (literals.baselines[literalState] as number) + bits.read(literals.bits[literalState] as number)
    matchState = (match.baselines[matchState] as number) + bits.read(match.bits[matchState] as number)
    offsetState = (offset.baselines[offsetState] as number) + bits.read(offset.bits[offsetState] as number)
  }
  return sum
}

function readLiterals(block: Buffer): { regeneratedBytes: number; end: number } {
  const first = byteAt(block, 0)
  const type = first & 3
  const format = (first >> 2) & 3
  if (type <= 1) {
    const headerBytes = (format & 1) === 0 ? 1 : format === 1 ? 2 : 3
    const regeneratedBytes = headerBytes === 1 ? first >> 3 : bitsAt(block, headerBytes) >> 4
    return { regeneratedBytes, end: checkedEnd(block, headerBytes + (type === 0 ? regeneratedBytes : 1)) }
  }
  const sizeBits = format < 2 ? 10 : format === 2 ? 14 : 18
  const headerBytes = format < 2 ? 3 : format + 2
  const sizes = Math.floor(bitsAt(block, headerBytes) / 16)
  const compressedBytes = Math.floor(sizes / 2 ** sizeBits) % 2 ** sizeBits
  return { regeneratedBytes: sizes % 2 ** sizeBits, end: checkedEnd(block, headerBytes + compressedBytes) }
}

function readSequenceCount(section: Buffer): { count: number; at: number } {
  const first = byteAt(section, 0)
  if (first < 128) return { count: first, at: 1 }
  if (first < 255) return { count: ((first - 128) << 8) + byteAt(section, 1), at: 2 }
  return { count: byteAt(section, 1) + (byteAt(section, 2) << 8) + 0x7f00, at: 3 }
}

function byteAt(bytes: Buffer, at: number): number {
  const byte = bytes[at]
  if (byte === undefined) throw corrupt('zstd', 'a block is cut off')
  return byte
}

function symbolAt(bytes: Buffer, at: number, maxSymbol: number): number {
  const symbol = byteAt(bytes, at)
  if (symbol > maxSymbol) throw corrupt('zstd', `symbol ${symbol} is not in the alphabet`)
  return symbol
}

function bitsAt(block: Buffer, bytes: number): number {
  return block.readUIntLE(0, checkedEnd(block, bytes))
}

function checkedEnd(block: Buffer, end: number): number {
  if (end > block.length) throw corrupt('zstd', 'a block is cut off')
  return end
}

function zeros(length: number): number[] {
  return Array.from({ length }, () => 0)
}
