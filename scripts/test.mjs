// Runs one tier of the tests with node's runner: fast (the default), interop or long. Ends with `N passed, N failed`.
// node scripts/test.mjs [fast|interop|long] [part of a path]…   Runs only the files whose path contains one of the parts.
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { killMarked, runMark } from './lib/leftovers.mjs'
import { testFiles } from './lib/test-files.mjs'
import { rootDir } from './lib/workspace.mjs'

const timeoutMs = { fast: 150_000, interop: 600_000, long: 3_600_000 }

const [tier = 'fast', ...parts] = process.argv.slice(2)
if (!(tier in timeoutMs)) {
  console.error(`unknown tier ${tier}: fast, interop or long`)
  process.exit(2)
}

function readSummary(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    return { passed: 0, failed: 0, skipped: 0, failures: [] }
  }
}

function runTests(files, summaryPath) {
  const reporter = join(rootDir, 'scripts', 'lib', 'summary-reporter.mjs')
  const args = ['--test', '--test-concurrency=2', `--test-timeout=${timeoutMs[tier]}`]
  args.push('--test-reporter=spec', '--test-reporter-destination=stdout')
  args.push(`--test-reporter=${reporter}`, `--test-reporter-destination=${summaryPath}`)
  const env = { ...process.env, ...runMark() }
  // Its presence makes node believe that it is a test file of an outer run.
  delete env['NODE_TEST_CONTEXT']
  const child = spawn(process.execPath, [...args, ...files], { cwd: rootDir, env, stdio: ['ignore', 'inherit', 'inherit'] })
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal))
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve(code ?? 1))
  })
}

async function main() {
  const files = testFiles(tier).filter((file) => parts.length === 0 || parts.some((part) => file.includes(part)))
  const scratch = mkdtempSync(join(tmpdir(), 'odradek-test-'))
  try {
    const summaryPath = join(scratch, 'summary.json')
    const code = files.length === 0 ? 1 : await runTests(files, summaryPath)
    const leftovers = await killMarked()
    const summary = readSummary(summaryPath)
    for (const { file, name, reason } of summary.failures) {
      console.log(`FAILED ${file ? `${relative(rootDir, file)}: ` : ''}${name}`)
      console.log(reason.replaceAll(/^/gm, '  '))
    }
    for (const leftover of leftovers) console.log(`killed a process that a test left behind: ${leftover}`)
    if (summary.skipped > 0) console.log(`${summary.skipped} skipped`)
    // A skipped test proves nothing: where everything must be there, it is a failure.
    const failed = summary.failed + (process.env['CI'] ? summary.skipped : 0)
    const isFailure = code !== 0 || failed > 0 || summary.passed === 0
    if (isFailure && failed === 0) console.log(files.length === 0 ? 'no test file found' : `node --test exited with ${code}`)
    console.log(`${summary.passed} passed, ${isFailure ? Math.max(1, failed) : 0} failed`)
    return isFailure ? 1 : 0
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

process.exitCode = await main()
