// Who is measured. A contestant is
//   { name, prepare() → { command, env? }, apis: { batch, each }, kinds?, most? }
// `command` is a program that takes KEY=VALUE arguments (see workload() in lib/rounds.mjs) and prints its figures as JSON, last line on stdout.
// `apis.batch`: its ways to send many records; `apis.each`: its ways to send one record a call; tried each. `kinds`: the workloads it knows
// (default those of lib/kinds.mjs that all know). `most`: how many records at most one of its APIs is given. A contestant whose prepare() fails is left out, and named.
import { franzGo } from './franz-go.mjs'
import { java } from './java.mjs'
import { confluentPython, librdkafka } from './librdkafka.mjs'
import { confluentJs, kafkajs, platformatic } from './npm.mjs'
import { odradek } from './odradek.mjs'

export const contestants = [odradek, java, librdkafka, confluentPython, franzGo, platformatic, confluentJs, kafkajs]
