// A process of our client that is a member of a group: a JSON object a line for what happens to it. It leaves when its input ends.
// Arguments: bootstrap servers, topic, group, configuration as JSON.

import { Kafka } from '@odradek/client'
import { PollingMember } from './polling-member.ts'

const [bootstrapServers = '', topic = '', groupId = '', config = '{}'] = process.argv.slice(2)
const kafka = new Kafka({ bootstrapServers, clientId: 'process' })
const properties = JSON.parse(config) as Record<string, string>
const member = new PollingMember(kafka, { topics: [topic], config: { groupId, properties } }, (line) => console.log(JSON.stringify(line)))
await member.begin()
process.stdin.resume()
process.stdin.on('end', () => {
  void member
    .leave()
    .then(() => kafka.close())
    .then(() => process.exit(0))
})
