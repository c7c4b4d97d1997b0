/** Small checked-in Java programs: compiled once against Kafka's jars, run with them on the class path. */

import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { kafkaClasspath } from './kafka-dist.ts'
import { cacheDir } from './paths.ts'
import { prepareOnce } from './prepare-once.ts'
import { mustRun, type ProcessOptions, type ProcessResult, runProcess, type StartedProcess, startProcess } from './process.ts'

/** For programs that live for seconds: compiling little and collecting garbage in one thread saves half their CPU time. */
export const shortLivedJvm: readonly string[] = ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Xshare:auto']

export interface JavaProgram {
  mainClass: string
  classesDir: string
}

export interface JavaOptions extends ProcessOptions {
  /** Default: shortLivedJvm. */
  jvmArgs?: readonly string[]
  /** Default: everything of Kafka. */
  classpath?: string
}

/** Compiles one source file, whose public class is named like the file; cached by its content. */
export async function compileJava(sourcePath: string): Promise<JavaProgram> {
  const source = await readFile(sourcePath)
  const hash = createHash('sha256').update(source).digest('hex').slice(0, 16)
  const mainClass = basename(sourcePath, '.java')
  const classpath = await kafkaClasspath()
  const classesDir = await prepareOnce(join(cacheDir, 'java', `${mainClass}-${hash}`), async (scratchDir) => {
    await mustRun('javac', ['-nowarn', '-proc:none', '-cp', classpath, '-d', scratchDir, sourcePath])
  })
  return { mainClass, classesDir }
}

async function commandLine(program: JavaProgram, args: readonly string[], options: JavaOptions): Promise<string[]> {
  const classpath = options.classpath ?? (await kafkaClasspath())
  return [...(options.jvmArgs ?? shortLivedJvm), '-cp', `${program.classesDir}:${classpath}`, program.mainClass, ...args]
}

/** Compiles the source when needed and runs its main to the end. */
export async function runJava(sourcePath: string, args: readonly string[] = [], options: JavaOptions = {}): Promise<ProcessResult> {
  const program = await compileJava(sourcePath)
  return await runProcess('java', await commandLine(program, args, options), options)
}

/** Compiles the source when needed and starts its main. */
export async function startJava(sourcePath: string, args: readonly string[] = [], options: JavaOptions = {}): Promise<StartedProcess> {
  const program = await compileJava(sourcePath)
  return startProcess('java', await commandLine(program, args, options), options)
}
