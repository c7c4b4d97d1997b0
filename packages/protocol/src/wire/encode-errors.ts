/** The errors that encoding raises when a message cannot be said in the version asked for. */

/** A field holds a value that the version has no place for, and dropping it would change what the message means. */
export class UnsupportedFieldError extends Error {
  override readonly name = 'UnsupportedFieldError'
  readonly messageName: string
  readonly field: string
  readonly version: number

  constructor(messageName: string, field: string, version: number) {
    super(`${messageName} version ${version} cannot carry the value of ${field}`)
    this.messageName = messageName
    this.field = field
    this.version = version
  }
}

/** The version lies outside those of the API. */
export class UnsupportedVersionError extends Error {
  override readonly name = 'UnsupportedVersionError'

  constructor(messageName: string, version: number, minVersion: number, maxVersion: number) {
    super(`${messageName} has versions ${minVersion} to ${maxVersion}, not ${version}`)
  }
}

/** `value`, in a version where null has no form. Throws `UnsupportedFieldError` for null. */
export function notNull<T>(value: T | null, messageName: string, field: string, version: number): T {
  if (value === null) throw new UnsupportedFieldError(messageName, field, version)
  return value
}
