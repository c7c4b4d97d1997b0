/** What a value says: first the name under which a history or a journal knows the record. The rest, after a space, is filling. */

export function nameOf(value: string | null): string {
  return value?.slice(0, value.indexOf(' ')) ?? ''
}
