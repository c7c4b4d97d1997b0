import { describe, it } from 'node:test'
import { run, Story, TOPIC } from '../story.ts'

const withReader = (): Story => {
  const story = new Story()
  story.tenRecords()
  story.consumer('c')
  return story
}

describe('phantom-read', () => {
  it('a record that nobody sent', () => {
    const story = withReader()
    story.polled('c', { ...run(0, 9), 10: 'nobody' })
    story.assertBreaks('phantom-read')
  })

  it('a record that was sent elsewhere', () => {
    const story = withReader()
    story.recorder.topic({ topic: 'other', partitions: 1 })
    story.recorder.send({ client: 'p', topic: 'other', value: 'elsewhere' }).info()
    story.polled('c', { ...run(0, 9), 10: 'elsewhere' })
    story.assertBreaks('phantom-read')
  })
})

describe('non-monotonic-poll', () => {
  it('an earlier offset within one poll', () => {
    const story = withReader()
    story.recorder.poll({ client: 'c' }).ok([{ topic: TOPIC, partition: 0, offsets: [0, 1, 2, 1], values: ['a0', 'a1', 'a2', 'a1'] }])
    story.assertBreaks('non-monotonic-poll')
  })

  it('the same offset again in a later poll', () => {
    const story = withReader()
    story.polled('c', run(0, 4))
    story.polled('c', run(4, 9))
    story.assertBreaks('non-monotonic-poll')
  })

  it('not after a seek, a rebalance, or a poll of unknown outcome', () => {
    const story = withReader()
    story.polled('c', run(0, 4))
    story.recorder.seek({ client: 'c', topic: TOPIC, partition: 0, offset: 2 })
    story.polled('c', run(2, 6))
    story.revoked('c')
    story.assigned('c')
    story.polled('c', run(0, 6))
    story.recorder.poll({ client: 'c' }).info(new Error('a deserializer threw'))
    story.polled('c', run(3, 9))
    story.assertClean()
  })

  it('a read from before the place that was sought', () => {
    const story = withReader()
    story.recorder.seek({ client: 'c', topic: TOPIC, partition: 0, offset: 5 })
    story.polled('c', run(3, 9))
    story.assertBreaks('non-monotonic-poll')
  })
})

describe('poll-skip', () => {
  it('a record that another consumer was given', () => {
    const story = withReader()
    story.consumer('d')
    story.polled('d', run(0, 9))
    story.polled('c', run(0, 2))
    story.polled('c', run(5, 9))
    story.assertBreaks('poll-skip')
  })

  it('within one poll', () => {
    const story = withReader()
    story.consumer('d')
    story.polled('c', { 0: 'a0', 1: 'a1', 4: 'a4' })
    story.polled('d', run(0, 9))
    story.assertBreaks('poll-skip')
  })

  it('not what retention took in the meantime', () => {
    const story = withReader()
    story.consumer('d')
    story.polled('d', run(0, 9))
    story.polled('c', run(0, 2))
    story.polled('c', run(5, 9))
    story.recorder.logStart({ topic: TOPIC, partition: 0, offset: 5 })
    story.assertClean()
  })

  it('not by a reset to the end after retention overtook the reader', () => {
    const story = new Story()
    story.tenRecords()
    story.consumer('c', { reset: 'latest' })
    story.consumer('d')
    story.polled('d', run(0, 9))
    story.polled('c', run(0, 2))
    story.recorder.logStart({ topic: TOPIC, partition: 0, offset: 4 })
    story.polled('c', run(8, 9))
    story.assertClean()
  })

  it('not by a poll of unknown outcome', () => {
    const story = withReader()
    story.consumer('d')
    story.polled('d', run(0, 9))
    story.polled('c', run(0, 2))
    story.recorder.poll({ client: 'c' }).info()
    story.polled('c', run(6, 9))
    story.assertClean()
  })
})

describe('unseen', () => {
  it('records between what one member read and where the next began', () => {
    const story = new Story()
    story.tenRecords()
    story.consumer('c', { group: 'g' })
    story.polled('c', run(0, 3))
    story.recorder.close('c')
    story.consumer('d', { group: 'g' })
    story.polled('d', run(6, 9))
    story.assertBreaks('unseen')
  })

  it('the first records of a group that starts from the earliest', () => {
    const story = withReader()
    story.polled('c', run(2, 9))
    story.assertBreaks('unseen')
  })

  it('not where a group starts from the end, or a member sought its way', () => {
    const latest = new Story()
    latest.tenRecords()
    latest.consumer('c', { group: 'g', reset: 'latest' })
    latest.polled('c', run(4, 9))
    latest.assertClean()

    const sought = withReader()
    sought.polled('c', run(0, 2))
    sought.recorder.seek({ client: 'c', topic: TOPIC, partition: 0, offset: 6 })
    sought.polled('c', run(6, 9))
    sought.assertClean()
  })

  it('not what a poll of unknown outcome may have been given', () => {
    const story = new Story()
    story.tenRecords()
    story.consumer('c', { group: 'g' })
    story.polled('c', run(0, 3))
    story.recorder.poll({ client: 'c' }).info()
    story.recorder.close('c')
    story.consumer('d', { group: 'g' })
    story.polled('d', run(6, 9))
    story.assertClean()
  })
})

describe('unseen, after a poll of unknown outcome', () => {
  it('what was sent later is not excused', () => {
    const story = new Story()
    story.producer('p')
    for (let offset = 0; offset < 4; offset++) story.sent('p', `a${offset}`, offset)
    story.consumer('c', { group: 'g' })
    story.polled('c', run(0, 1))
    story.recorder.poll({ client: 'c' }).info()
    story.recorder.close('c')
    for (let offset = 4; offset < 8; offset++) story.sent('p', `a${offset}`, offset)
    story.consumer('d', { group: 'g' })
    story.polled('d', run(6, 7))
    story.assertBreaks('unseen')
  })
})

describe('unowned-read', () => {
  it('records of a partition that was given up', () => {
    const story = withReader()
    story.polled('c', run(0, 4))
    story.revoked('c')
    story.polled('c', run(5, 9))
    story.assertBreaks('unowned-read')
  })
})

describe('offset-beyond-end', () => {
  const askEnd = (story: Story, end: number): void => {
    story.recorder.openAdmin({ client: 'admin', process: 'admin' })
    story.recorder.bounds({ client: 'admin', isolation: 'read_uncommitted' }).ok([{ topic: TOPIC, partition: 0, end }])
  }

  it('records that were read from beyond the end', () => {
    const story = withReader()
    story.polled('c', run(0, 9))
    askEnd(story, 8)
    story.assertBreaks('offset-beyond-end')
  })

  it('a commit beyond the end', () => {
    const story = new Story()
    story.tenRecords()
    story.consumer('c', { group: 'g' })
    story.polled('c', run(0, 9))
    story.committed('c', 11)
    askEnd(story, 10)
    story.assertBreaks('offset-beyond-end')
  })

  it('not the end itself', () => {
    const story = new Story()
    story.tenRecords()
    story.consumer('c', { group: 'g' })
    story.polled('c', run(0, 9))
    story.committed('c', 10)
    askEnd(story, 10)
    story.assertClean()
  })
})
