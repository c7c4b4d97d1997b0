/** How Kafka's names become names of TypeScript types, values and files. */

/** The type of a struct: `FetchTopic` in `FetchRequest` is `FetchRequestTopic`. */
export function structTypeName(messageName: string, apiName: string, structName: string): string {
  if (structName.startsWith(messageName)) return structName
  const own = structName.startsWith(apiName) && structName !== apiName ? structName.slice(apiName.length) : structName
  return messageName + own
}

export function lowerFirst(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1)
}

export function kebabCase(name: string): string {
  return name.replace(/([a-z0-9])([A-Z])/g, '$1-$2').toLowerCase()
}

/** Names that the generated functions use themselves, or that the language keeps. */
const taken = new Set([
  'r',
  'w',
  'version',
  'message',
  'flexible',
  'default',
  'delete',
  'in',
  'new',
  'package',
  'private',
  'public',
  'static',
])

/** The local variable that holds a field. */
export function localName(field: string): string {
  return taken.has(field) ? `${field}Value` : field
}
