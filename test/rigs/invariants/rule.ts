import type { AnyEventObject } from 'xstate';
import type { ConnectionSnapshot } from '../../../src/connection/state.js';
import type { ConnectionRig } from '../connectionRig.js';

/** The chart took an event. */
export interface Transition {
  /** Its type. */
  readonly event: string;
  readonly payload: AnyEventObject;
  readonly before: ConnectionSnapshot;
  readonly after: ConnectionSnapshot;
  /** Monotonic reading. */
  readonly at: number;
}

/** Something that always holds. Each of its methods returns what is wrong, in a sentence each. */
export interface Rule {
  /** After each event the chart took, while it is being told to everybody. */
  moved?(transition: Transition, rig: ConnectionRig): Iterable<string>;
  /** After each command. */
  stepped?(rig: ConnectionRig, snapshot: ConnectionSnapshot): Iterable<string>;
  /** When every promise that can settle by itself has. */
  settled?(rig: ConnectionRig, snapshot: ConnectionSnapshot): Iterable<string>;
  /** A timer ran out before one that was due earlier: how long anything took says nothing any more. */
  disturbed?(at: number): void;
}

export function isIn(snapshot: ConnectionSnapshot, path: string): boolean {
  const names = path.split('.');
  return snapshot._nodes.some((node) => names.every((name, index) => node.path[index] === name));
}
