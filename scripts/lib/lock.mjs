// A lock between processes: a file that names its owner by pid and start time, so that a crash leaves no lock behind.
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

// A pid is reused sooner or later; with the start time (Linux) it is unique.
function startTime(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''
  } catch {
    return ''
  }
}

function isAlive(owner) {
  const [pid, started] = owner.split(' ')
  try {
    process.kill(Number(pid), 0)
  } catch (error) {
    return error.code === 'EPERM'
  }
  return startTime(pid) === started
}

function readOwner(path) {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

function tryAcquire(path, mine) {
  try {
    linkSync(mine, path)
    return true
  } catch (error) {
    if (error.code !== 'EEXIST') throw error
  }
  const owner = readOwner(path)
  if (owner !== undefined && !isAlive(owner)) {
    const aside = `${mine}.stale`
    try {
      renameSync(path, aside)
      // Another process may have replaced the stale lock between the two steps: give it back.
      if (readOwner(aside) !== owner) linkSync(aside, path)
    } catch {
      // Somebody else was faster.
    }
    rmSync(aside, { force: true })
  }
  return false
}

// Runs `work` while no other process that names the same path does. `onWait` is called once when somebody else holds it.
export async function withLock(path, onWait, work) {
  const mine = `${path}.${process.pid}`
  const forget = () => rmSync(mine, { force: true })
  const release = () => rmSync(path, { force: true })
  writeFileSync(mine, `${process.pid} ${startTime(process.pid)}`)
  process.once('exit', forget)
  try {
    let told = false
    while (!tryAcquire(path, mine)) {
      if (!told) onWait()
      told = true
      await sleep(50)
    }
    process.once('exit', release)
    return await work()
  } finally {
    // Only the owner may remove it: once it is released, another process may hold it.
    if (process.listeners('exit').includes(release)) release()
    process.off('exit', release)
    forget()
    process.off('exit', forget)
  }
}
