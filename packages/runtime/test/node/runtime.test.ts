import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { createNodeRuntime, DecompressionBoundError } from '../../src/index.ts'

const runtimeModule = new URL('../../src/index.js', import.meta.url).href

/** Runs a module and returns what it printed. */
function run(program: string): string {
  const { stdout, stderr, status } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    encoding: 'utf8',
    timeout: 30_000,
  })
  assert.equal(status, 0, stderr)
  return stdout.trim()
}

test('importing the runtime and making one loads nothing costly', () => {
  const loaded = run(`
    const before = new Set(process.moduleLoadList)
    const { createNodeRuntime } = await import(${JSON.stringify(runtimeModule)})
    createNodeRuntime()
    console.log(process.moduleLoadList.filter((name) => !before.has(name)).join())`)
  for (const costly of ['NativeModule tls', 'NativeModule net', 'NativeModule zlib', 'NativeModule child_process', 'NativeModule crypto']) {
    assert.ok(!loaded.split(',').includes(costly), `${costly} was loaded`)
  }
})

test('compression on other threads: right, concurrent, with the same errors', async () => {
  const { workers } = createNodeRuntime()
  const data = Buffer.from('some text, some more text; '.repeat(5_000))
  const rounds = (['gzip', 'snappy', 'lz4', 'zstd', 'gzip', 'zstd'] as const).map(async (codec) => {
    const compressed = await workers.compress(codec, data)
    assert.ok(compressed.length < data.length)
    assert.deepEqual(Buffer.from(await workers.decompress(codec, compressed, data.length)), data)
    await assert.rejects(workers.decompress(codec, compressed, 1_000), DecompressionBoundError)
    await assert.rejects(workers.decompress(codec, Buffer.from('rubbish, and a lot of it'), 1_000), { name: 'CorruptCompressionError' })
  })
  await Promise.all(rounds)
  assert.equal(data.toString('latin1', 0, 9), 'some text', 'the input stays with the caller')
  await workers.close()
  await assert.rejects(workers.compress('gzip', data), /closed/)
})

test('closing rejects what is under way', async () => {
  const { workers } = createNodeRuntime()
  const pending = Array.from({ length: 10 }, () => workers.compress('gzip', Buffer.alloc(5_000_000)))
  const settled = Promise.allSettled(pending)
  await workers.close()
  for (const result of await settled) assert.equal(result.status, 'rejected')
})

test('closing keeps the process alive until it is done, though work finished meanwhile', () => {
  const printed = run(`
    const { createNodeRuntime } = await import(${JSON.stringify(runtimeModule)})
    const { workers } = createNodeRuntime()
    await workers.compress('gzip', Buffer.alloc(1000))
    workers.compress('gzip', Buffer.alloc(1000)).catch(() => {})
    // The reply lies ready when close() is called.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300)
    await workers.close()
    console.log('closed')`)
  assert.equal(printed, 'closed')
})

test('threads keep the process alive while they work, and not after', () => {
  const printed = run(`
    const { createNodeRuntime } = await import(${JSON.stringify(runtimeModule)})
    const { workers } = createNodeRuntime()
    void workers.compress('lz4', Buffer.alloc(1000)).then(() => console.log('done'))`)
  assert.equal(printed, 'done')
})

test('timers fire in time, once, and not when cancelled', async () => {
  const { clock } = createNodeRuntime()
  const started = clock.monotonicMs()
  let cancelled = 0
  clock.setTimer(5, () => cancelled++).cancel()
  // Node would fire a delay this long at once.
  const distant = clock.setTimer(2 ** 40, () => cancelled++, true)
  await new Promise<void>((resolve) => {
    clock.setTimer(30, resolve)
  })
  assert.ok(clock.monotonicMs() - started >= 29)
  assert.equal(cancelled, 0)
  distant.cancel()
  assert.ok(Math.abs(clock.nowMs() - Date.now()) < 1_000)
  await new Promise<void>((resolve) => {
    clock.defer(resolve)
  })
})

test('randomness is of the asked kind', () => {
  const { random } = createNodeRuntime()
  for (let i = 0; i < 1_000; i++) {
    const value = random.int(7)
    assert.ok(Number.isInteger(value) && value >= 0 && value < 7)
    const fraction = random.next()
    assert.ok(fraction >= 0 && fraction < 1)
  }
  assert.equal(random.bytes(20).length, 20)
  assert.notDeepEqual(random.bytes(20), random.bytes(20))
  assert.match(random.uuid(), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
})
