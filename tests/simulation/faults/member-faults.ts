/** What members of groups and other programs do to themselves. */

import type { RandomStream } from '@odradek/runtime/sim'
import type { Order, Stage } from '../stage/stage.ts'
import type { Program } from '../stage/program.ts'
import type { Fault } from './fault.ts'

function pickOf(programs: readonly Program[], random: RandomStream): Program | undefined {
  return programs[random.int(programs.length)]
}

function order({ members, orders }: Stage, random: RandomStream, what: Order): boolean {
  const member = pickOf(members, random)
  if (member !== undefined) orders.set(member.host, what)
  return member !== undefined
}

/** It does not poll for about max.poll.interval.ms, more or less. */
export const stallMember: Fault = {
  name: 'member stalled',
  kinds: [],
  strike: async (stage, random) => order(stage, random, 'stall'),
}

/** It leaves the group and comes back later. */
export const memberLeaves: Fault = {
  name: 'member left',
  kinds: [],
  strike: async (stage, random) => order(stage, random, 'leave'),
}

export const crashMember: Fault = {
  name: 'member crashed',
  kinds: ['process-killed'],
  strike: async ({ members }, random) => pickOf(members, random)?.crash() ?? false,
}

export const crashProducer: Fault = {
  name: 'producer crashed',
  kinds: ['process-killed'],
  strike: async ({ producers }, random) => pickOf(producers, random)?.crash() ?? false,
}

export const memberFaults: readonly Fault[] = [stallMember, memberLeaves, crashMember]
