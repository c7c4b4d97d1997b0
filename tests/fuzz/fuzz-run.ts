/** Sends damaged requests to a broker while a bystander uses it, and says what became of both. */

import { setTimeout as pause } from 'node:timers/promises'
import { connect } from 'node:net'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { startBroker } from '@odradek/broker'
import { apiVersions, encodeRequestFrame, produce, Reader, RecordBatchBuilder } from '@odradek/protocol'
import { createNodeRuntime } from '@odradek/runtime'
import { Dice, mutate } from './mutations.ts'
import { Bystander } from './bystander.ts'
import { samples, topic } from './valid-requests.ts'

export interface FuzzOptions {
  readonly seed: number
  readonly frames: number
  /** Frames are sent on this many connections at once. */
  readonly connections: number
}

export interface FuzzResult {
  readonly sent: number
  /** `<api> v<version>` of every valid frame that was damaged. */
  readonly covered: ReadonlySet<string>
  readonly advertised: ReadonlySet<string>
  readonly answered: number
  readonly closed: number
  /** Valid frames that were not answered, by `<api> v<version>`. */
  readonly unanswered: readonly string[]
  readonly bystanderRequests: number
  readonly slowestBystanderMs: number
  /** Lines that the broker logged about defects of its own. */
  readonly defects: readonly string[]
  readonly heapGrowthBytes: number
}

/** Long enough for an answer; a request that waits by design (JoinGroup, a long poll) is left. */
const patienceMs = 100
const validPatienceMs = 5000

export async function fuzz({ seed, frames, connections }: FuzzOptions): Promise<FuzzResult> {
  const defects: string[] = []
  const nothing = (): void => undefined
  const error = (line: string): void => {
    defects.push(line)
  }
  const config = { 'auto.create.topics.enable': 'false', 'group.initial.rebalance.delay.ms': '0', 'offsets.topic.num.partitions': '1' }
  await using broker = await startBroker({
    config,
    topics: { [topic]: {} },
    logger: { debug: nothing, info: nothing, warn: nothing, error },
  })
  await using bystander = await Bystander.start(broker.port)
  const valid = await validFrames(broker.port, bystander.topicId)
  const unanswered: string[] = []
  for (const { name, frame } of valid) if ((await exchange(broker.port, frame, validPatienceMs)) !== 'answered') unanswered.push(name)
  const dice = new Dice(seed)
  const counts = { answered: 0, closed: 0, ignored: 0 }
  const covered = new Set<string>()
  const heapBefore = await settledHeap()
  let left = frames
  const worker = async (): Promise<void> => {
    while (left-- > 0) {
      const { name, frame } = dice.pick(valid)
      covered.add(name)
      counts[await exchange(broker.port, mutate(frame, dice), patienceMs)]++
    }
  }
  await Promise.all(Array.from({ length: connections }, worker))
  return {
    sent: frames,
    covered,
    advertised: new Set(valid.map(({ name }) => name)),
    answered: counts.answered,
    closed: counts.closed,
    unanswered,
    bystanderRequests: bystander.requests,
    slowestBystanderMs: bystander.slowestMs,
    defects,
    heapGrowthBytes: (await quietHeap()) - heapBefore,
  }
}

interface ValidFrame {
  readonly name: string
  readonly frame: Buffer
}

/** Of every API and version that the broker says it serves. */
async function validFrames(port: number, topicId: string): Promise<ValidFrame[]> {
  const known = samples({ topicId, records: oneRecord() })
  const [answer] = await ask(port, Buffer.concat(encodeRequestFrame(apiVersions, 0, 1, null, {})))
  if (answer === undefined) throw new Error('ApiVersions was not answered')
  const { apiKeys } = apiVersions.decodeResponse(new Reader(answer, 8), 0)
  return apiKeys.flatMap(({ apiKey, minVersion, maxVersion }) => {
    const one = known.get(apiKey)
    if (one === undefined) throw new Error(`no valid request for API ${apiKey}`)
    // Produce is announced from versions that no Kafka 4 serves.
    const first = apiKey === produce.key ? produce.minVersion : minVersion
    return Array.from({ length: maxVersion - first + 1 }, (_unused, index) => ({
      name: `${one.api.name} v${first + index}`,
      frame: one.frame(first + index),
    }))
  })
}

function oneRecord(): Buffer {
  const { codecs } = createNodeRuntime()
  const builder = new RecordBatchBuilder()
  builder.append(Date.now(), 'key', 'value', [{ key: 'header', value: Buffer.from('x') }])
  return builder.build({ crc32c: (data) => codecs.crc32c(data) })
}

type Ending = 'answered' | 'closed' | 'ignored'

async function exchange(port: number, frame: Buffer, waitMs: number): Promise<Ending> {
  const [answer, isClosed] = await ask(port, frame, waitMs)
  if (answer !== undefined) return 'answered'
  return isClosed ? 'closed' : 'ignored'
}

/** Sends bytes on a connection of their own; resolves to what came back first, and whether the broker closed. */
function ask(port: number, bytes: Buffer, waitMs: number = validPatienceMs): Promise<[Buffer | undefined, boolean]> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    const chunks: Buffer[] = []
    const finish = (answer: Buffer | undefined, isClosed: boolean): void => {
      clearTimeout(timer)
      socket.destroy()
      resolve([answer, isClosed])
    }
    const timer = setTimeout(() => finish(undefined, false), waitMs)
    socket.on('connect', () => socket.write(bytes))
    socket.on('data', (chunk) => {
      chunks.push(chunk)
      const received = chunks.length === 1 ? chunk : Buffer.concat(chunks)
      if (received.length >= 4 && received.length >= 4 + received.readInt32BE(0)) finish(received, false)
    })
    socket.on('error', () => finish(undefined, true))
    socket.on('close', () => finish(undefined, true))
  })
}

/** What is left when connections and sessions that were given up have ended: the least that is seen within some seconds. */
async function quietHeap(): Promise<number> {
  let least = await settledHeap()
  for (let round = 0; round < 6; round++) {
    await pause(500)
    least = Math.min(least, await settledHeap())
  }
  return least
}

/** Memory in use once what can be collected has been. */
async function settledHeap(): Promise<number> {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  for (let round = 0; round < 3; round++) {
    collect()
    await pause(20)
  }
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
