import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { TransactionCall, TransactionState } from '../../src/transaction/transaction-state.ts'
import { predecessors, TransactionStates } from '../../src/transaction/transaction-state.ts'

/** By what steps each state is reached. */
const ways: Record<TransactionState, TransactionState[]> = {
  UNINITIALIZED: [],
  INITIALIZING: ['INITIALIZING'],
  READY: ['INITIALIZING', 'READY'],
  IN_TRANSACTION: ['INITIALIZING', 'READY', 'IN_TRANSACTION'],
  COMMITTING: ['INITIALIZING', 'READY', 'IN_TRANSACTION', 'COMMITTING'],
  ABORTING: ['INITIALIZING', 'READY', 'IN_TRANSACTION', 'ABORTING'],
  ABORTABLE_ERROR: ['INITIALIZING', 'READY', 'IN_TRANSACTION', 'ABORTABLE_ERROR'],
  FATAL_ERROR: ['FATAL_ERROR'],
}
const all = Object.keys(ways) as TransactionState[]

function at(state: TransactionState): TransactionStates {
  const states = new TransactionStates()
  for (const step of ways[state]) states.to(step)
  return states
}

describe('the states of a transaction', () => {
  it('follow one another as the table says, and no otherwise', () => {
    for (const from of all) {
      for (const to of all) {
        const states = at(from)
        if (predecessors[to].includes(from)) {
          states.to(to)
          assert.equal(states.current, to)
        } else assert.throws(() => states.to(to), /cannot go from/, `${from} to ${to}`)
      }
    }
  })

  it('nothing follows a fatal error', () => {
    for (const to of all) assert.ok(!predecessors[to].includes('FATAL_ERROR'))
  })

  it('a call out of turn is told what to do', () => {
    const told = (state: TransactionState, call: TransactionCall): string => at(state).objection(call)?.message ?? 'fine'
    assert.match(told('UNINITIALIZED', 'send()'), /send\(\): call initTransactions\(\) first/)
    assert.match(told('READY', 'send()'), /call beginTransaction\(\) first/)
    assert.match(told('IN_TRANSACTION', 'beginTransaction()'), /commitTransaction\(\) or abortTransaction\(\) first/)
    assert.match(told('ABORTABLE_ERROR', 'commitTransaction()'), /call abortTransaction\(\)/)
    assert.match(told('FATAL_ERROR', 'abortTransaction()'), /close it/)
    assert.match(told('READY', 'initTransactions()'), /once is enough/)
    assert.equal(told('ABORTABLE_ERROR', 'abortTransaction()'), 'fine')
  })
})
