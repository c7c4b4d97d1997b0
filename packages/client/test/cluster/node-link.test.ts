import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Runtime } from '@odradek/runtime'
import { createNodeRuntime } from '@odradek/runtime'
import { NodeLink } from '../../src/cluster/node-link.ts'
import { ConnectionError } from '../../src/errors/kafka-error.ts'
import { ClientMetrics } from '../../src/metrics/client-metrics.ts'
import { commonKeys } from '../../src/config/common.ts'
import { resolveConfig } from '../../src/config/resolve.ts'

test('a link that is dropped while it connects fails with the reason, which can be retried', async () => {
  const real = createNodeRuntime()
  let refuse: (error: Error) => void = () => undefined
  const connect: Runtime['network']['connect'] = () =>
    new Promise((_resolve, reject) => {
      refuse = reject
    })
  const network: Runtime['network'] = {
    connect,
    listen: (...args) => real.network.listen(...args),
    resolve: (host) => Promise.resolve([host]),
  }
  const { network: metrics } = new ClientMetrics('test', 'test', { windowMs: 1000, samples: 2, nowMs: () => 0 })
  const link = new NodeLink(
    { host: '127.0.0.1', port: 9 },
    { runtime: { ...real, network }, config: resolveConfig(commonKeys, {}), tls: undefined, metrics },
  )
  const connecting = link.connection()
  await new Promise((resolve) => void setImmediate(resolve))
  const reason = new ConnectionError('127.0.0.1:9 is no longer in the cluster')
  link.close(reason)
  refuse(Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }))
  await assert.rejects(connecting, reason)
  assert.equal(reason.retriable, true)
})
