/** The states of a classic group member and the steps between them that are legal. */

export type MemberState =
  /** Not in a group and not wanting to be. */
  | 'detached'
  /** The application has to let go of its partitions before the next step. */
  | 'releasing'
  /** JoinGroup is to be sent, or under way. */
  | 'joining'
  /** This member leads: it has to share out the partitions. */
  | 'assigning'
  /** SyncGroup is to be sent, or under way. */
  | 'syncing'
  /** The application has to take up its partitions. */
  | 'adopting'
  | 'stable'
  /** LeaveGroup is to be sent, or under way. */
  | 'leaving'
  /** An error that joining again would not mend. */
  | 'failed'

export const legalTransitions: Readonly<Record<MemberState, readonly MemberState[]>> = {
  detached: ['joining'],
  releasing: ['joining', 'leaving', 'detached', 'failed', 'releasing'],
  joining: ['assigning', 'syncing', 'leaving', 'detached', 'failed', 'releasing'],
  assigning: ['syncing', 'joining', 'leaving', 'detached', 'failed', 'releasing'],
  syncing: ['adopting', 'joining', 'leaving', 'detached', 'failed', 'releasing'],
  adopting: ['stable', 'leaving', 'detached', 'failed', 'releasing'],
  stable: ['releasing', 'leaving', 'detached', 'failed'],
  leaving: ['detached', 'releasing'],
  failed: ['joining', 'detached'],
}
