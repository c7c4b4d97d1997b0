import { describe, it } from 'node:test'
import { run, Story, TOPIC } from '../story.ts'

describe('lost-write', () => {
  it('an acknowledged record that a reader passes over and nobody sees', () => {
    const story = new Story()
    story.tenRecords()
    story.consumer('c')
    story.polled('c', run(0, 4))
    story.polled('c', run(6, 9))
    story.assertBreaks('lost-write')
  })

  it('a log that ends before what was acknowledged', () => {
    const story = new Story()
    story.tenRecords()
    story.recorder.openAdmin({ client: 'admin', process: 'admin' })
    story.recorder.bounds({ client: 'admin', isolation: 'read_uncommitted' }).ok([{ topic: TOPIC, partition: 0, end: 9 }])
    story.assertBreaks('lost-write')
  })

  it('at the end, shown by the position', () => {
    const story = new Story()
    story.tenRecords()
    story.consumer('c')
    story.polled('c', run(0, 8))
    story.recorder.poll({ client: 'c' }).ok([], [{ topic: TOPIC, partition: 0, offset: 10 }])
    story.assertBreaks('lost-write')
  })

  it('not one acknowledged while the question for the end was under way', () => {
    const story = new Story()
    story.producer('p')
    story.recorder.openAdmin({ client: 'admin', process: 'admin' })
    const question = story.recorder.bounds({ client: 'admin', isolation: 'read_uncommitted' })
    story.sent('p', 'a', 0)
    question.ok([{ topic: TOPIC, partition: 0, end: 0 }])
    story.assertClean()
  })

  it('not what was never acknowledged', () => {
    const story = new Story()
    story.producer('p')
    story.producer('q', { acks: 0, idempotent: false })
    story.sent('p', 'a', 0)
    story.recorder.send({ client: 'p', topic: TOPIC, value: 'timed out' }).info(new Error('TIMEOUT'))
    story.recorder.send({ client: 'p', topic: TOPIC, value: 'too large' }).fail('RECORD_TOO_LARGE')
    story.sent('q', 'unacknowledged', -1)
    story.sent('p', 'b', 3)
    story.consumer('c')
    story.polled('c', { 0: 'a', 3: 'b' })
    story.assertClean()
  })

  it('not an acks=1 record once the leader may have failed, but one before any fault', () => {
    for (const isFaulty of [true, false]) {
      const story = new Story()
      story.producer('p', { acks: 1, idempotent: false })
      for (let offset = 0; offset < 3; offset++) story.sent('p', `a${offset}`, offset)
      if (isFaulty) story.recorder.faultOnce('kill', 'broker-1')
      story.consumer('c')
      story.polled('c', { 0: 'a0', 2: 'a2' })
      if (isFaulty) story.assertClean()
      else story.assertBreaks('lost-write')
    }
  })

  it('not what retention removed, nor what gave way to a later record of its key', () => {
    const story = new Story({ cleanup: 'compact' })
    story.producer('p')
    for (const [offset, key] of ['k', 'l', 'k', 'm', 'l'].entries()) story.sent('p', `a${offset}`, offset, { key })
    story.sent('p', 'gone', 5, { key: 'n', tombstone: true })
    story.sent('p', 'a6', 6, { key: 'o' })
    story.recorder.send({ client: 'p', topic: TOPIC, value: 'perhaps', key: 'm' }).info()
    story.consumer('c')
    story.recorder.seek({ client: 'c', topic: TOPIC, partition: 0, offset: 0 })
    story.polled('c', { 2: 'a2', 4: 'a4', 6: 'a6' })
    story.assertClean()
  })

  it('in a compacted topic, the last record of a key', () => {
    const story = new Story({ cleanup: 'compact' })
    story.producer('p')
    for (const [offset, key] of ['k', 'l', 'k', 'm'].entries()) story.sent('p', `a${offset}`, offset, { key })
    story.consumer('c')
    story.polled('c', { 1: 'a1', 3: 'a3' })
    story.assertBreaks('lost-write')
  })
})

