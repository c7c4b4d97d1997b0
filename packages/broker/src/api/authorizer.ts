/** Authorisation: who may be asking, Kafka's operations and resource types, and the seam through which every request is checked. */

export interface Principal {
  /** 'User' for everyone that Kafka itself knows of. */
  readonly type: string
  readonly name: string
}

export const anonymous: Principal = { type: 'User', name: 'ANONYMOUS' }

/** Kafka's AclOperation codes. */
export const AclOperations = {
  Read: 3,
  Write: 4,
  Create: 5,
  Delete: 6,
  Alter: 7,
  Describe: 8,
  ClusterAction: 9,
  DescribeConfigs: 10,
  AlterConfigs: 11,
  IdempotentWrite: 12,
} as const

export type AclOperation = keyof typeof AclOperations
export type ResourceType = 'Topic' | 'Group' | 'Cluster' | 'TransactionalId'

/** The name of the one Cluster resource. */
export const clusterResource = 'kafka-cluster'

export interface Authorizer {
  authorize(principal: Principal, clientHost: string, operation: AclOperation, resource: ResourceType, name: string): boolean
}

export const allowEverything: Authorizer = { authorize: () => true }

const operationsByResource: Record<ResourceType, readonly AclOperation[]> = {
  Topic: ['Read', 'Write', 'Create', 'Delete', 'Alter', 'Describe', 'DescribeConfigs', 'AlterConfigs'],
  Group: ['Read', 'Delete', 'Describe', 'DescribeConfigs', 'AlterConfigs'],
  Cluster: ['Create', 'Alter', 'Describe', 'ClusterAction', 'DescribeConfigs', 'AlterConfigs', 'IdempotentWrite'],
  TransactionalId: ['Write', 'Describe'],
}

/** What a response says where the client did not ask for the authorised operations. */
export const operationsNotAsked = -2147483648

/** The bit field of KIP-430: bit n is set when the operation of code n is allowed. */
export function authorizedOperations(
  authorizer: Authorizer,
  principal: Principal,
  host: string,
  resource: ResourceType,
  name: string,
): number {
  let bits = 0
  for (const operation of operationsByResource[resource]) {
    if (authorizer.authorize(principal, host, operation, resource, name)) bits |= 1 << AclOperations[operation]
  }
  return bits
}
