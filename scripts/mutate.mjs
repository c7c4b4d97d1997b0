// Plants one fault at a time in a copy of the sources and runs the tests that should notice it. Fails when one goes unnoticed.
// node scripts/mutate.mjs [part of a name]… [--list]   The faults are in tests/mutations.
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { killMarked } from './lib/leftovers.mjs'
import { killRunningTests, runTestFile } from './lib/run-test-file.mjs'
import { compiledPath, projectOf, ScratchCopy } from './lib/scratch-copy.mjs'

const jobs = Math.min(4, availableParallelism())
/** For a file without a fault; with one it gets a multiple of what it took then. */
const soundTimeoutMs = 120_000

const started = performance.now()
const copies = []

function secondsSince(start) {
  return `${((performance.now() - start) / 1000).toFixed(1)} s`
}

function cleanUp() {
  killRunningTests()
  for (const copy of copies.splice(0)) copy.remove()
}

async function load(dir) {
  const { allMutations } = await import(pathToFileURL(join(dir, compiledPath('tests/mutations/all.ts'))).href)
  return allMutations
}

/** Each mutation's file with the fault in it. Throws when the list is out of step with the sources. */
function plant(copy, mutations) {
  const planted = new Map()
  const misfits = []
  for (const mutation of mutations) {
    const parts = copy.read(mutation.file).split(mutation.search)
    planted.set(mutation, parts.join(mutation.replace))
    if (parts.length !== 2) misfits.push(`${mutation.name}: its text is ${parts.length - 1} times in ${mutation.file}, not once`)
  }
  if (misfits.length > 0) throw new Error(`the list is out of step with the sources:\n${misfits.join('\n')}`)
  return planted
}

/** Works through `items` with one worker a copy. */
async function share(items, work) {
  const queue = [...items]
  await Promise.all(
    copies.map(async (copy) => {
      for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(copy, item)
    }),
  )
}

/** How long each test file takes without a fault. Throws when one fails: it could not tell a fault from none. */
async function measureTests(files) {
  const tookMs = new Map()
  await share(files, async (copy, file) => {
    const start = performance.now()
    const failure = await runTestFile(compiledPath(file), { cwd: copy.dir, tempDir: copy.tempDir, timeoutMs: soundTimeoutMs })
    if (failure !== undefined) throw new Error(`${file} fails without any fault: ${failure.name}: ${failure.reason}`)
    tookMs.set(file, performance.now() - start)
  })
  return tookMs
}

/** Late once may be the machine's doing, which would pass a fault off as noticed; late a second time, with patience, is not. */
async function failureOf(copy, file, tookMs) {
  const inCopy = { cwd: copy.dir, tempDir: copy.tempDir }
  const failure = await runTestFile(compiledPath(file), { ...inCopy, timeoutMs: 10_000 + 4 * tookMs })
  if (failure?.isLate !== true) return failure
  return await runTestFile(compiledPath(file), { ...inCopy, timeoutMs: 60_000 + 4 * tookMs })
}

async function tryMutation(copy, mutation, text, tookMs) {
  const restore = copy.change(mutation.file, text)
  try {
    const complaint = copy.compile(projectOf(mutation.file))
    if (complaint !== undefined) return { verdict: 'does not compile', detail: complaint.split('\n')[0] }
    for (const file of mutation.tests) {
      const failure = await failureOf(copy, file, tookMs.get(file))
      if (failure !== undefined) return { verdict: 'caught', detail: `${file}: ${failure.name}` }
    }
    return { verdict: 'SURVIVED', detail: mutation.breaks }
  } finally {
    restore()
  }
}

async function run(parts) {
  copies.push(ScratchCopy.create())
  const [first] = copies
  const all = await load(first.dir)
  const mutations = all.filter(({ name }) => parts.length === 0 || parts.some((part) => name.includes(part)))
  if (mutations.length === 0) throw new Error('no mutation of that name')
  const planted = plant(first, mutations)
  while (copies.length < Math.min(jobs, mutations.length)) copies.push(first.duplicate())
  const tookMs = await measureTests(new Set(mutations.flatMap(({ tests }) => tests)))
  console.log(`${mutations.length} mutations, ${tookMs.size} test files that pass without them (${secondsSince(started)})`)
  const width = Math.max(...mutations.map(({ name }) => name.length))
  const counts = new Map()
  await share(mutations, async (copy, mutation) => {
    const start = performance.now()
    const { verdict, detail } = await tryMutation(copy, mutation, planted.get(mutation), tookMs)
    counts.set(verdict, (counts.get(verdict) ?? 0) + 1)
    console.log(`${verdict.padEnd(8)}  ${mutation.name.padEnd(width)}  ${secondsSince(start).padStart(7)}  ${detail}`)
  })
  console.log(`${[...counts].map(([verdict, count]) => `${count} ${verdict}`).join(', ')} in ${secondsSince(started)}`)
  return counts.get('caught') === mutations.length ? 0 : 1
}

async function main() {
  const args = process.argv.slice(2)
  if (args.includes('--list')) {
    for (const { name, breaks } of await load('.')) console.log(`${name}: ${breaks}`)
    return 0
  }
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.on(signal, () => {
      cleanUp()
      process.exit(1)
    })
  }
  try {
    return await run(args)
  } catch (error) {
    console.error(`mutate: ${error.message}`)
    return 2
  } finally {
    cleanUp()
    await killMarked()
  }
}

process.exitCode = await main()
