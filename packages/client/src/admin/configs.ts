/** Reading and changing the configuration of topics, brokers and groups. */

import { describeConfigs, ErrorCodes, incrementalAlterConfigs } from '@odradek/protocol'
import { brokerError } from '../errors/broker-error-actions.ts'
import { ConfigError } from '../errors/kafka-error.ts'
import type { AdminCalls, Outcome } from './per-resource.ts'
import { forEachResource } from './per-resource.ts'
import type { ConfigAlteration, ConfigDescription, ConfigEntry, ConfigResource, ConfigResourceType } from './types.ts'

const SET = 0
const DELETE = 1
const typeCodes: Readonly<Record<ConfigResourceType, number>> = { topic: 2, broker: 4, group: 32 }
const sources: Readonly<Record<number, ConfigEntry['source']>> = {
  1: 'topic',
  2: 'dynamic-broker',
  3: 'dynamic-default-broker',
  4: 'static-broker',
  5: 'default',
  6: 'logger',
  7: 'client-metrics',
  8: 'group',
}

export class ConfigAdmin {
  readonly #calls: AdminCalls

  constructor(calls: AdminCalls) {
    this.#calls = calls
  }

  async describe(resources: readonly ConfigResource[]): Promise<ConfigDescription[]> {
    return this.#perNode('describeConfigs', resources, async (pending, nodeId) => {
      const message = {
        resources: pending.map(({ type, name }) => ({ resourceType: typeCodes[type], resourceName: name, configurationKeys: null })),
        includeDocumentation: true,
      }
      const response =
        nodeId === undefined
          ? await this.#calls.cluster.requestAny(describeConfigs, message)
          : await this.#calls.cluster.request(nodeId, describeConfigs, message)
      return response.results.map((result) => ({
        ...result,
        value: {
          type: typeOf(result.resourceType),
          name: result.resourceName,
          entries: result.configs.map((config) => ({
            name: config.name,
            value: config.value,
            source: sources[config.configSource] ?? 'unknown',
            readOnly: config.readOnly,
            sensitive: config.isSensitive,
            documentation: config.documentation,
          })),
        },
      }))
    })
  }

  async alter(alterations: readonly ConfigAlteration[]): Promise<void> {
    await this.#perNode('alterConfigs', alterations, async (pending, nodeId) => {
      const message = {
        resources: pending.map(({ type, name, set, remove }) => ({
          resourceType: typeCodes[type],
          resourceName: name,
          configs: [
            ...Object.entries(set ?? {}).map(([key, value]) => ({ name: key, configOperation: SET, value })),
            ...(remove ?? []).map((key) => ({ name: key, configOperation: DELETE, value: null })),
          ],
        })),
        validateOnly: false,
      }
      const response =
        nodeId === undefined
          ? await this.#calls.cluster.requestAny(incrementalAlterConfigs, message)
          : await this.#calls.cluster.request(nodeId, incrementalAlterConfigs, message)
      return response.responses.map((result) => ({ ...result, value: undefined }))
    })
  }

  /** A broker's own configuration is asked of that broker; everything else of any. */
  async #perNode<R extends ConfigResource, T>(
    what: string,
    resources: readonly R[],
    ask: (
      pending: readonly R[],
      nodeId: number | undefined,
    ) => Promise<readonly { resourceType: number; resourceName: string; errorCode: number; errorMessage: string | null; value: T }[]>,
  ): Promise<T[]> {
    for (const { type } of resources)
      if (!(type in typeCodes)) throw new ConfigError(`'${String(type)}' is not a resource with a configuration`)
    return forEachResource(this.#calls, what, resources, nameOf, async (pending) => {
      const byNode = new Map<number | undefined, R[]>()
      for (const resource of pending) {
        const nodeId = resource.type === 'broker' && resource.name !== '' ? Number(resource.name) : undefined
        byNode.set(nodeId, [...(byNode.get(nodeId) ?? []), resource])
      }
      if (this.#calls.cluster.metadata.nodes.size === 0) await this.#calls.cluster.fetchMetadata([], false)
      const answers = await Promise.all([...byNode].map(([nodeId, group]) => ask(group, nodeId)))
      return new Map(
        answers.flat().map((answer): [string, Outcome<T>] => {
          const name = nameOf({ type: typeOf(answer.resourceType), name: answer.resourceName })
          if (answer.errorCode === ErrorCodes.NONE) return [name, { value: answer.value }]
          const final = answer.errorCode === ErrorCodes.UNKNOWN_TOPIC_OR_PARTITION
          return [name, { error: brokerError(answer.errorCode, `Configuration of ${name}`, answer.errorMessage, final) }]
        }),
      )
    })
  }
}

function typeOf(code: number): ConfigResourceType {
  return code === typeCodes.topic ? 'topic' : code === typeCodes.broker ? 'broker' : 'group'
}

function nameOf({ type, name }: ConfigResource): string {
  return `${type} '${name}'`
}
