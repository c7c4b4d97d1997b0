/** A fault to plant in the sources, and who should notice. */

export interface Mutation {
  /** Area and what is wrong, such as `partition/skip-dedup`. */
  readonly name: string
  /** What goes wrong for users, in one sentence. */
  readonly breaks: string
  /** From the root of the checkout. */
  readonly file: string
  /** Must be in the file exactly once. */
  readonly search: string
  readonly replace: string
  /** Test sources from the root of the checkout; the likeliest to notice first. */
  readonly tests: readonly string[]
}
