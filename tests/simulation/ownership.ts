/** Owns the account of which member of a group holds which partition, and notes where two hold the same. */

export class Ownership {
  readonly #owners = new Map<number, string>()
  readonly overlaps: string[] = []
  /** Members that held something at any time. */
  readonly members: Set<string> = new Set()

  take(member: string, partitions: readonly { readonly partition: number }[]): void {
    for (const { partition } of partitions) {
      const owner = this.#owners.get(partition)
      if (owner !== undefined && owner !== member) this.overlaps.push(`${member} was given ${partition}, which ${owner} held`)
      this.#owners.set(partition, member)
      this.members.add(member)
    }
  }

  release(member: string): void {
    for (const [partition, owner] of this.#owners) if (owner === member) this.#owners.delete(partition)
  }
}
