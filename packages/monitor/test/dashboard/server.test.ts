import assert from 'node:assert/strict'
import { request } from 'node:http'
import { after, before, test } from 'node:test'
import { page } from '../../src/dashboard/page.ts'
import { type Dashboard, startDashboard } from '../../src/dashboard/server.ts'

let dashboard: Dashboard
let overview: () => Promise<object> = async () => ({ clusterId: 'c', topics: [] })

before(async () => {
  dashboard = await startDashboard({ host: '127.0.0.1', port: 0, overview: () => overview() })
})

after(async () => {
  await dashboard.close()
})

test('the page is served with a policy that allows its own script and style alone', async () => {
  const response = await fetch(dashboard.url)
  assert.equal(response.status, 200)
  assert.match(response.headers.get('content-type') ?? '', /^text\/html/)
  const policy = response.headers.get('content-security-policy') ?? ''
  assert.match(policy, /default-src 'none'/)
  assert.match(policy, /script-src 'sha256-[\w+/=]+'/)
  const html = await response.text()
  assert.ok(html.includes(`<script>${page.script}</script>`) && html.includes(`<style>${page.style}</style>`))
})

test('the overview is JSON', async () => {
  const response = await fetch(`${dashboard.url}/api/v1/overview`)
  assert.equal(response.status, 200)
  assert.deepEqual(await response.json(), { clusterId: 'c', topics: [] })
})

test('a cluster that does not answer is a 503 with the reason', async () => {
  const before = overview
  overview = () => Promise.reject(new Error('no broker'))
  try {
    const response = await fetch(`${dashboard.url}/api/v1/overview`)
    assert.equal(response.status, 503)
    assert.deepEqual(await response.json(), { message: 'no broker' })
  } finally {
    overview = before
  }
})

test('anything else is refused', async () => {
  assert.equal((await fetch(`${dashboard.url}/etc/passwd`)).status, 404)
  assert.equal((await fetch(`${dashboard.url}/`, { method: 'POST' })).status, 405)
})

test('a foreign host name that resolves here is refused', async () => {
  const status = await new Promise((resolve, reject) => {
    request(dashboard.url, { headers: { host: 'evil.example' } }, (response) => {
      response.resume()
      resolve(response.statusCode)
    })
      .on('error', reject)
      .end()
  })
  assert.equal(status, 421)
})
