import { type AnyStateMachine, isMachineSnapshot } from 'xstate';

/** The machine's snapshots. As XState's `SnapshotFrom`, but readable where the machine is a type parameter. */
export type SnapshotOf<TMachine extends AnyStateMachine> = ReturnType<TMachine['transition']>;

export function isSnapshotOf<TMachine extends AnyStateMachine>(
  machine: TMachine,
  snapshot: unknown,
): snapshot is SnapshotOf<TMachine> {
  return isMachineSnapshot(snapshot) && snapshot.machine === machine;
}
