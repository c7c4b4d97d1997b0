/** The web page's HTTP server: the document and its JSON API, read-only. */

import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { page } from './page.ts'

export interface DashboardOptions {
  readonly host: string
  /** 0 picks a free port. */
  readonly port: number
  /** What `GET /api/v1/overview` answers, as JSON. */
  readonly overview: () => Promise<object>
}

export interface Dashboard {
  readonly url: string
  close(): Promise<void>
}

/** Rejects with Node's error (`code` EADDRINUSE, EACCES …) when it cannot listen. */
export async function startDashboard(options: DashboardOptions): Promise<Dashboard> {
  const server = createServer((request, response) => {
    void answer(request, response, options)
  })
  server.maxConnections = maxConnections
  await listen(server, options)
  const address = server.address()
  const port = address !== null && typeof address === 'object' ? address.port : options.port
  return {
    url: `http://${options.host.includes(':') ? `[${options.host}]` : options.host}:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

const maxConnections = 256

function listen(server: Server, options: DashboardOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port, options.host, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

async function answer(request: IncomingMessage, response: ServerResponse, options: DashboardOptions): Promise<void> {
  if (!isExpectedHost(request, options)) return sendJson(response, 421, { message: 'this host name is not served here' })
  if (request.method !== 'GET' && request.method !== 'HEAD') return sendJson(response, 405, { message: 'only GET is served' })
  const path = (request.url ?? '/').split('?', 1)[0]
  if (path === '/') return send(response, 200, 'text/html; charset=utf-8', page.html)
  if (path !== '/api/v1/overview') return sendJson(response, 404, { message: `there is no ${path}` })
  try {
    sendJson(response, 200, await options.overview())
  } catch (error) {
    sendJson(response, 503, { message: error instanceof Error ? error.message : String(error) })
  }
}

/** A page of another site whose name was made to resolve to this machine (DNS rebinding) still sends its own name as Host. */
function isExpectedHost(request: IncomingMessage, options: DashboardOptions): boolean {
  const loopback = /^(127\.|::1$|localhost$)/
  if (!loopback.test(options.host)) return true
  const name = (request.headers.host ?? '').replace(/:\d+$/, '').replace(/^\[|\]$/g, '')
  return loopback.test(name)
}

function sendJson(response: ServerResponse, status: number, body: object): void {
  send(response, status, 'application/json; charset=utf-8', JSON.stringify(body))
}

function send(response: ServerResponse, status: number, contentType: string, body: string): void {
  response.writeHead(status, {
    'content-type': contentType,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    'content-security-policy': contentSecurityPolicy,
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
  })
  response.end(body)
}

const hash = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`

const contentSecurityPolicy = [
  "default-src 'none'",
  `script-src ${hash(page.script)}`,
  `style-src ${hash(page.style)}`,
  "connect-src 'self'",
  'img-src data:',
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ')