describe('offset-conflict', () => {
  it('two values at one offset, whoever saw them', () => {
    const acknowledged = new Story()
    acknowledged.tenRecords()
    acknowledged.recorder.send({ client: 'p', topic: TOPIC, value: 'other' }).info()
    acknowledged.consumer('c')
    acknowledged.polled('c', { ...run(0, 9), 5: 'other' })
    acknowledged.assertBreaks('offset-conflict')

    const read = new Story({ foreign: true })
    read.consumer('c', {}, [0])
    read.consumer('d', {}, [0])
    read.polled('c', { 0: 'x', 1: 'y' })
    read.polled('d', { 0: 'x', 1: 'z' })
    read.assertBreaks('offset-conflict')
  })
})

describe('duplicate', () => {
  it('a record of an idempotent producer at two offsets', () => {
    const story = new Story()
    story.tenRecords()
    story.consumer('c')
    story.polled('c', { ...run(0, 9), 10: 'a9' })
    story.assertBreaks('duplicate')
  })

  it('a send of unknown outcome that is there twice', () => {
    const story = new Story()
    story.producer('p')
    story.recorder.send({ client: 'p', topic: TOPIC, value: 'a' }).info()
    story.consumer('c')
    story.polled('c', { 0: 'a', 1: 'a' })
    story.assertBreaks('duplicate')
  })

  it('without idempotence only where nothing is retried', () => {
    for (const retries of [0, 5]) {
      const story = new Story()
      story.producer('p', { idempotent: false, retries })
      story.recorder.send({ client: 'p', topic: TOPIC, value: 'a' }).info()
      story.consumer('c')
      story.polled('c', { 0: 'a', 1: 'a' })
      if (retries === 0) story.assertBreaks('duplicate')
      else story.assertClean()
    }
  })
})

describe('reordering', () => {
  const crossed = (options: { idempotent: boolean; maxInFlight?: number }): Story => {
    const story = new Story()
    story.producer('p', options)
    const first = story.recorder.send({ client: 'p', topic: TOPIC, value: 'first' })
    const second = story.recorder.send({ client: 'p', topic: TOPIC, value: 'second' })
    second.ok(0, 0)
    first.ok(0, 1)
    return story
  }

  it('records of an ordered producer that lie the other way round', () => {
    crossed({ idempotent: true }).assertBreaks('reordering')
    crossed({ idempotent: false, maxInFlight: 1 }).assertBreaks('reordering')
  })

  it('not of one that promises no order', () => crossed({ idempotent: false, maxInFlight: 5 }).assertClean())

  it('not between partitions, nor between producers', () => {
    const story = new Story()
    story.producer('p')
    story.producer('q')
    const [a, b, c] = [
      story.recorder.send({ client: 'p', topic: TOPIC, value: 'a' }),
      story.recorder.send({ client: 'p', topic: TOPIC, value: 'b' }),
      story.recorder.send({ client: 'q', topic: TOPIC, value: 'c' }),
    ]
    c.ok(0, 0)
    b.ok(1, 0)
    a.ok(0, 1)
    story.assertClean()
  })

  it('not when a late duplicate is what is read first', () => {
    const story = new Story()
    story.producer('p', { idempotent: false, maxInFlight: 1 })
    story.recorder.send({ client: 'p', topic: TOPIC, value: 'a' }).info()
    story.sent('p', 'b', 0)
    story.consumer('c')
    story.polled('c', { 0: 'b', 1: 'a' })
    story.assertClean()
  })
})

describe('non-monotonic-send', () => {
  it('a record that goes before one acknowledged earlier', () => {
    const story = new Story()
    story.producer('p')
    story.producer('q')
    story.sent('p', 'a', 7)
    story.sent('q', 'b', 6)
    story.assertBreaks('non-monotonic-send')
  })

  it('not one that was already under way', () => {
    const story = new Story()
    story.producer('p')
    story.producer('q')
    const early = story.recorder.send({ client: 'q', topic: TOPIC, value: 'b' })
    story.sent('p', 'a', 7)
    early.ok(0, 6)
    story.assertClean()
  })
})
