// The kinds of workload: those that every program knows, and those of the two clients that brokers are compared by.

export const commonKinds = ['produce', 'consume', 'latency', 'end-to-end', 'first-ack', 'group', 'transactions']
export const allKinds = [...commonKinds, 'isolation', 'commits']
