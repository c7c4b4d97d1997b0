/** Kafka's rules for topic names. */

const maxNameLength = 249

/** Topics that the broker itself writes, and clients may not produce to. */
export const consumerOffsetsTopic = '__consumer_offsets'
export const transactionStateTopic = '__transaction_state'
export const metadataTopic = '__cluster_metadata'

const internalTopics: ReadonlySet<string> = new Set([consumerOffsetsTopic, transactionStateTopic])

export function isInternalTopic(name: string): boolean {
  return internalTopics.has(name)
}

/** What is wrong with a topic's name; undefined when nothing is. */
export function topicNameProblem(name: string): string | undefined {
  if (name === '') return 'Topic name is invalid: the empty string is not allowed'
  if (name === '.' || name === '..') return `Topic name is invalid: '${name}' is not allowed`
  if (name.length > maxNameLength)
    return `Topic name is invalid: the length of '${name}' is longer than the max allowed length ${maxNameLength}`
  if (!/^[a-zA-Z0-9._-]+$/.test(name)) {
    return `Topic name is invalid: '${name}' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'`
  }
  if (name === metadataTopic) return `Topic name is invalid: '${name}' is the broker's own`
  return undefined
}

/** Names with one key would share the names of their metrics, where '.' becomes '_'. */
export function collisionKey(name: string): string {
  return name.replaceAll('.', '_')
}
