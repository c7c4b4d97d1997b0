/** The facts, for the tests and tools that compare them with Kafka's. */

export * from './definitions.ts'
export { generate } from './generator/generate.ts'
export { type Definitions, loadDefinitions, packageRoot } from './generator/load.ts'
export * from './language.ts'
