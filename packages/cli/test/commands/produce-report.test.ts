import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ProduceReport } from '../../src/commands/perf/produce-report.ts'

test("the total is kafka-producer-perf-test's line", () => {
  const report = new ProduceReport(1000, 1024)
  for (let ms = 1; ms <= 1000; ms++) report.add(ms)
  assert.equal(
    report.totalLine(3000),
    '1000 records sent, 500.000000 records/sec (0.49 MB/sec), 500.50 ms avg latency, 1000.00 ms max latency, 500 ms 50th, 950 ms 95th, 990 ms 99th, 999 ms 99.9th.',
  )
})

test('each line on the way is about what came since the one before', () => {
  const report = new ProduceReport(0, 1_048_576)
  for (let n = 0; n < 50; n++) report.add(40)
  assert.equal(report.windowLine(5000), '50 records sent, 10.0 records/sec (10.00 MB/sec), 40.0 ms avg latency, 40.0 ms max latency.')
  report.add(2.26)
  assert.equal(report.windowLine(10_000), '1 records sent, 0.2 records/sec (0.20 MB/sec), 2.3 ms avg latency, 2.3 ms max latency.')
  assert.equal(report.windowLine(15_000), '0 records sent, 0.0 records/sec (0.00 MB/sec), 0.0 ms avg latency, 0.0 ms max latency.')
})

test('progress says how far it is and how long it may take', () => {
  const report = new ProduceReport(0, 100)
  assert.equal(report.progressLine(10, 2000), '0 %, 0 of 2,000 records, 0 records/s')
  for (let n = 0; n < 1500; n++) report.add(1)
  assert.equal(report.progressLine(3000, 2000), '75 %, 1,500 of 2,000 records, 500 records/s, 1 s left')
})
