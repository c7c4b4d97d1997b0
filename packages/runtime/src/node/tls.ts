/** TLS options in Node's terms, and the peer's name in Kafka's. */

import type { ConnectionOptions, TlsOptions as NodeTlsOptions, TLSSocket } from 'node:tls'
import type { TlsOptions } from '../network.ts'

export function tlsClientOptions(options: TlsOptions, host: string): ConnectionOptions {
  const { ca, cert, key, passphrase, serverName, verifyName = true, rejectUnauthorized } = options
  const name = serverName ?? host
  return {
    ca,
    cert,
    key,
    passphrase,
    rejectUnauthorized: rejectUnauthorized ?? true,
    host: name,
    ...(verifyName ? {} : { checkServerIdentity: () => undefined }),
    // SNI carries names only; an address is verified against the certificate all the same, through `host`.
    ...(isAddress(name) ? {} : { servername: name }),
  }
}

export function tlsServerOptions(options: TlsOptions): NodeTlsOptions {
  const { ca, cert, key, passphrase, requestClientCertificate = false } = options
  return { ca, cert, key, passphrase, requestCert: requestClientCertificate, rejectUnauthorized: requestClientCertificate }
}

/** The subject of the peer's certificate as Java's X500Principal prints it: RFC 2253, most specific name first. */
export function peerPrincipal(socket: TLSSocket): string | undefined {
  const subject = socket.getPeerX509Certificate()?.subject
  return subject === undefined ? undefined : subject.split('\n').reverse().join(',')
}

function isAddress(host: string): boolean {
  return host.includes(':') || /^[\d.]+$/.test(host)
}
