import { describe, it } from 'node:test'
import { Story, TOPIC } from '../story.ts'

const transactional = { transactionalId: 'tx' }

/** Two records in transaction t at 0 and 1; `end` is told what to do with it. */
const inTransaction = (end: (story: Story) => void, isolation: 'read_committed' | 'read_uncommitted' = 'read_committed'): Story => {
  const story = new Story()
  story.producer('p', transactional)
  story.consumer('c', { isolation })
  story.sent('p', 'x', 0, { transaction: 't' })
  story.sent('p', 'y', 1, { transaction: 't' })
  end(story)
  return story
}

describe('aborted-read', () => {
  it('a record of an aborted transaction', () => {
    inTransaction((story) => {
      story.ended('p', 't', false)
      story.polled('c', { 0: 'x', 1: 'y' })
    }).assertBreaks('aborted-read')
  })

  it('a record of a transaction that then turns out to be aborted', () => {
    inTransaction((story) => {
      const end = story.recorder.end({ client: 'p', transaction: 't', commit: true })
      story.polled('c', { 0: 'x' })
      end.fail('TRANSACTION_ABORTABLE')
    }).assertBreaks('aborted-read')
  })

  it('a record of a transaction that a successor has put an end to', () => {
    inTransaction((story) => {
      story.recorder.crash('p')
      story.producer('q', transactional)
      story.recorder.init({ client: 'q' }).ok()
      story.polled('c', { 0: 'x' })
    }).assertBreaks('aborted-read')
  })

  it('a record whose send failed', () => {
    const story = new Story()
    story.producer('p')
    story.consumer('c', { isolation: 'read_uncommitted' })
    story.recorder.send({ client: 'p', topic: TOPIC, value: 'x' }).fail('RECORD_TOO_LARGE')
    story.polled('c', { 0: 'x' })
    story.assertBreaks('aborted-read')
  })

  it('not under read_uncommitted', () => {
    inTransaction((story) => {
      story.polled('c', { 0: 'x' })
      story.ended('p', 't', false)
      story.polled('c', { 1: 'y' })
    }, 'read_uncommitted').assertClean()
  })
})

describe('uncommitted-read', () => {
  it('a record of an open transaction', () => {
    inTransaction((story) => {
      story.polled('c', { 0: 'x' })
      story.ended('p', 't', true)
      story.polled('c', { 1: 'y' })
    }).assertBreaks('uncommitted-read')
  })

  it('not once it is to be committed, whatever the outcome is said to be', () => {
    inTransaction((story) => {
      const end = story.recorder.end({ client: 'p', transaction: 't', commit: true })
      story.polled('c', { 0: 'x' })
      end.info('TIMEOUT')
      story.polled('c', { 1: 'y' })
    }).assertClean()
  })
})

describe('gaps', () => {
  const gapped = (isCommitted: boolean): Story =>
    inTransaction((story) => {
      story.ended('p', 't', isCommitted)
      story.sent('p', 'z', 3, { transaction: 'u' })
      story.ended('p', 'u', true)
      story.recorder.seek({ client: 'c', topic: TOPIC, partition: 0, offset: 0 })
      story.polled('c', { 3: 'z' })
    })

  it('of aborted records and control records are no loss', () => gapped(false).assertClean())

  it('of committed records are', () => gapped(true).assertBreaks('lost-write'))

  it('of a transaction of unknown outcome are none, unless a part of it was read', () => {
    for (const isRead of [false, true]) {
      inTransaction((story) => {
        story.recorder.end({ client: 'p', transaction: 't', commit: true }).info()
        story.recorder.crash('p')
        story.producer('q', transactional)
        story.recorder.init({ client: 'q' }).ok()
        story.sent('q', 'z', 3, { transaction: 'u' })
        story.ended('q', 'u', true)
        story.polled('c', isRead ? { 0: 'x', 3: 'z' } : { 3: 'z' })
        if (isRead) story.assertBreaks('lost-write')
        else story.assertClean()
      })
    }
  })
})

describe('fenced-producer', () => {
  const fenced = (work: (story: Story) => void): Story => {
    const story = new Story()
    story.producer('p', transactional)
    story.recorder.init({ client: 'p' }).ok()
    story.producer('q', transactional)
    story.recorder.init({ client: 'q' }).ok()
    work(story)
    return story
  }

  it('a send and a commit after a successor has taken over', () => {
    fenced((story) => {
      story.sent('p', 'x', 0, { transaction: 't' })
      story.ended('p', 't', true)
    }).assertBreaks('fenced-producer')
  })

  it('not when they are refused', () => {
    fenced((story) => {
      story.recorder.send({ client: 'p', topic: TOPIC, value: 'x', transaction: 't' }).fail('PRODUCER_FENCED')
      story.recorder.end({ client: 'p', transaction: 't', commit: true }).fail('PRODUCER_FENCED')
      story.sent('q', 'y', 0, { transaction: 'u' })
      story.ended('q', 'u', true)
    }).assertClean()
  })
})

describe('exactly-once', () => {
  const OUT = 'receipts'

  /** Two inputs, and a worker that has read them; `work` is told how it goes on. */
  const pipeline = (work: (story: Story) => void): Story => {
    const story = new Story()
    story.recorder.topic({ topic: OUT, partitions: 1 })
    story.recorder.pipeline({ group: 'g', input: TOPIC, output: OUT })
    story.producer('source')
    story.producer('worker', transactional)
    story.consumer('reader', { group: 'g' })
    story.sent('source', 'i0', 0)
    story.sent('source', 'i1', 1)
    story.polled('reader', { 0: 'i0', 1: 'i1' })
    work(story)
    return story
  }
  const process = (story: Story, input: string, offset: number, attempt: string, end: 'commit' | 'abort' | 'info'): void => {
    const transaction = `${attempt}-${input}`
    story.recorder.send({ client: 'worker', topic: OUT, value: `${attempt}:${input}`, from: input, transaction }).ok(0, offset * 2)
    const offsets = [{ topic: TOPIC, partition: 0, offset: Number(input.slice(1)) + 1 }]
    story.recorder.sendOffsets({ client: 'worker', transaction, group: 'g', offsets }).ok()
    const ending = story.recorder.end({ client: 'worker', transaction, commit: end !== 'abort' })
    if (end === 'info') ending.info()
    else ending.ok()
  }

  it('an input with two outputs', () => {
    pipeline((story) => {
      process(story, 'i0', 0, 'a', 'commit')
      process(story, 'i1', 1, 'a', 'commit')
      process(story, 'i0', 2, 'b', 'commit')
    }).assertBreaks('exactly-once')
  })

  it('an input that was committed without output', () => {
    pipeline((story) => process(story, 'i1', 0, 'a', 'commit')).assertBreaks('exactly-once')
  })

  it('not when attempts were aborted, or their outcome is not known', () => {
    pipeline((story) => {
      process(story, 'i0', 0, 'a', 'abort')
      process(story, 'i0', 1, 'b', 'commit')
      process(story, 'i1', 2, 'a', 'info')
    }).assertClean()
  })
})
