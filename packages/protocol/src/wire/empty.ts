/** The bytes of an empty byte field. */

export const emptyBytes: Buffer = Buffer.alloc(0)
