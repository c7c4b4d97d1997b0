/** Seeds that have found something. They are run with every change; what they found is told in docs/proving.md. */

export interface Regression {
  readonly scenario: string
  readonly seed: number
  readonly found: string
}

export const regressions: readonly Regression[] = [
  { scenario: 'storm', seed: 128, found: 'a pending member was refused by a group that all others had left' },
  { scenario: 'storm', seed: 149, found: 'a restarted broker knew one batch of each producer, and took those before it again' },
  { scenario: 'storm', seed: 172, found: 'batches that might be in the log were numbered anew when another had run out of time' },
  { scenario: 'disk', seed: 2050, found: 'an orderly end after a failed write made the torn log pass for clean' },
  { scenario: 'nodes', seed: 10, found: 'poll() rejected because a node that it was connecting to had left the cluster' },
  { scenario: 'swarm', seed: 14, found: 'the second failure to open a log of a deleted topic was nobody’s to handle' },
  { scenario: 'swarm', seed: 240, found: 'a static leader that had come back did not see topics grow' },
  { scenario: 'swarm', seed: 40299, found: 'a static member was fenced by its own former id, of a generation that was not stored' },
  { scenario: 'topics', seed: 3, found: 'poll() rejected because a partition was newer than the metadata of the member that it went to' },
  {
    scenario: 'rebalances',
    seed: 200647,
    found: 'the answer to a join that was given up was taken for that to the next, and fenced the static member',
  },
  { scenario: 'rebalances', seed: 200331, found: 'a member took up an assignment that had been on its way for longer than its session' },
  {
    scenario: 'rebalances',
    seed: 211949,
    found: 'partitions whose old owner, a static member, was restarted before it let go had no owner any more',
  },
  { scenario: 'rebalances', seed: 144, found: 'a member took up an assignment long after its session had ended' },
]
