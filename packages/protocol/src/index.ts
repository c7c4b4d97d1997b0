export { nearestName } from './config/nearest.ts'
export { parseProperties } from './config/properties.ts'
