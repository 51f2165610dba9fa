/** The effects that bring the pool's charts to life. */
import { fromCallback, fromPromise } from 'xstate';
import {
  type CheckOutput,
  type EntryFact,
  type EntryRequest,
  type PoolHandle,
  poolEntryMachine,
  poolMachine,
  type ReviewOutput,
} from '../../machines/index.js';
import type { ConnectionState } from '../connection/state.js';
import type { PoolEntry } from './PoolEntry.js';

/** What the pool's own chart is to find behind its handle. */
export interface PoolResources {
  /** Resolves when no call is in flight. */
  settled(signal: AbortSignal): Promise<void>;
  /** Resolves when every connection has ended; rejects naming those that could not. */
  retireAll(): Promise<void>;
}

const entries = new WeakMap<PoolHandle, PoolEntry>();
const pools = new WeakMap<PoolHandle, PoolResources>();

export function entryHandle(entry: PoolEntry): PoolHandle {
  const handle: PoolHandle = {};
  entries.set(handle, entry);
  return handle;
}

export function poolHandle(resources: PoolResources): PoolHandle {
  const handle: PoolHandle = {};
  pools.set(handle, resources);
  return handle;
}

function behind<Live>(live: WeakMap<PoolHandle, Live>, handle: PoolHandle): Live {
  const found = live.get(handle);
  if (found === undefined)
    throw new Error('This handle belongs to no live pool: use createConnectionPool().');
  return found;
}

type Input = { handle: PoolHandle };

/** Tells the chart what the connection does, and the connection what the chart wants. */
const connection = fromCallback<EntryRequest, Input, EntryFact>(({ input, receive, sendBack }) => {
  const { manager, random } = behind(entries, input.handle);
  const tell = (state: ConnectionState) => {
    const fact = factOf(state, random);
    if (fact !== null) sendBack(fact);
  };
  if (manager.state.status !== 'disconnected') tell(manager.state);
  const unsubscribe = manager.on('state', ({ from, to }) => {
    if (from.status !== to.status) tell(to);
  });
  const { unsubscribe: unwatch } = manager.actor.on('probe.answered', () =>
    sendBack({ type: 'connection.proved' }),
  );
  // How it ends is told as a state; the promise says nothing more.
  receive(({ type }) => void (type === 'open' ? manager.connect() : manager.reconnect()).catch(() => {}));
  return () => {
    unsubscribe();
    unwatch();
  };
});

function factOf(state: ConnectionState, random: () => number): EntryFact | null {
  switch (state.status) {
    case 'connecting':
    case 'reconnecting':
      return { type: 'connection.opening' };
    case 'connected':
      return { type: 'connection.opened' };
    case 'authorizing':
      return { type: 'connection.challenged' };
    case 'failed':
      return { type: 'connection.failed', error: state.error, random: random() };
    case 'closing':
    case 'disconnected':
      return { type: 'connection.left' };
    case 'terminated':
      return { type: 'connection.ended' };
  }
}

const admit = fromPromise<void, Input>(({ input, signal }) => behind(entries, input.handle).admit(signal));
const check = fromPromise<CheckOutput, Input>(({ input, signal }) =>
  behind(entries, input.handle).check(signal),
);
const review = fromPromise<ReviewOutput, Input>(async ({ input }) => behind(entries, input.handle).review());
const retire = fromPromise<void, Input>(({ input }) => behind(entries, input.handle).manager.terminate());
const settle = fromPromise<void, Input>(({ input, signal }) => behind(pools, input.handle).settled(signal));
const retireAll = fromPromise<void, Input>(({ input }) => behind(pools, input.handle).retireAll());

/** The charts with their real actors. */
export const entryLogic = poolEntryMachine.provide({ actors: { connection, admit, check, review, retire } });
export const poolLogic = poolMachine.provide({ actors: { settle, retireAll } });
