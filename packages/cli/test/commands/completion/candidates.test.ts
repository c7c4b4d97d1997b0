import assert from 'node:assert/strict'
import { test } from 'node:test'
import { candidatesFor } from '../../../src/commands/completion/candidates.ts'
import { readCommandWords } from '../../../src/commands/completion/command-words.ts'
import { createProgram } from '../../../src/program.ts'

/** The values alone. Nobody listens on port 1. */
async function candidates(...words: string[]): Promise<string[]> {
  return (await candidatesFor(createProgram(), words)).map((line) => line.split('\t')[0] ?? '')
}

test('commands and their commands, what is hidden left out', async () => {
  const all = await candidates('')
  for (const name of ['broker', 'topic', 'group', 'transaction', 'log', 'completion']) assert.ok(all.includes(name), name)
  assert.deepEqual(
    all.filter((name) => name.startsWith('__')),
    [],
  )
  assert.deepEqual(await candidates('to'), ['topic'])
  assert.deepEqual(await candidates('topic', 'de'), ['describe', 'delete'])
  assert.deepEqual(await candidates('group', 'undo'), ['undo-reset'])
})

test('options, and their values', async () => {
  assert.deepEqual(await candidates('group', 'reset', 'billing', '--to-l'), ['--to-latest'])
  assert.deepEqual(await candidates('topic', 'list', '-o', ''), ['table', 'json', 'ndjson', 'yaml'])
  assert.deepEqual(await candidates('topic', 'list', '--output=js'), ['--output=json'])
  assert.deepEqual(await candidates('consume', 'orders', '--from', 'ea'), ['earliest'])
  assert.deepEqual(await candidates('completion', ''), ['bash', 'zsh', 'fish'])
  assert.deepEqual(await candidates('topic', 'list', '--config', ''), [':file'])
  assert.deepEqual(await candidates('log', 'dump', 'x'), [':file'])
})

test('a cluster that does not answer knows no names, and is not waited for', async () => {
  assert.deepEqual(await candidates('topic', 'describe', '-b', '127.0.0.1:1', ''), [])
  assert.deepEqual(await candidates('topic', 'describe', '--config', '/no/such/file', ''), [])
})

test('which option or argument the last word is', () => {
  const read = (...words: string[]): string => {
    const { place } = readCommandWords(createProgram(), words)
    return place.kind === 'value' ? `${place.kind} ${'flags' in place.of ? place.of.flags : place.of.name()}` : place.kind
  }
  assert.equal(read('consume', 'a', 'b', ''), 'value topic')
  assert.equal(read('consume', 'a', '-g', ''), 'value -g, --group <group>')
  // An option without a value takes none.
  assert.equal(read('consume', '-e', ''), 'value topic')
  assert.equal(read('produce', 'orders', ''), 'nothing')
  assert.equal(read('transaction', 'describe', ''), 'value id')
  assert.equal(read('topic', 'create', ''), 'value name')
  assert.equal(read('produce', '--', '-'), 'value topic')
})

test('names are asked of the cluster that the line names', () => {
  const { values } = readCommandWords(createProgram(), ['topic', 'describe', '-b', 'a:1', '-X', 'k=v', '--bootstrap-servers=b:2', ''])
  assert.deepEqual(values.get('bootstrapServers'), ['a:1', 'b:2'])
  assert.deepEqual(values.get('X'), ['k=v'])
})
