/** Node's own modules, each loaded when it is first used: importing this package costs next to nothing. */

export const crypto = (): typeof import('node:crypto') => process.getBuiltinModule('node:crypto')
export const dns = (): typeof import('node:dns') => process.getBuiltinModule('node:dns')
export const fs = (): typeof import('node:fs') => process.getBuiltinModule('node:fs')
export const net = (): typeof import('node:net') => process.getBuiltinModule('node:net')
export const os = (): typeof import('node:os') => process.getBuiltinModule('node:os')
export const path = (): typeof import('node:path') => process.getBuiltinModule('node:path')
export const tls = (): typeof import('node:tls') => process.getBuiltinModule('node:tls')
export const zlib = (): typeof import('node:zlib') => process.getBuiltinModule('node:zlib')
export const childProcess = (): typeof import('node:child_process') => process.getBuiltinModule('node:child_process')
export const workerThreads = (): typeof import('node:worker_threads') => process.getBuiltinModule('node:worker_threads')
