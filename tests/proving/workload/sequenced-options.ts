/** What a program that produces numbered records is told, as `name=value` arguments; the same for the programs in Java and Python. */

export interface SequencedOptions {
  readonly bootstrap: string
  readonly topic: string
  /** Name of the client; with it the numbers are unique. */
  readonly client: string
  /** Record n goes to partition n modulo this. */
  readonly partitions: number
  /** 0: until the standard input ends. */
  readonly count: number
  /** How many may be unsettled at a time. */
  readonly window: number
  /** 0: as fast as the window allows. */
  readonly perSecond: number
  /** Of a record's value; ours alone does it. Default: some ninety at most. */
  readonly valueBytes?: number
  /** The client's configuration in Kafka's names. */
  readonly config: Readonly<Record<string, string>>
}

export const CONFIG_PREFIX = 'config.'

export function sequencedArguments(options: SequencedOptions, logPath: string): string[] {
  const { config, ...own } = options
  const configs = Object.entries(config).map(([name, value]) => `${CONFIG_PREFIX}${name}=${value}`)
  return [...Object.entries(own).map(([name, value]) => `${name}=${value}`), `log=${logPath}`, ...configs]
}

export function parseSequencedArguments(args: readonly string[]): { options: SequencedOptions; logPath: string } {
  const pairs = new Map(args.map((arg): [string, string] => [arg.slice(0, arg.indexOf('=')), arg.slice(arg.indexOf('=') + 1)]))
  const text = (name: string): string => {
    const value = pairs.get(name)
    if (value === undefined) throw new RangeError(`${name}= is missing`)
    return value
  }
  const valueBytes = pairs.get('valueBytes')
  const configs = [...pairs].filter(([name]) => name.startsWith(CONFIG_PREFIX))
  const options: SequencedOptions = {
    bootstrap: text('bootstrap'),
    topic: text('topic'),
    client: text('client'),
    partitions: Number(text('partitions')),
    count: Number(text('count')),
    window: Number(text('window')),
    perSecond: Number(text('perSecond')),
    ...(valueBytes === undefined ? {} : { valueBytes: Number(valueBytes) }),
    config: Object.fromEntries(configs.map(([name, value]) => [name.slice(CONFIG_PREFIX.length), value])),
  }
  return { options, logPath: text('log') }
}
