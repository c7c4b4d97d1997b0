/** `odradek broker`: the durable broker in the foreground, with the web page beside it. */

import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { Command } from 'commander'
import { type Broker, startBroker } from '@odradek/broker'
import { parseProperties } from '@odradek/protocol'
import { portNumber } from '../arguments.ts'
import { CommandError } from '../errors.ts'
import { collectKeyValue } from '../global-options.ts'
import { say } from '../output/output.ts'
import { interruption } from '../signals.ts'
import { refuseExposure } from './broker/exposure.ts'

const defaultDataDir = './odradek-data'

interface BrokerCommandOptions {
  readonly host: string
  readonly port: number
  readonly dataDir?: string
  readonly page: boolean
  readonly pagePort: number
  readonly config?: string
  readonly set?: Readonly<Record<string, string>>
  readonly allowUnauthenticated?: boolean
}

interface Page {
  readonly url: string
  close(): Promise<void>
}

export function brokerCommand(): Command {
  return new Command('broker')
    .description('run a durable Kafka broker in the foreground, with a web page beside it')
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--port <number>', 'port to listen on; 0 picks a free one', portNumber, 9092)
    .option(
      '--data-dir <directory>',
      `where the data is kept, in the on-disk format of Kafka (default: log.dirs of --config, else ${defaultDataDir})`,
    )
    .option('--page-port <number>', 'port of the web page; 0 picks a free one', portNumber, 9080)
    .option('--no-page', 'without the web page')
    .option('--config <file.properties>', 'broker configuration in the file format of Kafka')
    .option('--set <key=value>', 'broker configuration, before that of --config; repeatable', collectKeyValue)
    .option('--allow-unauthenticated', 'listen on a non-loopback address although anyone who reaches it can read and write')
    .addHelpText(
      'after',
      `
Examples:
  $ odradek broker
  $ odradek broker --port 0 --data-dir /var/lib/odradek --no-page
  $ odradek broker --set num.partitions=6 --set log.retention.hours=24`,
    )
    .action(runBroker)
}

async function runBroker(options: BrokerCommandOptions): Promise<void> {
  const config = brokerConfig(options)
  if (options.allowUnauthenticated !== true) refuseExposure(options.host, config['listeners'])
  let stop = (): void => {}
  const stopped = new Promise<void>((resolve) => {
    stop = resolve
  })
  interruption(stop)
  const broker = await startBroker({
    host: options.host,
    port: options.port,
    ...dataDirOf(options, config),
    config,
    logger: { debug: () => undefined, info: () => undefined, warn: say, error: say },
  })
  let page: Page | undefined
  try {
    page = options.page ? await startPage(broker, options) : undefined
    announce(broker, page, options)
    await stopped
    say('stopping …')
  } finally {
    await page?.close()
    await broker.close()
  }
}

function announce(broker: Broker, page: Page | undefined, options: BrokerCommandOptions): void {
  process.stdout.write(`odradek broker ready at ${broker.bootstrapServers}${page === undefined ? '' : `, web page at ${page.url}`}\n`)
  const target = options.port === 9092 && options.host === '127.0.0.1' ? '' : ` -b ${broker.bootstrapServers}`
  say(`data in ${broker.dataDir}; Ctrl-C stops it. In another terminal, try:
  npx odradek topic create orders -p 6${target}
  echo 'o-1:hello' | npx odradek produce orders --key-separator :${target}
  npx odradek consume orders -g first --from earliest -e${target}`)
}

async function startPage(broker: Broker, options: BrokerCommandOptions): Promise<Page> {
  const { startMonitor } = await import('@odradek/monitor')
  try {
    return await startMonitor({ bootstrapServers: broker.bootstrapServers, host: options.host, port: options.pagePort })
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && (error.code === 'EADDRINUSE' || error.code === 'EACCES'))) throw error
    const reason = error.code === 'EADDRINUSE' ? 'something else listens there' : 'it is not allowed'
    throw new CommandError(
      `cannot serve the web page on ${options.host}, port ${options.pagePort}: ${reason}; choose another with --page-port, or --no-page`,
      {
        cause: error,
      },
    )
  }
}

/** Absolute, as it is reported to clients; left to the broker when its configuration names one. */
function dataDirOf(options: BrokerCommandOptions, config: Readonly<Record<string, string>>): { dataDir?: string } {
  if (options.dataDir !== undefined) return { dataDir: resolve(options.dataDir) }
  return config['log.dirs'] === undefined && config['log.dir'] === undefined ? { dataDir: resolve(defaultDataDir) } : {}
}

function brokerConfig(options: BrokerCommandOptions): Record<string, string> {
  return { ...(options.config === undefined ? {} : readConfig(options.config)), ...options.set }
}

function readConfig(path: string): Record<string, string> {
  try {
    return parseProperties(readFileSync(path, 'utf8'))
  } catch (error) {
    throw new CommandError(`cannot read the file of --config, ${path}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    })
  }
}
