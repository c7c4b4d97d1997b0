/** One pass over the input of `odradek produce`: lines in, batches out, failures by line number. */

import { type BytesLike, type KafkaError, type Producer, SendBatchError } from '@odradek/client'
import { CommandError, describeError } from '../../errors.ts'
import { say } from '../../output/output.ts'
import { ProgressLine } from '../../output/progress.ts'
import { createLineParser, type LineOptions, type LineRecord } from '../../records/line-parser.ts'
import { LineSplitter } from '../../records/lines.ts'
import { interruption } from '../../signals.ts'

type LineProducer = Producer<BytesLike, BytesLike>

const maxLineBytes = 128 * 1024 * 1024
const maxChunksUnderWay = 64
const maxFailuresNamed = 10

export class ProduceRun {
  readonly #producer: LineProducer
  readonly #parse: (line: Buffer) => LineRecord
  readonly #skipsEmptyLines: boolean
  readonly #underWay = new Set<Promise<void>>()
  readonly #startedMs = performance.now()
  #say = say
  #lines = 0
  #sent = 0
  #failed = 0

  constructor(producer: LineProducer, options: LineOptions) {
    this.#producer = producer
    this.#parse = createLineParser(options)
    this.#skipsEmptyLines = options.ndjson
  }

  async readAll(input: NodeJS.ReadStream): Promise<void> {
    const splitter = new LineSplitter(maxLineBytes)
    const interrupted = interruption(() => input.destroy())
    // Whoever types the records would type into it.
    using progress = new ProgressLine(
      () => this.#progress(),
      input.isTTY ? { write: (text) => process.stderr.write(text) } : process.stderr,
    )
    this.#say = (message) => progress.say(message)
    try {
      for await (const chunk of input as AsyncIterable<Buffer>) {
        this.#sendLines(splitter.split(chunk))
        if (this.#underWay.size >= maxChunksUnderWay) await Promise.race(this.#underWay)
      }
      const last = splitter.end()
      if (last !== undefined) this.#sendLines([last])
    } catch (error) {
      if (error instanceof RangeError) this.#fail(this.#lines + 1, error.message)
      else if (!interrupted.happened) throw error
    } finally {
      interrupted.dispose()
      await Promise.all(this.#underWay)
    }
  }

  /** Throws `CommandError` when a record was not sent. */
  report(topic: string): void {
    const seconds = (performance.now() - this.#startedMs) / 1000
    const summary = `${this.#sent} ${this.#sent === 1 ? 'record' : 'records'} sent to ${topic} in ${seconds.toFixed(2)} s`
    if (this.#failed === 0) return say(summary)
    throw new CommandError(`${summary}; ${this.#failed} ${this.#failed === 1 ? 'line was' : 'lines were'} not`)
  }

  #sendLines(lines: readonly Buffer[]): void {
    const records: LineRecord[] = []
    const lineNumbers: number[] = []
    for (const line of lines) {
      this.#lines += 1
      if (line.length === 0 && this.#skipsEmptyLines) continue
      try {
        records.push(this.#parse(line))
        lineNumbers.push(this.#lines)
      } catch (error) {
        this.#fail(this.#lines, describeError(error))
      }
    }
    if (records.length === 0) return
    const sending: Promise<void> = this.#send(records, lineNumbers).finally(() => this.#underWay.delete(sending))
    this.#underWay.add(sending)
  }

  async #send(records: readonly LineRecord[], lineNumbers: readonly number[]): Promise<void> {
    try {
      await this.#producer.sendBatch(records)
      this.#sent += records.length
    } catch (error) {
      const failures =
        error instanceof SendBatchError ? error.failures : lineNumbers.map((_, index) => ({ index, error: error as KafkaError }))
      this.#sent += records.length - failures.length
      for (const failure of failures) this.#fail(lineNumbers[failure.index] ?? 0, describeError(failure.error))
    }
  }

  #progress(): string {
    const seconds = (performance.now() - this.#startedMs) / 1000
    return `${this.#sent.toLocaleString('en')} records sent, ${Math.round(this.#sent / seconds).toLocaleString('en')} records/s`
  }

  #fail(line: number, reason: string): void {
    this.#failed += 1
    if (this.#failed <= maxFailuresNamed) this.#say(`line ${line}: ${reason}`)
    else if (this.#failed === maxFailuresNamed + 1) this.#say('further lines that fail are only counted')
  }
}
