import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deleteGroups, describeGroups, ErrorCodes, findCoordinator } from '@odradek/protocol'
import { AggregateKafkaError } from '../../src/index.ts'
import { hangUp } from '../support/fake-cluster.ts'
import type { TestAdmin } from './support.ts'
import { startAdmin } from './support.ts'

/** A cluster in which node 1 coordinates all groups until `move` is called, then node 2. */
function withMovingCoordinator({ cluster }: TestAdmin): { move: () => void } {
  let coordinator = 1
  cluster.on(findCoordinator, ({ coordinatorKeys }) => ({
    coordinators: coordinatorKeys.map((key) => ({
      key,
      nodeId: coordinator,
      host: 'fake',
      port: 9000 + coordinator,
      errorCode: 0,
      errorMessage: null,
    })),
  }))
  return {
    move: () => {
      coordinator = 2
    },
  }
}

for (const [how, gone] of [
  ['says that it is none', ErrorCodes.NOT_COORDINATOR],
  ['hangs up', hangUp],
] as const) {
  test(`groups are asked of the next coordinator when the first ${how}`, async () => {
    await using admin = startAdmin([1, 2])
    const { move } = withMovingCoordinator(admin)
    admin.cluster.on(describeGroups, ({ groups }, { node }) => {
      move()
      if (node === 1 && gone === hangUp) return hangUp
      const errorCode = node === 1 ? ErrorCodes.NOT_COORDINATOR : ErrorCodes.NONE
      return {
        groups: groups.map((groupId) => ({ errorCode, groupId, groupState: 'Empty', protocolType: '', protocolData: '', members: [] })),
      }
    })
    const described = await admin.settled(admin.client.describeGroups(['g', 'h']))
    assert.deepEqual(
      described.map(({ groupId, state, coordinator }) => [groupId, state, coordinator.id]),
      [
        ['g', 'Empty', 2],
        ['h', 'Empty', 2],
      ],
    )
  })
}

test('a group that cannot be deleted does not keep the others from it', async () => {
  await using admin = startAdmin()
  admin.cluster.on(deleteGroups, ({ groupsNames }) => ({
    throttleTimeMs: 0,
    results: groupsNames.map((groupId) => ({
      groupId,
      errorCode: groupId === 'busy' ? ErrorCodes.NON_EMPTY_GROUP : ErrorCodes.NONE,
    })),
  }))
  const error = await admin.failed(admin.client.deleteGroups(['busy', 'idle']))
  assert.ok(error instanceof AggregateKafkaError)
  assert.deepEqual(
    error.failures.map(({ resource, error: { code } }) => [resource, code]),
    [['busy', 'NON_EMPTY_GROUP']],
  )
  assert.deepEqual(
    admin.cluster.of(deleteGroups).flatMap(({ groupsNames }) => groupsNames),
    ['busy', 'idle'],
  )
})
