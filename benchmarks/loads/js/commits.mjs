// Commits of all partitions of a topic, one at a time or as many under way as the client takes. A client's module has:
//   openCommitter(options)  → { partitions, commitSync(offset), commitAsync(offset), committed(), close() }: promises; `offset` is that of every
//                             partition, committed() tells that of each

export async function commits(client, options) {
  const { commits: count, outstanding } = options
  const committer = await client.openCommitter({ ...options, groupId: `bench-${process.pid}` })
  // The first tenth warms up and does not count.
  const warmUp = Math.floor(count / 10)
  const run = outstanding === 1 ? oneByOne : manyUnderWay
  await run(committer, 0, warmUp, outstanding)
  const start = performance.now()
  await run(committer, warmUp, count, outstanding)
  const seconds = (performance.now() - start) / 1000
  const committed = await committer.committed()
  await committer.close()
  if (committed.length === 0 || committed.some((offset) => offset !== count)) throw new Error(`committed: ${committed.join()}`)
  return { commitsPerSecond: (count - warmUp) / seconds }
}

async function oneByOne({ commitSync }, from, to) {
  for (let n = from; n < to; n++) await commitSync(n + 1)
}

async function manyUnderWay({ commitAsync }, from, to, outstanding) {
  const underWay = []
  for (let n = from; n < to; n++) {
    if (underWay.length >= outstanding) await underWay.shift()
    underWay.push(commitAsync(n + 1))
  }
  await Promise.all(underWay)
}
