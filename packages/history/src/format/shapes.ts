/** The shape of every event as data, and the check of a value against it. */

import { HISTORY_VERSION, type HistoryEvent } from './events.ts'

type Check = (value: unknown) => boolean
type Shape = readonly (readonly [field: string, check: Check, expectation: string])[]

const isText: Check = (value) => typeof value === 'string'
const isFlag: Check = (value) => typeof value === 'boolean'
const isNumber: Check = (value) => typeof value === 'number' && Number.isFinite(value)
const isCount: Check = (value) => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
const isOffset: Check = (value) => typeof value === 'number' && Number.isSafeInteger(value) && value >= -1
const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value)
const oneOf =
  (...values: readonly unknown[]): Check =>
  (value) =>
    values.includes(value)
const listOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check)
const objectOf =
  (fields: Readonly<Record<string, Check>>, also: (value: Record<string, unknown>) => boolean = () => true): Check =>
  (value) =>
    isObject(value) && Object.entries(fields).every(([field, check]) => check(value[field])) && also(value)

const place = { topic: isText, partition: isCount }
const isFetched = objectOf(
  { ...place, offsets: listOf(isCount), values: listOf(isText) },
  ({ offsets, values }) => Array.isArray(offsets) && Array.isArray(values) && offsets.length === values.length,
)

const text = (field: string): Shape[number] => [field, isText, 'a text']
const maybeText = (field: string): Shape[number] => [field, optional(isText), 'a text']
const count = (field: string): Shape[number] => [field, isCount, 'a whole number']
const maybeCount = (field: string): Shape[number] => [field, optional(isCount), 'a whole number']
const flag = (field: string): Shape[number] => [field, isFlag, 'true or false']
const maybeFlag = (field: string): Shape[number] => [field, optional(isFlag), 'true or false']
const choice = (field: string, ...values: readonly unknown[]): Shape[number] => [field, oneOf(...values), `one of ${values.join(', ')}`]
const maybeChoice = (field: string, ...values: readonly unknown[]): Shape[number] => [
  field,
  optional(oneOf(...values)),
  `one of ${values.join(', ')}`,
]
const partitions: Shape[number] = ['partitions', listOf(objectOf(place)), 'a list of topic and partition']
const offsets: Shape[number] = ['offsets', listOf(objectOf({ ...place, offset: isOffset })), 'a list of topic, partition and offset']
const isolation = choice('isolation', 'read_uncommitted', 'read_committed')
const timeMs: Shape[number] = ['timeMs', isNumber, 'a number']
const outcome: Shape = [timeMs, count('id'), maybeText('error')]
const invocation: Shape = [timeMs, count('id'), text('client')]
const success: Shape = [timeMs, count('id')]
const plainSuccess: Shape = success

/** By `type`, or `type op`, or `type role`. */
const shapes: ReadonlyMap<string, Shape> = new Map<string, Shape>([
  ['history', [choice('version', HISTORY_VERSION), maybeText('source')]],
  ['topic', [timeMs, text('topic'), count('partitions'), maybeChoice('cleanup', 'delete', 'compact'), maybeFlag('foreign')]],
  [
    'open producer',
    [
      timeMs,
      text('client'),
      text('process'),
      choice('acks', 'all', 0, 1),
      flag('idempotent'),
      maybeText('transactionalId'),
      maybeCount('maxInFlight'),
      maybeCount('retries'),
    ],
  ],
  [
    'open consumer',
    [
      timeMs,
      text('client'),
      text('process'),
      maybeText('group'),
      isolation,
      choice('reset', 'earliest', 'latest', 'none'),
      maybeChoice('protocol', 'classic', 'consumer'),
      maybeCount('sessionTimeoutMs'),
      maybeFlag('autoCommit'),
    ],
  ],
  ['open admin', [timeMs, text('client'), text('process')]],
  ['close', [timeMs, text('client')]],
  ['crash', [timeMs, text('process')]],
  ['assigned', [timeMs, text('client'), partitions, maybeCount('generation'), maybeFlag('manual')]],
  ['revoked', [timeMs, text('client'), partitions, maybeFlag('lost')]],
  ['seek', [timeMs, text('client'), text('topic'), count('partition'), maybeCount('offset')]],
  ['paused', [timeMs, text('client'), partitions]],
  ['resumed', [timeMs, text('client'), partitions]],
  ['log-start', [timeMs, text('topic'), count('partition'), count('offset')]],
  ['fault', [timeMs, text('fault'), choice('phase', 'start', 'end', 'once'), maybeText('target')]],
  ['pipeline', [timeMs, text('group'), text('input'), text('output')]],
  [
    'invoke send',
    [
      ...invocation,
      text('topic'),
      maybeCount('partition'),
      maybeText('key'),
      text('value'),
      maybeFlag('tombstone'),
      maybeText('transaction'),
      maybeText('from'),
    ],
  ],
  ['invoke poll', invocation],
  ['invoke commit', [...invocation, text('group'), offsets, maybeCount('generation')]],
  ['invoke committed', [...invocation, text('group')]],
  ['invoke bounds', [...invocation, isolation]],
  ['invoke init', invocation],
  ['invoke send-offsets', [...invocation, text('transaction'), text('group'), offsets]],
  ['invoke end', [...invocation, text('transaction'), flag('commit')]],
  ['ok send', [...success, count('partition'), ['offset', isOffset, 'an offset or -1']]],
  [
    'ok poll',
    [
      ...success,
      ['fetched', listOf(isFetched), 'a list of topic, partition, offsets and as many values'],
      ['positions', optional(listOf(objectOf({ ...place, offset: isCount }))), 'a list of topic, partition and offset'],
    ],
  ],
  ['ok committed', [...success, offsets]],
  [
    'ok bounds',
    [...success, ['bounds', listOf(objectOf({ ...place, start: optional(isCount), end: isCount })), 'a list of topic, partition and end']],
  ],
  ['ok commit', plainSuccess],
  ['ok init', plainSuccess],
  ['ok send-offsets', plainSuccess],
  ['ok end', plainSuccess],
  ['fail', outcome],
  ['info', outcome],
])

/** What is wrong with `value` as an event; undefined when nothing is. */
export function eventProblem(value: unknown): string | undefined {
  if (!isObject(value)) return 'an event is an object'
  const kind = kindOf(value)
  const shape = shapes.get(kind)
  if (shape === undefined) return `there is no event "${kind}"`
  for (const [field, check, expectation] of shape) {
    if (!check(value[field])) return `${field} of "${kind}" must be ${expectation}`
  }
  return undefined
}

export function isHistoryEvent(value: unknown): value is HistoryEvent {
  return eventProblem(value) === undefined
}

function kindOf({ type, op, role }: Record<string, unknown>): string {
  if (type === 'invoke' || type === 'ok') return `${type} ${String(op)}`
  return type === 'open' ? `open ${String(role)}` : String(type)
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
