// Completes package-lock.json after `npm install`: a registry mirror that serves one platform leaves the optional packages of the others
// out of it, and `npm ci` then refuses the lock file everywhere. What is added has no integrity and is installed on its own platform only.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { rootDir } from './lib/workspace.mjs'

const path = join(rootDir, 'package-lock.json')
const lock = JSON.parse(readFileSync(path, 'utf8'))

const libcOf = { gnu: 'glibc', gnueabihf: 'glibc', musl: 'musl', musleabihf: 'musl' }
const systems = ['android', 'darwin', 'freebsd', 'linux', 'openharmony', 'win32']
const cpus = ['arm64', 'arm', 'ia32', 'ppc64', 'riscv64', 's390x', 'x64']

// The platform is in the package's name: @oxlint/binding-linux-arm64-musl.
function platformEntry(name, version, isDev) {
  const words = name.split('/').at(-1).split('-')
  const pick = (known) => known.filter((word) => words.includes(word)).slice(0, 1)
  const [os, cpu] = [pick(systems), pick(cpus)]
  if (os.length === 0 || cpu.length === 0) throw new Error(`${name}: which platform is it for?`)
  const libc = words.map((word) => libcOf[word]).filter((word) => word !== undefined)
  return { version, cpu, ...(isDev ? { dev: true } : {}), ...(libc.length > 0 ? { libc } : {}), optional: true, os }
}

let added = 0
for (const entry of Object.values({ ...lock.packages })) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    const key = `node_modules/${name}`
    if (Object.keys(lock.packages).some((other) => other === key || other.endsWith(`/${key}`))) continue
    if (!/^\d+\.\d+\.\d+$/.test(version)) throw new Error(`${name}@${version}: not an exact version`)
    lock.packages[key] = platformEntry(name, version, entry.dev === true)
    added += 1
  }
}
const sorted = Object.entries(lock.packages).sort(([a], [b]) => a.localeCompare(b, 'en'))
lock.packages = Object.fromEntries(sorted)
if (added > 0) writeFileSync(path, `${JSON.stringify(lock, undefined, 2)}\n`)
console.log(`${added} packages of other platforms added to package-lock.json`)
