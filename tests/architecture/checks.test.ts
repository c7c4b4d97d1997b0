/** Shows that each check of the architecture finds what it is there to find, on sources with violations planted in them. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { checkAmbient } from './ambient-rules.ts'
import { checkCircles, checkImports, type ImportRules, type Owner } from './import-rules.ts'
import { MAX_FILE_LINES, MAX_FUNCTION_LINES, packageArrows, packageLayers } from './rules.ts'
import { SourceFile, type Violation } from './source-file.ts'
import { checkComments, checkFileLength, checkFunctionLengths, checkTypes } from './style-rules.ts'

const names = {
  '@odradek/protocol': 'protocol',
  '@odradek/runtime': 'runtime',
  '@odradek/client': 'client',
  '@odradek/broker': 'broker',
  odradek: 'cli',
}
const rules: ImportRules = { names, arrows: packageArrows, layers: packageLayers }

function owner(name: keyof typeof names, dependencies: string[]): Owner {
  return { directory: `packages/${names[name]}`, packageName: name, dependencies, developmentDependencies: ['fast-check'] }
}

const client = owner('@odradek/client', ['@odradek/protocol', '@odradek/runtime'])
const broker = owner('@odradek/broker', ['@odradek/protocol', '@odradek/runtime', '@odradek/client'])

function show(violations: Violation[]): string[] {
  return violations.map(({ line, rule, message }) => `${line} ${rule}: ${message}`)
}

function imports(path: string, text: string, of: Owner): string[] {
  return show(checkImports(new SourceFile(path, text), of, rules))
}

function ambient(text: string): string[] {
  return checkAmbient(new SourceFile('packages/client/src/a.ts', text)).map(
    ({ line, message }) => `${line} ${message.replace(' is for the runtime alone', '')}`,
  )
}

describe('the check of imports', () => {
  it('lets pass what the arrows allow', () => {
    const text = `import { Reader } from '@odradek/protocol'
      import type { Clock } from '@odradek/runtime'
      import { Connection } from '../connection/connection.ts'
      import { EventEmitter } from 'node:events'`
    assert.deepEqual(imports('packages/client/src/cluster/cluster.ts', text, client), [])
  })

  it('finds a package against the arrows, declared or not, of types too and exported or loaded late', () => {
    const path = 'packages/broker/src/api/fetch.ts'
    assert.deepEqual(imports(path, `import { Kafka } from '@odradek/client'`, broker), ['1 arrows: broker must not import client'])
    assert.deepEqual(imports(path, `\nimport type { Kafka } from '@odradek/client'`, broker), ['2 arrows: broker must not import client'])
    assert.deepEqual(imports(path, `export * from '@odradek/client/deep.js'`, broker), ['1 arrows: broker must not import client'])
    assert.deepEqual(imports(path, `await import('odradek')`, broker), [
      '1 declared: odradek is not among the dependencies of @odradek/broker',
      '1 arrows: broker must not import cli',
    ])
  })

  it('finds a package that is not declared, and lets tests use what the workspace has for them', () => {
    assert.deepEqual(imports('packages/client/src/a.ts', `import fc from 'fast-check'`, client), [
      '1 declared: fast-check is not among the dependencies of @odradek/client',
    ])
    assert.deepEqual(imports('packages/client/test/a.test.ts', `import fc from 'fast-check'`, client), [])
    assert.deepEqual(imports('packages/client/test/a.test.ts', `import { Kafka } from '@odradek/client'`, client), [])
    assert.deepEqual(imports('packages/client/test/a.test.ts', `import { x } from 'left-pad/x'`, client), [
      '1 declared: left-pad is not among the dependencies of @odradek/client',
    ])
  })

  it('keeps the simulation to tests', () => {
    const text = `import { createSimulation } from '@odradek/runtime/sim'`
    assert.deepEqual(imports('packages/client/src/a.ts', text, client), ['1 arrows: the simulation is for tests alone'])
    assert.deepEqual(imports('packages/client/test/a.test.ts', text, client), [])
  })

  it('finds files that leave their package or their sources', () => {
    const path = 'packages/client/src/a.ts'
    assert.deepEqual(imports(path, `import x from '../../broker/src/x.ts'`, client), [
      '1 arrows: ../../broker/src/x.ts leaves packages/client',
    ])
    assert.deepEqual(imports(path, `import x from '../test/x.ts'`, client), ['1 arrows: ../test/x.ts leaves src'])
    assert.deepEqual(imports(path, `import x from './x.js'`, client), ['1 extension: ./x.js does not name a file'])
  })

  it('finds layers against the arrows', () => {
    const layer = (from: string, to: string): string[] => imports(`packages/broker/src/${from}`, `import { x } from '${to}'`, broker)
    assert.deepEqual(layer('network/a.ts', '../api/b.ts'), [])
    assert.deepEqual(layer('api/a.ts', '../network/b.ts'), ['1 layers: api must not import network'])
    assert.deepEqual(layer('partition/a.ts', '../coordinator/group/b.ts'), ['1 layers: partition must not import coordinator'])
    assert.deepEqual(layer('coordinator/group/a.ts', '../../api/b.ts'), ['1 layers: coordinator must not import api'])
    assert.deepEqual(layer('storage/a.ts', '../partition/b.ts'), ['1 layers: storage must not import partition'])
    assert.deepEqual(layer('network/a.ts', '../storage/b.ts'), ['1 layers: network must not import storage'])
    assert.deepEqual(layer('storage/a.ts', '../broker.ts'), ['1 layers: storage must not import broker.ts'])
    assert.deepEqual(layer('broker.ts', './network/b.ts'), [])
    assert.deepEqual(layer('novelty/a.ts', '../storage/b.ts'), ['1 layers: novelty is not a known layer'])
    assert.deepEqual(imports('packages/client/src/connection/a.ts', `import { x } from '../cluster/b.ts'`, client), [
      '1 layers: connection must not import cluster',
    ])
  })

  it('tells types from values where only types may be imported', () => {
    const path = 'packages/broker/src/api/a.ts'
    assert.deepEqual(imports(path, `import type { Cluster } from '../cluster.ts'`, broker), [])
    assert.deepEqual(imports(path, `import { type Cluster } from '../cluster.ts'`, broker), [])
    assert.deepEqual(imports(path, `import { cluster, type Cluster } from '../cluster.ts'`, broker), [
      '1 layers: api must not import values of cluster.ts',
    ])
  })
})

describe('the check of circles', () => {
  const circles = (sources: Record<string, string>): string[] =>
    checkCircles(Object.entries(sources).map(([path, text]) => new SourceFile(path, text))).map(
      ({ path, line, message }) => `${path}:${line} ${message}`,
    )

  it('finds files that import each other, of types too, by way of others and loaded late', () => {
    assert.deepEqual(circles({ 'a.ts': `import { b } from './b.ts'`, 'b.ts': `\nimport type { A } from './a.ts'` }), [
      'b.ts:2 a circle of imports: a.ts → b.ts → a.ts',
    ])
    assert.deepEqual(circles({ 'a.ts': `import './x/b.ts'`, 'x/b.ts': `export * from './c.ts'`, 'x/c.ts': `await import('../a.ts')` }), [
      'x/c.ts:1 a circle of imports: a.ts → x/b.ts → x/c.ts → a.ts',
    ])
  })

  it('finds one that only some of the files on the way belong to, once', () => {
    const text = `import { b } from './b.ts'\nimport type { B } from './b.ts'`
    assert.deepEqual(circles({ 'a.ts': `import './c.ts'`, 'b.ts': `import './c.ts'`, 'c.ts': text }), [
      'b.ts:1 a circle of imports: c.ts → b.ts → c.ts',
    ])
  })

  it('lets pass what is imported by several ways', () => {
    const sources = {
      'a.ts': `import './b.ts'\nimport './c.ts'\nimport 'd'`,
      'b.ts': `import './d.ts'`,
      'c.ts': `import './d.ts'`,
      'd.ts': '',
    }
    assert.deepEqual(circles(sources), [])
  })
})

describe('the check of ambient time, randomness and I/O', () => {
  it('finds clocks, timers and randomness however they are reached', () => {
    assert.deepEqual(ambient('const t = Date.now()'), ['1 Date'])
    assert.deepEqual(ambient('const t = new Date()'), ['1 Date'])
    assert.deepEqual(ambient('f(performance)\n\nsetTimeout(f, 1)'), ['1 performance', '3 setTimeout'])
    assert.deepEqual(ambient('const later = { setImmediate }'), ['1 setImmediate'])
    assert.deepEqual(ambient('const later = setInterval'), ['1 setInterval'])
    assert.deepEqual(ambient('Math.random() + Math.max(1, 2)'), ['1 Math.random'])
    assert.deepEqual(ambient(`Math['random']()`), ['1 Math.random'])
    assert.deepEqual(ambient('const { random } = Math'), ['1 Math.random'])
    assert.deepEqual(ambient('globalThis.setTimeout(f, 1)'), ['1 globalThis.setTimeout'])
    assert.deepEqual(ambient('const { Date: D } = globalThis'), ['1 globalThis.Date'])
    assert.deepEqual(ambient('process.hrtime.bigint()'), ['1 process.hrtime'])
    assert.deepEqual(ambient('AbortSignal.timeout(5)'), ['1 AbortSignal.timeout'])
    assert.deepEqual(ambient('crypto.randomUUID()'), ['1 crypto'])
    assert.deepEqual(ambient('class A { now = () => performance.now() }'), ['1 performance'])
    assert.deepEqual(ambient('const s = `${Date.now()}`'), ['1 Date'])
  })

  it('finds modules that touch the outside', () => {
    assert.deepEqual(ambient(`import net from 'node:net'\nexport { readFile } from 'node:fs/promises'\nconst z = import('node:zlib')`), [
      '1 node:net',
      '2 node:fs/promises',
      '3 node:zlib',
    ])
    assert.deepEqual(ambient(`process.getBuiltinModule('node:fs')`), ['1 process.getBuiltinModule'])
    assert.deepEqual(ambient(`import('node:' + 'fs')`), ['1 an import whose module is not written out'])
    assert.deepEqual(ambient(`import { EventEmitter } from 'node:events'\nimport type { Socket } from 'node:net'`), [])
  })

  it('lets pass what only has the name', () => {
    assert.deepEqual(ambient('const now = clock.performance.now; record.Date = 1; f({ setTimeout: 1 })'), [])
    assert.deepEqual(ambient('interface A { readonly crypto: string; fetch(): void }\nclass B { fetch(): void {} }'), [])
    assert.deepEqual(ambient('let at: Date; type D = Date'), [])
    assert.deepEqual(ambient(`import { fetch } from './fetch.ts'\nfetch()`), [])
    assert.deepEqual(ambient('function f(crypto: Hasher) { return crypto.hash() }'), [])
    assert.deepEqual(ambient('const { performance, at: [fetch = f], ...crypto } = clock; performance(fetch, crypto)'), [])
    assert.deepEqual(ambient('// Date.now() and Math.random()\nqueueMicrotask(f)'), [])
  })
})

describe('the check of types', () => {
  const types = (text: string): string[] => show(checkTypes(new SourceFile('a.ts', text)))

  it('finds any, assertions by way of unknown, and assertions that something is there', () => {
    assert.deepEqual(types('let a: any'), ['1 types: any'])
    assert.deepEqual(types('function f<T = any>(a: Array<any>): void {}'), ['1 types: any', '1 types: any'])
    assert.deepEqual(types('const a = b as unknown as C'), ['1 types: an assertion by way of unknown'])
    assert.deepEqual(types('const a = (b as unknown) as C'), ['1 types: an assertion by way of unknown'])
    assert.deepEqual(types('const a = <C>(<unknown>b)'), ['1 types: an assertion by way of unknown'])
    assert.deepEqual(types('\na!.b'), ['2 types: a non-null assertion'])
    assert.deepEqual(types('class A { b!: string }'), ['1 types: a definite assignment assertion'])
  })

  it('lets pass what is sound', () => {
    assert.deepEqual(types(`const any = 1; const a = b as number; const c = d as unknown; const e = !f; let g: unknown // any`), [])
  })
})

describe('the check of lengths', () => {
  it('finds files that are too long', () => {
    const lines = (count: number): SourceFile => new SourceFile('a.ts', 'f()\n'.repeat(count))
    assert.deepEqual(checkFileLength(lines(MAX_FILE_LINES)), [])
    assert.deepEqual(show(checkFileLength(lines(MAX_FILE_LINES + 1))), ['1 length: 601 lines, more than 600'])
  })

  it('finds functions of every kind that are too long', () => {
    const body = (count: number): string => '{\n' + 'f()\n'.repeat(count - 2) + '}'
    for (const head of ['function f() ', 'const f = () => ', 'class A { f() ', 'const a = { f() ']) {
      const tail = /\{/.test(head) ? ' }' : ''
      const check = (count: number): string[] => show(checkFunctionLengths(new SourceFile('a.ts', `\n${head}${body(count)}${tail}`)))
      assert.deepEqual(check(MAX_FUNCTION_LINES), [], head)
      assert.deepEqual(check(MAX_FUNCTION_LINES + 1), ['2 length: a function of 71 lines, more than 70'], head)
    }
  })
})

describe('the check of comments', () => {
  it('finds notes of work undone, in comments alone', () => {
    // The words are put together here so that this file passes its own check.
    const words = [`TO${'DO'}`, `FIX${'ME'}`]
    for (const word of words) {
      const comments = (text: string): string[] => show(checkComments(new SourceFile('a.ts', text)))
      assert.deepEqual(comments(`f() // ${word}: later`), ['1 unfinished: a note of work left undone'])
      assert.deepEqual(comments(`/** a\n * ${word} b\n */\nf()`), ['1 unfinished: a note of work left undone'])
      assert.deepEqual(comments(`const a = '${word}'`), [])
    }
  })
})

describe('a source file', () => {
  it('that does not parse is an error, not a pass', () => {
    assert.throws(() => new SourceFile('a.ts', 'const = 1'), /^Error: a\.ts: /)
  })
})
