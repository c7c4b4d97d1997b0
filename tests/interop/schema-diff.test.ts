/** Every fact about the protocol against the definitions in Apache Kafka's jars, and the error table against its `Errors`. */

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { errors } from '@odradek/protocol'
import { type Fields, int16, int32, int64, loadDefinitions, string, struct } from '@odradek/protocol/schema'
import { runJava } from './harness/java-program.ts'
import { rootDir } from './harness/paths.ts'
import { type JsonMessage, kafkaDefinitions, kafkaMessage } from './schema-diff/kafka-facts.ts'
import { differences, type MessageFacts } from './schema-diff/message-facts.ts'
import { messageFacts, ourMessages } from './schema-diff/our-facts.ts'

function kafkasOf(name: string, all: ReadonlyMap<string, JsonMessage>): MessageFacts {
  const definition = all.get(name)
  assert.ok(definition !== undefined, `Kafka has no ${name}`)
  const request = all.get(name.replace(/Response$/, 'Request'))
  return kafkaMessage(definition, request?.latestVersionUnstable === true)
}

test('every message says what Kafka says', async () => {
  const all = await kafkaDefinitions()
  const found = ourMessages(await loadDefinitions()).flatMap((ours) => differences(ours, kafkasOf(ours.name, all)))
  assert.deepEqual(found, [])
})

test('the APIs of a broker that are left out are these', async () => {
  const known = new Set((await loadDefinitions()).apis.map((api) => api.key))
  const missing = [...(await kafkaDefinitions()).values()]
    .filter(({ type, validVersions }) => type === 'request' && validVersions !== 'none')
    .filter(({ listeners, apiKey }) => listeners?.includes('broker') === true && !known.has(apiKey ?? -1))
    .map(({ name }) => name.replace(/Request$/, ''))
  const replicas = ['AlterReplicaLogDirs']
  const delegationTokens = ['CreateDelegationToken', 'RenewDelegationToken', 'ExpireDelegationToken', 'DescribeDelegationToken']
  const quorum = ['DescribeQuorum', 'UnregisterBroker', 'AddRaftVoter', 'RemoveRaftVoter']
  const shareState = ['Initialize', 'Read', 'Write', 'Delete'].map((verb) => `${verb}ShareGroupState`)
  const shareOffsets = ['Describe', 'Alter', 'Delete'].map((verb) => `${verb}ShareGroupOffsets`)
  const streams = ['StreamsGroupHeartbeat', 'StreamsGroupDescribe']
  const expected = [...replicas, ...delegationTokens, ...quorum, ...shareState, 'ReadShareGroupStateSummary', ...shareOffsets, ...streams]
  assert.deepEqual(missing.sort(), expected.sort())
})

test('each kind of wrong fact is found', async () => {
  const kafkas = kafkasOf('OffsetCommitRequest', await kafkaDefinitions())
  const { apis } = await loadDefinitions()
  const request = apis.find((api) => api.name === 'OffsetCommit')?.request
  assert.ok(request !== undefined)
  const check = (wrong: MessageFacts, expected: RegExp): void => {
    const found = differences(wrong, kafkas)
    assert.match(found.join('\n'), expected)
  }
  const altered = (fields: Fields): MessageFacts => messageFacts('OffsetCommitRequest', 8, [2, 10], 8, { ...request, ...fields })
  assert.deepEqual(differences(altered({}), kafkas), [])
  check(messageFacts('OffsetCommitRequest', 9, [2, 10], 8, request), /: key is 9, Kafka says 8$/)
  check(messageFacts('OffsetCommitRequest', 8, [2, 9], 8, request), /: versions is/)
  check(messageFacts('OffsetCommitRequest', 8, [2, 10], 9, request), /: flexible is 9/)
  check(altered({ extra: string }), /the list of fields/)
  check(altered({ groupId: int16 }), /groupId type/)
  check(altered({ groupInstanceId: string.since(6).nullable().default(null) }), /groupInstanceId versions/)
  check(altered({ groupInstanceId: string.since(7) }), /groupInstanceId nullable/)
  check(altered({ groupId: string.tag(3) }), /groupId tag/)
  check(altered({ retentionTimeMs: int64.until(4).default(0).ignorable() }), /retentionTimeMs default/)
  check(altered({ retentionTimeMs: int64.until(4).default(-1) }), /retentionTimeMs ignorable/)
  check(altered({ generationIdOrMemberEpoch: int32.default(-1).ignorable().mapKey() }), /mapKey/)
  check(altered({ memberId: string.ignorable().neverCompact() }), /neverCompact/)
  check(altered({ groupId: struct('Group', { id: string }) }), /the list of fields/)
})

test('the error table is that of Kafka', async () => {
  const { code, stdout, stderr } = await runJava(join(rootDir, 'tests', 'interop', 'schema-diff', 'DumpErrors.java'))
  assert.equal(code, 0, stderr)
  const ours = errors.map((error) => [error.code, error.name, error.retriable, error.message].join('\t'))
  assert.deepEqual(ours, stdout.trimEnd().split('\n'))
})
