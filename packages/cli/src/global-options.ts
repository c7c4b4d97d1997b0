/** The options that every command takes, and the client configuration that they amount to. */

import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { Kafka } from '@odradek/client'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { CommandError, UsageError } from './errors.ts'
import { type OutputFormat, outputFormats } from './output/output.ts'
import { parseProperties } from '@odradek/protocol'

/** Of commands that talk to no cluster. */
export interface OutputOptions {
  readonly output: OutputFormat
  readonly verbose?: boolean
}

export interface GlobalOptions extends OutputOptions {
  readonly bootstrapServers?: string
  readonly X?: Readonly<Record<string, string>>
  readonly config?: string
  readonly profile?: string
}

/** Command line before environment before `--config` before `--profile`; only the command line has a say over `bootstrap.servers` beyond that. */
const defaultBootstrapServers = '127.0.0.1:9092'

export function addGlobalOptions(command: Command, formats: readonly OutputFormat[] = outputFormats): Command {
  command
    .option(
      '-b, --bootstrap-servers <host:port,…>',
      `brokers to start from (default: $ODRADEK_BOOTSTRAP_SERVERS, else ${defaultBootstrapServers})`,
    )
    .option('-X <key=value>', 'any Kafka client configuration, as session.timeout.ms or sessionTimeoutMs; repeatable', collectKeyValue)
    .option('--config <file.properties>', "client configuration in Kafka's own file format")
    .option('--profile <name>', 'a named cluster: NAME.properties in ~/.config/odradek')
  return addOutputOptions(command, formats)
}

export function addOutputOptions(command: Command, formats: readonly OutputFormat[] = outputFormats): Command {
  return command
    .addOption(new Option('-o, --output <format>', 'how data is printed').choices([...formats]).default(formats[0] ?? 'table'))
    .option('-v, --verbose', 'say more on stderr, and show the stack of an unexpected error')
}

/** Reads `KEY=VALUE`, later ones winning. */
export function collectKeyValue(text: string, previous: Readonly<Record<string, string>> = {}): Record<string, string> {
  const equals = text.indexOf('=')
  if (equals < 1) throw new InvalidArgumentError(`write KEY=VALUE, not "${text}".`)
  return { ...previous, [text.slice(0, equals).trim()]: text.slice(equals + 1) }
}

/** Kafka's minute is for programs: a person watches. Anything that the user says goes before. */
const interactiveDefaults: Readonly<Record<string, string>> = { 'client.id': 'odradek-cli', 'default.api.timeout.ms': '15000' }

export function clientProperties(options: GlobalOptions): Record<string, string> {
  const properties: Record<string, string> = {
    ...interactiveDefaults,
    ...(options.profile === undefined ? {} : readPropertiesFile(profilePath(options.profile), `profile ${options.profile}`)),
    ...(options.config === undefined ? {} : readPropertiesFile(options.config, 'the file of --config')),
  }
  for (const [key, value] of Object.entries(options.X ?? {})) properties[dottedKey(key)] = value
  const bootstrapServers =
    options.bootstrapServers ?? properties['bootstrap.servers'] ?? process.env['ODRADEK_BOOTSTRAP_SERVERS'] ?? defaultBootstrapServers
  return { ...properties, 'bootstrap.servers': bootstrapServers }
}

export function createKafka(options: GlobalOptions): Kafka {
  return new Kafka({ properties: clientProperties(options) })
}

/** `sessionTimeoutMs` → `session.timeout.ms`; a dotted key stays as it is. */
export function dottedKey(key: string): string {
  return key.includes('.') ? key : key.replace(/[A-Z]/g, (letter) => `.${letter.toLowerCase()}`)
}

function profilePath(name: string): string {
  if (!/^[\w.-]+$/.test(name)) throw new UsageError(`"${name}" is not a profile name; use letters, digits, dots, dashes and underscores`)
  return join(process.env['XDG_CONFIG_HOME'] ?? join(homedir(), '.config'), 'odradek', `${name}.properties`)
}

function readPropertiesFile(path: string, what: string): Record<string, string> {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : String(error)
    throw new CommandError(`cannot read ${what}, ${path} (${reason})`, { cause: error })
  }
  return parseProperties(text)
}
