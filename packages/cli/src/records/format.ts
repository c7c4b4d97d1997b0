/**
 * The format string of `consume -f`, in kcat's letters: %t topic, %p partition, %o offset, %k key, %s or %v value, %K and %S their lengths
 * (−1 for null), %T timestamp in ms, %h headers as name=value,…; %% a percent sign; \n \t \r \\ \0 \xHH as escapes.
 */

import { UsageError } from '../errors.ts'

export interface FormattableRecord {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly timestamp: number
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly headers: readonly { readonly key: string; readonly value: Uint8Array | null }[]
}

type Piece = Uint8Array | ((record: FormattableRecord) => Uint8Array | null)

const text = (value: string | number): Buffer => Buffer.from(String(value))

const directives: Readonly<Record<string, (record: FormattableRecord) => Uint8Array | null>> = {
  t: (record) => text(record.topic),
  p: (record) => text(record.partition),
  o: (record) => text(record.offset),
  k: (record) => record.key,
  s: (record) => record.value,
  v: (record) => record.value,
  K: (record) => text(record.key === null ? -1 : record.key.length),
  S: (record) => text(record.value === null ? -1 : record.value.length),
  T: (record) => text(record.timestamp),
  h: (record) =>
    text(
      record.headers.map((header) => `${header.key}=${header.value === null ? 'NULL' : Buffer.from(header.value).toString()}`).join(','),
    ),
}

/** Throws `UsageError` for an unknown directive. */
export function compileFormat(format: string): (record: FormattableRecord) => Uint8Array[] {
  const pieces = parse(format)
  return (record) => {
    const output: Uint8Array[] = []
    for (const piece of pieces) {
      const bytes = typeof piece === 'function' ? piece(record) : piece
      if (bytes !== null) output.push(bytes)
    }
    return output
  }
}

function parse(format: string): Piece[] {
  const pieces: Piece[] = []
  const pattern = /%(.)|%$|\\x([0-9a-fA-F]{2})|\\(.)|[^%\\]+|\\$/gs
  for (const match of format.matchAll(pattern)) {
    const [whole, directive, hex, escape] = match
    if (directive === '%') pieces.push(text('%'))
    else if (directive !== undefined) pieces.push(directiveFor(directive))
    else if (whole === '%') throw new UsageError('a format cannot end in a single %; write %% for a percent sign')
    else if (hex !== undefined) pieces.push(Buffer.from(hex, 'hex'))
    else if (escape !== undefined) pieces.push(text(escapes[escape] ?? `\\${escape}`))
    else pieces.push(text(whole))
  }
  return pieces
}

const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', '0': '\0', '\\': '\\' }

function directiveFor(letter: string): (record: FormattableRecord) => Uint8Array | null {
  const directive = directives[letter]
  if (directive === undefined)
    throw new UsageError(
      `unknown format %${letter}; known are ${Object.keys(directives)
        .map((name) => `%${name}`)
        .join(' ')} and %%`,
    )
  return directive
}
