/** Damage to frames: reproducible from a seed, and of the kinds that wire formats are sensitive to. */

/** A small generator of 32-bit numbers (mulberry32). */
export class Dice {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  /** An integer in [0, bound). */
  below(bound: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % bound
  }

  pick<Value>(values: readonly Value[]): Value {
    const value = values[this.below(values.length)]
    if (value === undefined) throw new Error('nothing to pick from')
    return value
  }
}

type Mutation = (body: Buffer, dice: Dice) => Buffer

const extremes: readonly number[] = [0, 1, 0x7f, 0x80, 0xff]
const extremeWords: readonly number[] = [0, -1, 1, 0x7fff_ffff, -0x8000_0000, 0x00ff_ffff]

const flipBit: Mutation = (body, dice) => {
  const at = dice.below(body.length)
  body[at] = (body[at] ?? 0) ^ (1 << dice.below(8))
  return body
}

const setByte: Mutation = (body, dice) => {
  body[dice.below(body.length)] = dice.pick(extremes)
  return body
}

const setWord: Mutation = (body, dice) => {
  if (body.length >= 4) body.writeInt32BE(dice.pick(extremeWords), dice.below(body.length - 3))
  return body
}

const truncate: Mutation = (body, dice) => body.subarray(0, dice.below(body.length))

const removeBytes: Mutation = (body, dice) => {
  const at = dice.below(body.length)
  return Buffer.concat([body.subarray(0, at), body.subarray(at + 1 + dice.below(8))])
}

const insertBytes: Mutation = (body, dice) => {
  const at = dice.below(body.length)
  return Buffer.concat([body.subarray(0, at), Buffer.alloc(1 + dice.below(16), dice.pick(extremes)), body.subarray(at)])
}

const mutations: readonly Mutation[] = [flipBit, setByte, setWord, truncate, removeBytes, insertBytes]
/** Size, API key and version, correlation id: what is mostly left alone, so that the damage reaches the body. */
const headerBytes = 12

/** A damaged copy of a frame; its size is mostly that of the damaged body. */
export function mutate(frame: Buffer, dice: Dice): Buffer {
  const keeps = dice.below(8) === 0 ? 4 : headerBytes
  let body: Buffer = Buffer.from(frame.subarray(keeps))
  for (let count = 1 + dice.below(3); count > 0 && body.length > 0; count--) body = dice.pick(mutations)(body, dice)
  const damaged = Buffer.concat([frame.subarray(0, keeps), body])
  if (dice.below(16) !== 0) damaged.writeInt32BE(damaged.length - 4)
  return damaged
}
