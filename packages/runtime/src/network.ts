/** The seam to the network: TCP, TLS and name resolution. */

export interface SocketHandler {
  /** `chunk` belongs to the receiver; the socket does not reuse its memory. */
  onData(chunk: Buffer): void
  /** The write buffer has emptied after a `write` that returned false. */
  onDrain?(): void
  /** The peer has half-closed: no more data will come. The socket can still be written to. */
  onEnd?(): void
  /** Called exactly once, last. `error` is absent after an orderly close. */
  onClose(error?: Error): void
}

export interface Socket {
  readonly remoteAddress: string
  readonly remotePort: number
  readonly localAddress: string
  readonly localPort: number
  /** The peer certificate's subject as an RFC 2253 name, on a TLS socket with client authentication. */
  readonly peerPrincipal?: string | undefined
  /** Bytes handed to `write` that the operating system has not taken yet. */
  readonly bufferedBytes: number
  /**
   * Queues the chunks in order. The memory must stay untouched until it is sent.
   * Returns false when the caller should wait for `onDrain`. `onTaken` is called once the operating system has all of these chunks; never when
   * the socket closes before.
   */
  write(chunks: readonly Uint8Array[], onTaken?: () => void): boolean
  /** Stops reading from the peer (backpressure); what has arrived stays in the kernel. */
  pause(): void
  resume(): void
  /** Sends what is queued, then closes. */
  end(): void
  /** Closes at once; what is queued is lost. */
  destroy(error?: Error): void
}

/** PEM texts or file contents, as for Node's tls module. */
export interface TlsOptions {
  readonly ca?: string | undefined
  readonly cert?: string | undefined
  readonly key?: string | undefined
  readonly passphrase?: string | undefined
  /** Name to verify and to send as SNI; the host connected to when absent. */
  readonly serverName?: string | undefined
  /** False: the certificate must be trusted, and may be another host's (`ssl.endpoint.identification.algorithm=`). */
  readonly verifyName?: boolean | undefined
  /** False switches certificate verification off. */
  readonly rejectUnauthorized?: boolean | undefined
  /** Broker side: ask for, and require, a client certificate. */
  readonly requestClientCertificate?: boolean | undefined
}

export interface ConnectOptions {
  readonly host: string
  readonly port: number
  readonly tls?: TlsOptions | undefined
  /** Milliseconds until the attempt, TLS handshake included, fails with ETIMEDOUT. */
  readonly timeoutMs: number
  readonly sendBufferBytes?: number | undefined
  readonly receiveBufferBytes?: number | undefined
}

export interface ListenOptions {
  readonly host: string
  /** 0 picks a free port. */
  readonly port: number
  readonly tls?: TlsOptions | undefined
}

export interface Listener {
  readonly host: string
  readonly port: number
  /** Stops accepting. Open sockets stay open. */
  close(): Promise<void>
}

export interface Network {
  /**
   * Resolves once connected (and, with TLS, authenticated); rejects with a Node-style error (`code` ECONNREFUSED, ETIMEDOUT, ENOTFOUND …; or
   * ERR_TLS_OPTIONS: a key, certificate or password is none that can be used, whoever is connected to).
   * `handler` receives events from then on; none before the promise has resolved.
   */
  connect(options: ConnectOptions, handler: SocketHandler): Promise<Socket>
  /** `accept` is called for each connection and returns its handler. Rejects with EADDRINUSE, EACCES … */
  listen(options: ListenOptions, accept: (socket: Socket) => SocketHandler): Promise<Listener>
  /** All addresses of a name, in the resolver's order. A literal address resolves to itself. Rejects with ENOTFOUND. */
  resolve(host: string): Promise<string[]>
}
