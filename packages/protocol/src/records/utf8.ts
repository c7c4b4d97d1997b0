/** Strings as UTF-8 without an intermediate Buffer. Short ones are cheaper in a loop than across the native boundary. */

const LOOP_MAX_LENGTH = 24

/** Bytes of `text` in UTF-8; a lone surrogate counts as the replacement character, as it is written. */
export function utf8Length(text: string): number {
  const length = text.length
  if (length > LOOP_MAX_LENGTH) return Buffer.byteLength(text, 'utf8')
  for (let i = 0; i < length; i++) {
    if (text.charCodeAt(i) > 0x7f) return Buffer.byteLength(text, 'utf8')
  }
  return length
}

/**
 * Writes `text` when it is ASCII and returns true; otherwise returns false, and up to three bytes a character at `at` are undefined.
 * The caller has made that room.
 */
export function writeAscii(target: Buffer, at: number, text: string): boolean {
  const length = text.length
  // UTF-8 is as long as the string exactly when every character is ASCII.
  if (length > LOOP_MAX_LENGTH) return target.write(text, at, Math.min(length * 3, target.length - at)) === length
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i)
    if (code > 0x7f) return false
    target[at + i] = code
  }
  return true
}
