/** Changes to the settings of topics and of the broker, as AlterConfigs and IncrementalAlterConfigs ask for them. */

import { ErrorCodes } from '@odradek/protocol'
import { unknownKey } from '../config/broker-config.ts'
import { brokerKeys, isBrokerKey } from '../config/broker-keys.ts'
import type { ConfigValue } from '../config/config-key.ts'
import { ConfigError, formatValue, parseValue } from '../config/config-key.ts'
import { topicValue } from '../config/topic-config.ts'
import { isTopicKey, topicKeys } from '../config/topic-keys.ts'
import { everyBroker } from '../metadata/dynamic-configs.ts'
import { ResourceTypes } from '../metadata/metadata-records.ts'
import { MetadataError } from '../metadata/topic-plan.ts'
import { configRecords } from '../metadata/topic-store.ts'
import { clusterResource } from './authorizer.ts'
import type { RequestContext } from './context.ts'

/** What the settings of a resource are to be, given what they are. Throws MetadataError. */
export type NextConfigs = (current: ReadonlyMap<string, string>) => ReadonlyMap<string, string>

export interface ConfigResource {
  readonly resourceType: number
  readonly resourceName: string
}

export interface ConfigOutcome extends ConfigResource {
  readonly errorCode: number
  readonly errorMessage: string | null
}

/** Changes one resource, durably. Never rejects for what the client did wrong. */
export async function changeConfigs(
  resource: ConfigResource,
  next: NextConfigs,
  validateOnly: boolean,
  context: RequestContext,
): Promise<ConfigOutcome> {
  try {
    await change(resource, next, validateOnly, context)
    return outcome(resource, ErrorCodes.NONE, null)
  } catch (error) {
    if (error instanceof MetadataError) return outcome(resource, error.errorCode, error.message)
    throw error
  }
}

export function outcome({ resourceType, resourceName }: ConfigResource, errorCode: number, errorMessage: string | null): ConfigOutcome {
  return { errorCode, errorMessage, resourceType, resourceName }
}

function change(resource: ConfigResource, next: NextConfigs, validateOnly: boolean, context: RequestContext): Promise<void> {
  const { resourceType, resourceName } = resource
  switch (resourceType) {
    case ResourceTypes.Topic:
      if (!context.allows('AlterConfigs', 'Topic', resourceName))
        throw new MetadataError(ErrorCodes.TOPIC_AUTHORIZATION_FAILED, 'Authorization failed.')
      return context.cluster.topics.configure(resourceName, next, validateOnly)
    case ResourceTypes.Broker:
      if (!context.allows('AlterConfigs', 'Cluster', clusterResource))
        throw new MetadataError(ErrorCodes.CLUSTER_AUTHORIZATION_FAILED, 'Authorization failed.')
      return changeBroker(resourceName, next, validateOnly, context)
    default:
      throw new MetadataError(ErrorCodes.INVALID_REQUEST, `Unsupported resource type: ${resourceType}`)
  }
}

function changeBroker(resourceName: string, next: NextConfigs, validateOnly: boolean, { cluster }: RequestContext): Promise<void> {
  if (resourceName !== everyBroker && !cluster.registeredNodes.has(Number(resourceName))) {
    throw new MetadataError(ErrorCodes.INVALID_REQUEST, `There is no broker ${resourceName}`)
  }
  return cluster.metadata.change((image) => {
    const current = image.configs(ResourceTypes.Broker, resourceName)
    const wanted = next(current)
    checkBrokerConfigs(current, wanted)
    const records = validateOnly ? [] : configRecords(ResourceTypes.Broker, resourceName, current, wanted)
    return { records, result: undefined }
  })
}

function checkBrokerConfigs(current: ReadonlyMap<string, string>, wanted: ReadonlyMap<string, string>): void {
  for (const [name, text] of wanted) {
    if (current.get(name) === text) continue
    if (!isBrokerKey(name)) throw new MetadataError(ErrorCodes.INVALID_REQUEST, unknownKey('broker', name, Object.keys(brokerKeys)))
    const key = brokerKeys[name]
    if (key.update === 'read-only') throw new MetadataError(ErrorCodes.INVALID_REQUEST, `Cannot update these configs dynamically: ${name}`)
    try {
      parseValue(name, key, text)
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error
      throw new MetadataError(ErrorCodes.INVALID_CONFIG, error.message)
    }
  }
}

/** The elements of a list setting as they stand, own or default. Throws MetadataError when the setting is no list. */
export function listElements(
  resource: ConfigResource,
  name: string,
  current: string | undefined,
  { cluster }: RequestContext,
): readonly string[] {
  const value = currentValue(resource, name, current, cluster.config)
  if (typeof value === 'object' && value !== null) return value
  throw new MetadataError(ErrorCodes.INVALID_CONFIG, `Can't APPEND to or SUBTRACT from key ${name} because its type is not LIST.`)
}

function currentValue(
  resource: ConfigResource,
  name: string,
  current: string | undefined,
  config: RequestContext['cluster']['config'],
): ConfigValue {
  if (resource.resourceType === ResourceTypes.Topic && isTopicKey(name)) {
    const own: ReadonlyMap<string, string> = current === undefined ? new Map() : new Map([[name, current]])
    return topicKeys[name].type === 'list' ? topicValue(own, config, name) : null
  }
  if (!isBrokerKey(name) || brokerKeys[name].type !== 'list') return null
  return current === undefined ? (brokerKeys[name].default ?? []) : parseValue(name, brokerKeys[name], current)
}

export function joinElements(elements: readonly string[]): string {
  return formatValue(elements)
}
