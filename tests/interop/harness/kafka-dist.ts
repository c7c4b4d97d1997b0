/** Apache Kafka 4.3.1 from Maven Central: its jars, downloaded once into .cache. */

import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { cacheDir, harnessDir } from './paths.ts'
import { prepareOnce } from './prepare-once.ts'
import { mustRun } from './process.ts'

export const kafkaVersion = '4.3.1'

/** The directory with the jars of Kafka's broker, tools and Java clients and of all they need. */
export async function kafkaDir(): Promise<string> {
  return await prepareOnce(join(cacheDir, `kafka-${kafkaVersion}`), async (scratchDir) => {
    const args = ['-q', '-B', '-f', join(harnessDir, 'pom.xml'), 'dependency:copy-dependencies', '-DincludeScope=runtime']
    await mustRun('mvn', [...args, `-DoutputDirectory=${scratchDir}`], { timeoutMs: 300_000 })
  })
}

/** The path of one of Kafka's own jars, such as `kafka-clients`. */
export async function kafkaJar(artifactId: string): Promise<string> {
  const dir = await kafkaDir()
  const name = `${artifactId}-${kafkaVersion}.jar`
  if (!(await readdir(dir)).includes(name)) throw new Error(`Kafka ${kafkaVersion} has no ${name}`)
  return join(dir, name)
}

/** All jars but those left out, as a Java class path, the logging configuration in front. */
export async function kafkaClasspath(options: { without?: readonly string[] } = {}): Promise<string> {
  const dir = await kafkaDir()
  const left = (options.without ?? []).map((artifactId) => `${artifactId}-${kafkaVersion}.jar`)
  const jars = (await readdir(dir)).filter((name) => name.endsWith('.jar') && !left.includes(name)).sort()
  return [harnessDir, ...jars.map((name) => join(dir, name))].join(':')
}
