/**
 * The life of a pool of connections.
 *
 *   open ─drain→ draining → closing → closed
 *     └──────close───────────↗
 *
 * Invariants:
 *  1. Connections are handed out, and begun, in `open` only.
 *  2. There is no way back.
 */
import { assign, fromPromise, setup } from 'xstate';
import { toRecord } from '../connection/updates.js';
import type { PoolCommand, PoolContext, PoolHandle, PoolInput } from './pool.types.js';

function notProvided(actor: string): never {
  throw new Error(
    `poolMachine has no '${actor}' actor. Use createConnectionPool from 'mcp-lifeline', or give the machine one: poolMachine.provide({ actors: { ${actor}: … } }).`,
  );
}

export const poolMachine = setup({
  types: {
    context: {} as PoolContext,
    events: {} as PoolCommand,
    input: {} as PoolInput,
    children: {} as { settle: 'settle'; retireAll: 'retireAll' },
  },
  actors: {
    settle: fromPromise<void, { handle: PoolHandle }>(() => notProvided('settle')),
    retireAll: fromPromise<void, { handle: PoolHandle }>(() => notProvided('retireAll')),
  },
  delays: {
    drainTimeout: ({ context }) => context.limits.drain,
    closeTimeout: ({ context }) => context.limits.close,
  },
  actions: {
    recordUnclosed: assign((_, { error }: { error: unknown }) => ({ unclosed: toRecord(error).message })),
    recordTimeout: assign(({ context }) => ({
      unclosed: `connections did not end within ${context.limits.close} ms (limits.close)`,
    })),
  },
}).createMachine({
  id: 'pool',
  description: 'The life of a pool of connections.',
  context: ({ input }) => ({ ...input, unclosed: null }),
  initial: 'open',
  states: {
    open: {
      description: 'Connections are begun where they are wanted, and handed out.',
      on: { 'pool.drain': { target: 'draining' }, 'pool.close': { target: 'closing' } },
    },
    draining: {
      description: 'Nothing is handed out any more; calls in flight finish.',
      invoke: {
        src: 'settle',
        id: 'settle',
        input: ({ context }) => ({ handle: context.handle }),
        onDone: { target: 'closing' },
        onError: { target: 'closing' },
      },
      after: { drainTimeout: { target: 'closing' } },
      on: { 'pool.close': { target: 'closing' } },
    },
    closing: {
      description: 'Every connection ends.',
      invoke: {
        src: 'retireAll',
        id: 'retireAll',
        input: ({ context }) => ({ handle: context.handle }),
        onDone: { target: 'closed' },
        onError: {
          target: 'closed',
          actions: { type: 'recordUnclosed', params: ({ event }) => event },
        },
      },
      after: { closeTimeout: { target: 'closed', actions: 'recordTimeout' } },
    },
    closed: {
      description: 'Over. What could not be ended is named.',
      type: 'final',
    },
  },
});
