/** Completion as bash does it: its own shell loads the script, and is asked for what it would offer. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type BrokerProcess, odradekBin, startBrokerProcess } from '../interop/harness/broker-process.ts'
import { mustRun } from '../interop/harness/process.ts'
import { mustOdradek } from './support/command-line.ts'

let broker: BrokerProcess

before(async () => {
  broker = await startBrokerProcess()
  const { bootstrapServers } = broker
  await mustOdradek(['topic', 'create', 'orders', '-p', '1'], { bootstrapServers })
  await mustOdradek(['group', 'reset', 'team:billing', '--to-earliest', '--topic', 'orders', '--execute'], { bootstrapServers })
})

after(async () => {
  await broker[Symbol.asyncDispose]()
})

/** What bash offers at the end of each line. */
async function offered(lines: readonly string[]): Promise<string[]> {
  const script = `
    odradek() { '${process.execPath}' '${odradekBin}' "$@"; }
    source <(odradek completion bash)
    [[ $(complete -p odradek) == *_odradek* ]] || exit 1
    while IFS= read -r line; do
      COMP_LINE="$line" COMP_POINT="\${#line}"
      _odradek
      (IFS=,; printf '%s\\n' "\${COMPREPLY[*]}")
    done`
  const { stdout, stderr } = await mustRun('bash', ['--norc', '-c', script], {
    stdin: lines.map((line) => `${line}\n`).join(''),
    env: { ODRADEK_BOOTSTRAP_SERVERS: broker.bootstrapServers },
    timeoutMs: 60_000,
  })
  assert.equal(stderr, '')
  return stdout.trimEnd().split('\n')
}

/** However busy the machine is. */
const patiently = '-X default.api.timeout.ms=20000'

test('bash completes commands, options, values, topics, groups and files', async () => {
  const cases = [
    ['odradek top', 'topic'],
    ['odradek topic list --output=n', 'ndjson'],
    [`odradek topic describe ${patiently} `, 'orders'],
    // bash takes what follows the colon as the word.
    [`odradek group describe ${patiently} team:b`, 'billing'],
    [`odradek consume orders ${patiently} -g `, 'team:billing'],
    ['odradek log dump /et', '/etc'],
    ['odradek topic describe -b 127.0.0.1:1 ', ''],
  ] as const
  assert.deepEqual(await offered(cases.map(([line]) => line)), cases.map(([, expected]) => expected).slice(0, -1))
})

test('zsh and fish have scripts of theirs, which ask the same', async () => {
  for (const [shell, pattern] of [
    ['zsh', /compdef _odradek odradek/],
    ['fish', /complete -c odradek -f -a/],
  ] as const) {
    const { stdout } = await mustOdradek(['completion', shell])
    assert.match(stdout, pattern)
    assert.match(stdout, /__complete --/)
  }
})
