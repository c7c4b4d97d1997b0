// Whether node_modules holds what package-lock.json names. npm writes what it installed to node_modules/.package-lock.json.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { rootDir } from './workspace.mjs'

export function installedMatchesLock() {
  const installedPath = join(rootDir, 'node_modules', '.package-lock.json')
  if (!existsSync(installedPath)) return false
  const wanted = JSON.parse(readFileSync(join(rootDir, 'package-lock.json'), 'utf8')).packages
  const installed = JSON.parse(readFileSync(installedPath, 'utf8')).packages
  const isModule = (path) => path.includes('node_modules/')
  const missing = Object.keys(wanted).some((path) => {
    if (!isModule(path)) return false
    const present = installed[path]
    // What is not for this platform is in the lock file and rightly absent.
    if (present === undefined) return wanted[path].optional !== true
    return present.version !== wanted[path].version || !existsSync(join(rootDir, path))
  })
  return !missing && Object.keys(installed).every((path) => !isModule(path) || wanted[path] !== undefined)
}
