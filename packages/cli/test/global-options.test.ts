import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { clientProperties, dottedKey } from '../src/global-options.ts'

test('the command line goes before the file, the file before what a person is given', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'odradek-options-'))
  try {
    const config = join(directory, 'client.properties')
    await writeFile(config, 'client.id=from-file\nbootstrap.servers=file:9092\nlinger.ms=7\n')
    assert.equal(clientProperties({ output: 'table' })['client.id'], 'odradek-cli')
    const fromFile = clientProperties({ output: 'table', config })
    assert.deepEqual([fromFile['client.id'], fromFile['bootstrap.servers'], fromFile['linger.ms']], ['from-file', 'file:9092', '7'])
    const said = clientProperties({ output: 'table', config, bootstrapServers: 'said:9092', X: { clientId: 'said' } })
    assert.deepEqual([said['client.id'], said['bootstrap.servers']], ['said', 'said:9092'])
  } finally {
    await rm(directory, { recursive: true })
  }
})

test('both ways to write a key', () => {
  assert.equal(dottedKey('sessionTimeoutMs'), 'session.timeout.ms')
  assert.equal(dottedKey('session.timeout.ms'), 'session.timeout.ms')
})
