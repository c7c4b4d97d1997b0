/** One form for a message, whether it comes from our facts or from Kafka's JSON, and the differences between two of them. */

export interface Range {
  readonly from: number
  readonly to: number
}

export interface FieldFacts {
  /** `topics[].partitions[].offset` */
  readonly path: string
  /** Kafka's name: `int32`, `[]FetchTopic`. */
  readonly type: string
  readonly versions: Range
  readonly nullable: Range | undefined
  readonly tag: number | undefined
  readonly default: string | undefined
  readonly ignorable: boolean
  readonly mapKey: boolean
  readonly neverCompact: boolean
}

export interface MessageFacts {
  readonly name: string
  /** API key or record type. */
  readonly key: number | undefined
  readonly versions: Range
  /** First flexible version. */
  readonly flexible: number | undefined
  /** In the order of the wire, inner fields after the one that holds them; fields in no version are left out. */
  readonly fields: readonly FieldFacts[]
}

export function intersect(a: Range | undefined, b: Range): Range | undefined {
  if (a === undefined) return undefined
  const from = Math.max(a.from, b.from)
  const to = Math.min(a.to, b.to)
  return from > to ? undefined : { from, to }
}

/** What differs, one line each. */
export function differences(ours: MessageFacts, kafkas: MessageFacts): string[] {
  const found: string[] = []
  const compare = (what: string, our: unknown, their: unknown): void => {
    const [a, b] = [JSON.stringify(our), JSON.stringify(their)]
    if (a !== b) found.push(`${kafkas.name}: ${what} is ${String(a)}, Kafka says ${String(b)}`)
  }
  compare('key', ours.key, kafkas.key)
  compare('versions', ours.versions, kafkas.versions)
  compare('flexible', ours.flexible, kafkas.flexible)
  compare('the list of fields', paths(ours), paths(kafkas))
  for (const theirField of kafkas.fields) {
    const ourField = ours.fields.find((field) => field.path === theirField.path)
    if (ourField === undefined) continue
    for (const name of ['type', 'versions', 'nullable', 'tag', 'default', 'ignorable', 'mapKey', 'neverCompact'] as const) {
      compare(`${theirField.path} ${name}`, ourField[name], theirField[name])
    }
  }
  return found
}

function paths(message: MessageFacts): string[] {
  return message.fields.map((field) => field.path)
}
