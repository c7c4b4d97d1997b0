/** YAML, loaded when it is asked for. A file of its own, because a bundle gives a CommonJS package's names to static imports only. */

export { stringify } from 'yaml'
