/** Kafka's command-line tools, unchanged: their main methods, one after another in one JVM, or each in its own. */

import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { compileJava, shortLivedJvm } from './java-program.ts'
import { kafkaClasspath, kafkaJar } from './kafka-dist.ts'
import { harnessDir } from './paths.ts'
import { type ProcessOptions, type ProcessResult, runProcess, type StartedProcess, startProcess } from './process.ts'

/** The main class behind each of Kafka's scripts. */
export const kafkaTools = {
  'kafka-topics': 'org.apache.kafka.tools.TopicCommand',
  'kafka-configs': 'kafka.admin.ConfigCommand',
  'kafka-console-producer': 'org.apache.kafka.tools.ConsoleProducer',
  'kafka-console-consumer': 'org.apache.kafka.tools.consumer.ConsoleConsumer',
  'kafka-consumer-groups': 'org.apache.kafka.tools.consumer.group.ConsumerGroupCommand',
  'kafka-producer-perf-test': 'org.apache.kafka.tools.ProducerPerformance',
  'kafka-consumer-perf-test': 'org.apache.kafka.tools.ConsumerPerformance',
  'kafka-dump-log': 'org.apache.kafka.tools.DumpLogSegments',
  'kafka-get-offsets': 'org.apache.kafka.tools.GetOffsetShell',
  'kafka-delete-records': 'org.apache.kafka.tools.DeleteRecordsCommand',
  'kafka-broker-api-versions': 'org.apache.kafka.tools.BrokerApiVersionsCommand',
  'kafka-features': 'org.apache.kafka.tools.FeatureCommand',
  'kafka-transactions': 'org.apache.kafka.tools.TransactionsCommand',
  'kafka-leader-election': 'org.apache.kafka.tools.LeaderElectionCommand',
  'kafka-log-dirs': 'org.apache.kafka.tools.LogDirsCommand',
  'log-compaction-tester': 'org.apache.kafka.tools.LogCompactionTester',
  'kafka-verifiable-producer': 'org.apache.kafka.tools.VerifiableProducer',
  'transactional-message-copier': 'org.apache.kafka.tools.TransactionalMessageCopier',
} as const

export type KafkaTool = keyof typeof kafkaTools

export interface ToolOptions extends ProcessOptions {
  /** Default: those of a short-lived program. */
  jvmArgs?: readonly string[]
}

/** Runs a tool in a JVM of its own: for load, and for what is ended by a signal. */
export async function runKafkaTool(tool: KafkaTool, args: readonly string[], options: ToolOptions = {}): Promise<ProcessResult> {
  return await runProcess('java', await toolArgs(tool, args, options), options)
}

/** Starts a tool in a JVM of its own. */
export async function startKafkaTool(tool: KafkaTool, args: readonly string[], options: ToolOptions = {}): Promise<StartedProcess> {
  return startProcess('java', await toolArgs(tool, args, options), options)
}

async function toolArgs(tool: KafkaTool, args: readonly string[], options: ToolOptions): Promise<string[]> {
  return [...(options.jvmArgs ?? [...shortLivedJvm, '-Xmx512m']), '-cp', await kafkaClasspath(), kafkaTools[tool], ...args]
}

/** One JVM that runs tools one after another. Calls queue up; a call that exceeds its time kills the JVM, the next one starts another. */
export class KafkaToolRunner implements AsyncDisposable {
  #server: StartedProcess | undefined
  #lines: AsyncIterator<string> | undefined
  #queue: Promise<unknown> = Promise.resolve()

  /** Any exit code is a result; a timeout (default 60,000 ms) is an error. */
  run(tool: KafkaTool, args: readonly string[], options: { stdin?: string; timeoutMs?: number } = {}): Promise<ProcessResult> {
    const result = this.#queue.then(() => this.#request(kafkaTools[tool], args, options.stdin ?? '', options.timeoutMs ?? 60_000))
    this.#queue = result.catch(() => undefined)
    return result
  }

  /** As run, and any exit code but 0 is an error. */
  async mustRun(tool: KafkaTool, args: readonly string[], options: { stdin?: string; timeoutMs?: number } = {}): Promise<ProcessResult> {
    const result = await this.run(tool, args, options)
    if (result.code !== 0)
      throw new Error(`${tool} ${args.join(' ')} ended with ${result.code}; it wrote:\n${result.stdout}\n${result.stderr}`)
    return result
  }

  async stop(): Promise<void> {
    await this.#queue
    await this.#server?.kill()
    this.#server = undefined
    this.#lines = undefined
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }

  async #request(mainClass: string, args: readonly string[], stdin: string, timeoutMs: number): Promise<ProcessResult> {
    const server = (this.#server ??= await startToolServer())
    this.#lines ??= createInterface({ input: server.child.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]()
    const words = [mainClass, stdin, ...args].map((word) => Buffer.from(word).toString('base64'))
    server.child.stdin?.write(`${words.join(' ')}\n`)
    const timer = setTimeout(() => void server.kill(), timeoutMs)
    const line = await this.#lines.next()
    clearTimeout(timer)
    if (line.done === true) {
      this.#server = undefined
      this.#lines = undefined
      throw new Error(`${mainClass} ${args.join(' ')} did not end within ${timeoutMs} ms, or its JVM did: ${server.stderr()}`)
    }
    const [code = '', stdout = '', stderr = ''] = line.value.split(' ')
    const text = (word: string): string => Buffer.from(word, 'base64').toString('utf8')
    return { code: Number(code), stdout: text(stdout), stderr: text(stderr) }
  }
}

async function startToolServer(): Promise<StartedProcess> {
  const program = await compileJava(join(harnessDir, 'java', 'ToolServer.java'))
  const reloaded = ['kafka-tools', 'kafka_2.13']
  const classpath = await kafkaClasspath({ without: reloaded })
  const jars = await Promise.all(reloaded.map((artifactId) => kafkaJar(artifactId)))
  return startProcess('java', [...shortLivedJvm, '-Xmx512m', '-cp', `${program.classesDir}:${classpath}`, program.mainClass, ...jars])
}
