import { describe, it } from 'node:test'
import { run, Story, TOPIC } from '../story.ts'

const BOUND_MS = 10_000

describe('stuck-producer', () => {
  it('a send that does not end although all is well', () => {
    const story = new Story()
    story.producer('p')
    const send = story.recorder.send({ client: 'p', topic: TOPIC, value: 'a' })
    story.pass(BOUND_MS + 1)
    send.info()
    story.assertBreaks('stuck-producer')
  })

  it('one that never ends', () => {
    const story = new Story()
    story.producer('p')
    story.recorder.send({ client: 'p', topic: TOPIC, value: 'a' })
    story.pass(BOUND_MS + 1)
    story.sent('p', 'b', 0)
    story.assertBreaks('stuck-producer')
  })

  it('not while faults come and go', () => {
    const story = new Story()
    story.producer('p')
    const send = story.recorder.send({ client: 'p', topic: TOPIC, value: 'a' })
    for (let round = 0; round < 3; round++) {
      const restart = story.recorder.fault('kill', 'broker-1')
      story.pass(BOUND_MS * 2)
      restart()
      story.pass(BOUND_MS / 2)
      story.recorder.faultOnce('cut', 'p')
      story.pass(BOUND_MS / 2)
    }
    send.ok(0, 0)
    story.assertClean()
  })

  it('but between two of them', () => {
    const story = new Story()
    story.producer('p')
    story.recorder.send({ client: 'p', topic: TOPIC, value: 'a' })
    story.pass(BOUND_MS + 1)
    story.recorder.fault('kill', 'broker-1')
    story.assertBreaks('stuck-producer')
  })

  it('not one whose process died', () => {
    const story = new Story()
    story.producer('p')
    story.producer('q')
    story.recorder.send({ client: 'p', topic: TOPIC, value: 'a' })
    story.recorder.crash('p')
    story.pass(BOUND_MS * 2)
    story.sent('q', 'b', 0)
    story.assertClean()
  })
})

describe('stuck-consumer', () => {
  it('a poll that does not end', () => {
    const story = new Story()
    story.consumer('c')
    const poll = story.recorder.poll({ client: 'c' })
    story.pass(BOUND_MS + 1)
    poll.ok([])
    story.assertBreaks('stuck-consumer')
  })

  const emptyPolls = (story: Story): void => {
    for (let round = 0; round < 30; round++) {
      story.pass(BOUND_MS / 20)
      story.polled('c', {})
    }
  }

  it('polls that return nothing although there are records, from the start or later', () => {
    for (const isStarted of [false, true]) {
      const story = new Story()
      story.tenRecords()
      story.consumer('c')
      if (isStarted) story.polled('c', run(0, 3))
      emptyPolls(story)
      story.assertBreaks('stuck-consumer')
    }
  })

  it('not at the end, nor paused, nor behind an open transaction', () => {
    const atEnd = new Story()
    atEnd.tenRecords()
    atEnd.consumer('c')
    atEnd.polled('c', run(0, 9))
    emptyPolls(atEnd)
    atEnd.assertClean()

    const paused = new Story()
    paused.tenRecords()
    paused.consumer('c')
    paused.polled('c', run(0, 3))
    paused.recorder.paused('c', [{ topic: TOPIC, partition: 0 }])
    emptyPolls(paused)
    paused.assertClean()

    const behind = new Story()
    behind.producer('t', { transactionalId: 'tx' })
    behind.sent('t', 'x', 0, { transaction: 'open' })
    behind.producer('p')
    behind.sent('p', 'y', 1)
    behind.consumer('c')
    emptyPolls(behind)
    behind.assertClean()
  })
})
