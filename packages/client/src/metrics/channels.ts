/**
 * What subscribers of Node's `diagnostics_channel` are told. The names and fields are part of the public interface; the objects are made
 * only while somebody listens, once a request or batch.
 */

import { channel } from 'node:diagnostics_channel'

interface FromClient {
  readonly clientId: string
}

/** `odradek:connection`: a connection was opened or has ended. */
export interface ConnectionEvent extends FromClient {
  readonly event: 'open' | 'close'
  /** host:port */
  readonly address: string
  /** As in the tag `node-id`: 'node-1', and 'node--1' for a bootstrap server whose id is not known yet. */
  readonly node: string
  /** Why it ended. */
  readonly error?: Error | undefined
}

/** `odradek:request`: a request was answered, or will not be. */
export interface RequestEvent extends FromClient {
  readonly address: string
  readonly node: string
  /** Kafka's name of the API, such as 'Produce'. */
  readonly api: string
  readonly version: number
  readonly requestBytes: number
  /** 0 without an answer. */
  readonly responseBytes: number
  /** From writing the request to the answer. */
  readonly latencyMs: number
  /** How long the broker asks this client to hold back. */
  readonly throttleTimeMs: number
  /** Why there is no answer. */
  readonly error?: Error | undefined
}

/** `odradek:metadata`: fresh metadata has come, or the client starts over from `bootstrap.servers`. */
export interface MetadataEvent extends FromClient {
  readonly event: 'update' | 'rebootstrap'
  readonly clusterId: string | null
  readonly nodes: number
  /** Why the client starts over. */
  readonly reason?: string | undefined
}

/** `odradek:producer:send`, `:acknowledge`, `:retry` and `:error`: what becomes of a batch. */
export interface BatchEvent extends FromClient {
  readonly topic: string
  readonly partition: number
  readonly records: number
  /** How often the batch has been sent. */
  readonly attempt: number
  /** As sent, compressed; of `:send` alone. */
  readonly bytes?: number | undefined
  /** Of `:retry` and `:error`. */
  readonly error?: Error | undefined
}

/** `odradek:consumer:fetch`: a broker has answered a fetch with records. */
export interface FetchEvent extends FromClient {
  readonly topic: string
  readonly partition: number
  readonly bytes: number
  readonly highWatermark: number
}

/** `odradek:consumer:commit`: offsets were committed, or refused. */
export interface CommitEvent extends FromClient {
  readonly latencyMs: number
  readonly isRefused: boolean
}

/** `odradek:consumer:rebalance`: this member has come through a rebalance of its group, or failed in it. */
export interface RebalanceEvent extends FromClient {
  /** From asking to join to being given partitions. */
  readonly latencyMs: number
  readonly isFailed: boolean
}

/** By what subscribers call them; the events' types by name. */
export interface ChannelEvents {
  'odradek:connection': ConnectionEvent
  'odradek:request': RequestEvent
  'odradek:metadata': MetadataEvent
  'odradek:producer:send': BatchEvent
  'odradek:producer:acknowledge': BatchEvent
  'odradek:producer:retry': BatchEvent
  'odradek:producer:error': BatchEvent
  'odradek:consumer:fetch': FetchEvent
  'odradek:consumer:commit': CommitEvent
  'odradek:consumer:rebalance': RebalanceEvent
}

/** The publisher's end of one of Node's channels. */
interface EventChannel<E> {
  readonly hasSubscribers: boolean
  publish(event: E): void
}

export const channels: { readonly [N in keyof ChannelEvents]: EventChannel<ChannelEvents[N]> } = {
  'odradek:connection': channel('odradek:connection'),
  'odradek:request': channel('odradek:request'),
  'odradek:metadata': channel('odradek:metadata'),
  'odradek:producer:send': channel('odradek:producer:send'),
  'odradek:producer:acknowledge': channel('odradek:producer:acknowledge'),
  'odradek:producer:retry': channel('odradek:producer:retry'),
  'odradek:producer:error': channel('odradek:producer:error'),
  'odradek:consumer:fetch': channel('odradek:consumer:fetch'),
  'odradek:consumer:commit': channel('odradek:consumer:commit'),
  'odradek:consumer:rebalance': channel('odradek:consumer:rebalance'),
}
