/** @odradek/history: histories of what Kafka clients did and saw, and the rules that they are held to. */

export type { CheckerOptions, Verdict, Violation } from './checker.ts'
export { checkHistory, HistoryChecker } from './checker.ts'
export type * from './format/events.ts'
export { HISTORY_VERSION } from './format/events.ts'
export { HistoryError } from './format/history-error.ts'
export { encodeEvent, HistoryDecoder } from './format/ndjson.ts'
export type { Finding } from './rules/rule.ts'
export { ruleNames, rulePromises } from './rules/all-rules.ts'
export type { HistoryCounts } from './model/history-model.ts'
export type { RecorderOptions, Recording } from './recorder.ts'
export { fetchedOf, HistoryRecorder } from './recorder.ts'
