export { groupLags } from './lag/group-lag.ts'
export type { GroupLag, PartitionLag } from './lag/group-lag.ts'
export { startMonitor } from './monitor.ts'
export type { Monitor, MonitorOptions } from './monitor.ts'
