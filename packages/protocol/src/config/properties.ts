/** Kafka's `.properties` file format, as `java.util.Properties` reads it. */

/** Later keys win. Comments (`#`, `!`), continued lines, `=`, `:` or white space between key and value, and `\uXXXX` are understood. */
export function parseProperties(text: string): Record<string, string> {
  const properties: Record<string, string> = {}
  for (const line of logicalLines(text)) {
    const separator = /(?<!\\)(?:\\\\)*(?:\s*[=:]\s*|\s+)/.exec(line)
    const end = separator === null ? line.length : separator.index + leadingBackslashes(separator[0])
    const key = unescape(line.slice(0, end))
    properties[key] = separator === null ? '' : unescape(line.slice(separator.index + separator[0].length))
  }
  return properties
}

function leadingBackslashes(text: string): number {
  return text.length - text.replace(/^\\+/, '').length
}

function* logicalLines(text: string): Generator<string> {
  let pending = ''
  for (const raw of text.split(/\r\n|\n|\r/)) {
    const line = raw.replace(/^[ \t\f]+/, '')
    if (pending === '' && (line === '' || line.startsWith('#') || line.startsWith('!'))) continue
    const trailing = /\\+$/.exec(line)?.[0].length ?? 0
    if (trailing % 2 === 1) {
      pending += line.slice(0, -1)
      continue
    }
    yield pending + line
    pending = ''
  }
  if (pending !== '') yield pending
}

const escapes: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', f: '\f' }

function unescape(text: string): string {
  return text.replace(/\\(?:u([0-9a-fA-F]{4})|(.))/gs, (_whole, hex: string | undefined, letter: string | undefined) =>
    hex === undefined ? (escapes[letter ?? ''] ?? letter ?? '') : String.fromCharCode(Number.parseInt(hex, 16)),
  )
}
