/** Node's own modules, each loaded when it is first used: importing this package costs next to nothing. */

import type * as ChildProcess from 'node:child_process'
import type * as Crypto from 'node:crypto'
import type * as Dns from 'node:dns'
import type * as Fs from 'node:fs'
import type * as Net from 'node:net'
import type * as Os from 'node:os'
import type * as Path from 'node:path'
import type * as Tls from 'node:tls'
import type * as WorkerThreads from 'node:worker_threads'
import type * as Zlib from 'node:zlib'

export const crypto = (): typeof Crypto => process.getBuiltinModule('node:crypto')
export const dns = (): typeof Dns => process.getBuiltinModule('node:dns')
export const fs = (): typeof Fs => process.getBuiltinModule('node:fs')
export const net = (): typeof Net => process.getBuiltinModule('node:net')
export const os = (): typeof Os => process.getBuiltinModule('node:os')
export const path = (): typeof Path => process.getBuiltinModule('node:path')
export const tls = (): typeof Tls => process.getBuiltinModule('node:tls')
export const zlib = (): typeof Zlib => process.getBuiltinModule('node:zlib')
export const childProcess = (): typeof ChildProcess => process.getBuiltinModule('node:child_process')
export const workerThreads = (): typeof WorkerThreads => process.getBuiltinModule('node:worker_threads')
