/** Keys of Kafka's Java clients that this one does not take, and what to do instead. */

export const foreignKeys: Readonly<Record<string, string>> = {
  'compression.lz4.level': 'lz4 has one level here; leave it out',
  'interceptor.classes': 'give the interceptors themselves, as the option interceptors',
  'key.serializer': 'give the serializer itself, as the option key',
  'value.serializer': 'give the serializer itself, as the option value',
  'key.deserializer': 'give the deserializer itself, as the option key',
  'value.deserializer': 'give the deserializer itself, as the option value',
}
