/** Faults in the simulated world, which would have it prove less than it seems to. */

import type { Mutation } from './mutation.ts'

const faults = 'packages/runtime/test/sim/file-faults.test.ts'
const files = 'packages/runtime/test/sim/files.test.ts'

const fileNode = 'packages/runtime/src/sim/file-node.ts'
const directoryNode = 'packages/runtime/src/sim/directory-node.ts'

export const runtimeMutations: readonly Mutation[] = [
  {
    name: 'sim/rename-not-atomic',
    breaks: 'a power loss between the halves of a rename leaves neither file',
    file: 'packages/runtime/src/sim/disk.ts',
    search:
      '{ directory: source.directory, name: source.name, node: undefined },\n      { directory: target.directory, name: target.name, node: source.node },\n    ])',
    replace:
      '{ directory: source.directory, name: source.name, node: undefined },\n    ])\n    this.changeEntries([\n      { directory: target.directory, name: target.name, node: source.node },\n    ])',
    tests: [files, faults],
  },
  {
    name: 'sim/sync-does-nothing',
    breaks: 'the simulated disk loses what was synced, so that no test could tell a missing sync',
    file: fileNode,
    search: 'this.#settle(changeCount - (this.#changeCount - this.#unsynced.length))',
    replace: 'this.#settle(0)',
    tests: [faults, files],
  },
  {
    name: 'sim/sync-does-too-much',
    breaks: 'what is written while a sync is under way passes for synced',
    file: fileNode,
    search: 'this.#settle(changeCount - (this.#changeCount - this.#unsynced.length))',
    replace: 'this.#settle(this.#unsynced.length)',
    tests: [faults, files],
  },
  {
    name: 'sim/power-loss-harmless',
    breaks: 'a power loss never takes anything, so that no test could tell a missing sync',
    file: fileNode,
    search: 'const fate = random.next()',
    replace: 'const fate = 1 + random.next()',
    tests: [faults],
  },
  {
    name: 'sim/power-loss-never-tears',
    breaks: 'no write is ever torn',
    file: fileNode,
    search: 'const TEAR_PROBABILITY = 0.2',
    replace: 'const TEAR_PROBABILITY = 0',
    tests: [faults],
  },
  {
    name: 'sim/names-always-durable',
    breaks: 'new files survive a power loss without a sync of their directory',
    file: directoryNode,
    search: 'const keptCount = random.int(pending.length + 1)',
    replace: 'const keptCount = pending.length',
    tests: [faults, files],
  },
  {
    name: 'sim/names-out-of-order',
    breaks: 'a later change of a directory is durable before an earlier one',
    file: directoryNode,
    search: 'while (this.#records[count]?.unsynced.size === 0) count++',
    replace: 'while (count < this.#records.length) count++',
    tests: [faults, files],
  },
  {
    name: 'sim/failed-sync-forgiven',
    breaks: 'after a failed sync a second one makes everything durable, as no kernel does',
    file: 'packages/runtime/src/sim/process-disk.ts',
    search: 'file.forgetUnsynced()',
    replace: '',
    tests: [faults],
  },
]
