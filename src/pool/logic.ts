/** The effects that bring the pool's charts to life. */
import { fromCallback, fromPromise, type Subscription } from 'xstate';
import {
  type CheckOutput,
  type ConnectionContext,
  type EntryFact,
  type EntryRequest,
  type PoolHandle,
  poolEntryMachine,
  poolMachine,
  type ReviewOutput,
} from '../../machines/index.js';
import type { ConnectionManager } from '../connection/ConnectionManager.js';
import { type ConnectionState, isTagged, statusOf } from '../connection/state.js';
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
  const snapshot = () => manager.actor.getSnapshot();
  const tell = (state: ConnectionState) => sendBack(factOf(state, snapshot().context.intent, random));
  if (manager.state.status !== 'disconnected') tell(manager.state);
  const prove = () => sendBack({ type: 'connection.proved' });
  const subscriptions = [
    manager.actor.on('probe.answered', prove),
    // What it said meanwhile is a proof of life, too.
    manager.actor.on('probe.unanswered', ({ isAlive }) => isAlive && prove()),
    // A code that was refused leaves it in the same state; those who waited for the exchange are told all the same.
    watchExchange(manager, () => sendBack({ type: 'connection.challenged' })),
  ];
  let isTakenBack = false;
  const unsubscribe = manager.on('state', ({ from, to, cause }) => {
    if (from.status === to.status) return;
    if (from.status === 'failed' && cause === 'system.woke') {
      // Nobody has asked for it: when it is tried again, and whether there is a place for it, the chart decides.
      isTakenBack = true;
      manager.disconnect().catch(() => {});
      return;
    }
    const isEcho = isTakenBack && to.status === 'disconnected';
    isTakenBack = false;
    if (!isEcho) tell(to);
  });
  receive(({ type }) => {
    const opened = type === 'open' ? manager.connect() : manager.reconnect();
    // How it ends is told as a state, but of a chart that has stopped: it has no other state to come to.
    opened.catch(() => {
      if (snapshot().status === 'error') sendBack({ type: 'connection.ended' });
    });
  });
  return () => {
    unsubscribe();
    for (const subscription of subscriptions) subscription.unsubscribe();
  };
});

/** Tells each time that the exchange of a code has ended without an authorization. */
function watchExchange({ actor }: ConnectionManager, tell: () => void): Subscription {
  let wasExchanging = false;
  return actor.subscribe({
    next: (snapshot) => {
      const isExchanging = isTagged(snapshot, 'exchanging');
      if (wasExchanging && !isExchanging && statusOf(snapshot) === 'authorizing') tell();
      wasExchanging = isExchanging;
    },
    // The manager tells it as a state.
    error: () => {},
  });
}

function factOf(
  state: ConnectionState,
  intent: ConnectionContext['intent'],
  random: () => number,
): EntryFact {
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
      // A session that would not end is closed before the next one opens.
      return { type: intent === 'connected' ? 'connection.opening' : 'connection.leaving' };
    case 'disconnected':
      return { type: 'connection.left' };
    case 'terminated':
      return { type: 'connection.ended' };
  }
}

const admit = fromPromise<void, Input>(({ input, signal }) => behind(entries, input.handle).admit(signal));
const check = fromPromise<CheckOutput, Input>(({ input, signal }) =>
  behind(entries, input.handle).lifeSigns.check(signal),
);
const review = fromPromise<ReviewOutput, Input>(async ({ input }) => {
  const { unusedFor } = behind(entries, input.handle).usage;
  return { unusedFor };
});
const retire = fromPromise<void, Input>(({ input }) => behind(entries, input.handle).manager.terminate());
const settle = fromPromise<void, Input>(({ input, signal }) => behind(pools, input.handle).settled(signal));
const retireAll = fromPromise<void, Input>(({ input }) => behind(pools, input.handle).retireAll());

/** The charts with their real actors. */
export const entryLogic = poolEntryMachine.provide({ actors: { connection, admit, check, review, retire } });
export const poolLogic = poolMachine.provide({ actors: { settle, retireAll } });
