/** Uuids, which are strings in Kafka's form: base64url without padding, 22 characters. */

/** Sixteen zero bytes: "no id". */
export const zeroUuid = 'AAAAAAAAAAAAAAAAAAAAAA'
