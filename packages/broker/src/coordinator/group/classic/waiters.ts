/** Requests that wait for something to happen to their group, by group and member. Soft state: a restart forgets them, clients retry. */

export class Waiters<Response> {
  readonly #waiting = new Map<string, Map<string, (response: Response) => void>>()

  /** The request that waited under this member before, if any: its client has asked again and is not listening any more. */
  add(groupId: string, memberId: string, answer: (response: Response) => void): ((response: Response) => void) | undefined {
    const group = this.#waiting.get(groupId) ?? new Map<string, (response: Response) => void>()
    const former = group.get(memberId)
    this.#waiting.set(groupId, group.set(memberId, answer))
    return former
  }

  answer(groupId: string, memberId: string, response: Response): void {
    const group = this.#waiting.get(groupId)
    const answer = group?.get(memberId)
    if (group === undefined || answer === undefined) return
    group.delete(memberId)
    if (group.size === 0) this.#waiting.delete(groupId)
    answer(response)
  }

  /** Answers everyone. */
  answerAll(response: (memberId: string) => Response): void {
    const groups = [...this.#waiting.values()]
    this.#waiting.clear()
    for (const group of groups) for (const [memberId, answer] of group) answer(response(memberId))
  }
}
