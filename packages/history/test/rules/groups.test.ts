import { describe, it } from 'node:test'
import { run, Story, TOPIC } from '../story.ts'

const group = { group: 'g' }

describe('non-monotonic-commit', () => {
  it('an earlier offset after a later one', () => {
    const story = new Story()
    story.tenRecords()
    story.consumer('c', group)
    story.polled('c', run(0, 9))
    story.committed('c', 8)
    story.committed('c', 5)
    story.assertBreaks('non-monotonic-commit')
  })

  it('not after a seek', () => {
    const story = new Story()
    story.tenRecords()
    story.consumer('c', group)
    story.polled('c', run(0, 9))
    story.committed('c', 8)
    story.recorder.seek({ client: 'c', topic: TOPIC, partition: 0, offset: 2 })
    story.polled('c', run(2, 4))
    story.committed('c', 5)
    story.assertClean()
  })
})

describe('lost-commit', () => {
  it('the next owner starts before what was committed', () => {
    const story = new Story()
    story.tenRecords()
    story.consumer('c', group)
    story.polled('c', run(0, 7))
    story.committed('c', 8)
    story.recorder.close('c')
    story.consumer('d', group)
    story.polled('d', run(4, 9))
    story.assertBreaks('lost-commit')
  })

  it('the coordinator answers with less, or with nothing', () => {
    for (const answer of [[], ...[3, 7].map((offset) => [{ topic: TOPIC, partition: 0, offset }])]) {
      const story = new Story()
      story.tenRecords()
      story.consumer('c', group)
      story.polled('c', run(0, 7))
      story.committed('c', 8)
      story.recorder.committed({ client: 'c', group: 'g' }).ok(answer)
      story.assertBreaks('lost-commit')
    }
  })

  it('not by redelivery of what was read and not committed, nor by a commit of unknown outcome', () => {
    const story = new Story()
    story.tenRecords()
    story.consumer('c', group)
    story.polled('c', run(0, 7))
    story.committed('c', 2)
    story.recorder.commit({ client: 'c', group: 'g', offsets: [{ topic: TOPIC, partition: 0, offset: 8 }] }).info()
    story.recorder.crash('c')
    story.consumer('d', group)
    story.polled('d', run(2, 9))
    story.recorder.close('d')
    story.consumer('e', group)
    story.polled('e', run(8, 9))
    story.assertClean()
  })

  it('not by a commit of unknown outcome that is carried out late', () => {
    const story = new Story()
    story.tenRecords()
    story.consumer('c', group)
    story.polled('c', run(0, 9))
    const offsets = [{ topic: TOPIC, partition: 0, offset: 4 }]
    story.recorder.commit({ client: 'c', group: 'g', offsets }).info()
    story.committed('c', 9)
    story.recorder.committed({ client: 'c', group: 'g' }).ok(offsets)
    story.assertClean()
  })

  it('not by two commits that were under way together', () => {
    const story = new Story()
    story.tenRecords()
    story.consumer('c', group)
    story.polled('c', run(0, 9))
    const offsets = (offset: number): { topic: string; partition: number; offset: number }[] => [{ topic: TOPIC, partition: 0, offset }]
    const first = story.recorder.commit({ client: 'c', group: 'g', offsets: offsets(4) })
    const second = story.recorder.commit({ client: 'c', group: 'g', offsets: offsets(9) })
    second.ok()
    first.ok()
    story.recorder.committed({ client: 'c', group: 'g' }).ok(offsets(4))
    story.recorder.committed({ client: 'c', group: 'g' }).ok(offsets(9))
    story.assertClean()
  })
})

describe('two-owners', () => {
  it('one partition, one generation, two members', () => {
    const story = new Story()
    story.consumer('c', group, [])
    story.consumer('d', group, [])
    story.assigned('c', [0], 3)
    story.assigned('d', [0, 1], 3)
    story.assertBreaks('two-owners')
  })

  it('not in two generations, nor in two groups, nor by hand', () => {
    const story = new Story()
    story.consumer('c', group, [])
    story.consumer('d', group, [])
    story.consumer('e', { group: 'other' }, [])
    story.assigned('c', [0], 3)
    story.assigned('e', [0], 3)
    story.revoked('c')
    story.assigned('d', [0], 4)
    story.consumer('f', { group: 'g' }, [])
    story.recorder.assigned({ client: 'f', partitions: [{ topic: TOPIC, partition: 0 }], manual: true })
    story.assertClean()
  })
})

describe('overlapping-owners', () => {
  const overlap = (silenceMs: number): Story => {
    const story = new Story()
    story.tenRecords()
    story.consumer('c', group)
    story.polled('c', run(0, 3))
    story.committed('c', 4)
    story.pass(silenceMs)
    story.consumer('d', group)
    story.polled('d', run(4, 9))
    return story
  }

  it('a partition given away while its owner is well', () => overlap(100).assertBreaks('overlapping-owners'))

  it('not when the owner had fallen silent', () => overlap(50_000).assertClean())

  it('not when it had given it up, or died', () => {
    const story = new Story()
    story.tenRecords()
    story.consumer('c', group)
    story.polled('c', run(0, 3))
    story.committed('c', 4)
    story.revoked('c')
    story.consumer('d', group)
    story.polled('d', run(4, 5))
    story.committed('d', 6)
    story.recorder.crash('d')
    story.assigned('c')
    story.polled('c', run(6, 9))
    story.assertClean()
  })
})

describe('expelled-commit', () => {
  const zombie = (commit: (story: Story) => void): Story => {
    const story = new Story()
    story.tenRecords()
    story.consumer('c', group, [])
    story.assigned('c', [0], 1)
    story.polled('c', run(0, 3))
    story.pass(60_000)
    story.consumer('d', group, [])
    story.assigned('d', [0], 2)
    commit(story)
    story.polled('d', run(0, 9))
    return story
  }

  it('a commit by a member whose partition has another owner', () => {
    zombie((story) => story.committed('c', 4)).assertBreaks('expelled-commit')
  })

  it('a commit in a generation that is over, by a member that knows that it is', () => {
    zombie((story) => {
      story.revoked('c', [0], true)
      story.committed('c', 4, 'g', 1)
    }).assertBreaks('expelled-commit')
  })

  it('not one that is refused, nor one that was under way before', () => {
    zombie((story) =>
      story.recorder.commit({ client: 'c', group: 'g', offsets: [{ topic: TOPIC, partition: 0, offset: 4 }] }).fail(),
    ).assertClean()
    const story = new Story()
    story.tenRecords()
    story.consumer('c', group, [])
    story.assigned('c', [0], 1)
    story.polled('c', run(0, 3))
    const early = story.recorder.commit({ client: 'c', group: 'g', offsets: [{ topic: TOPIC, partition: 0, offset: 4 }], generation: 1 })
    story.revoked('c')
    story.consumer('d', group, [])
    story.assigned('d', [0], 2)
    early.ok()
    story.polled('d', run(4, 9))
    story.assertClean()
  })
})
