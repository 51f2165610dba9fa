/**
 * The life of one connection in a pool, seen from those who want it.
 *
 *   vacant ─want→ entering → held: opening ⇄ ready ⇄ checking → recovering
 *      ↑                       ↓ ↘ authorizing
 *      ├──────────────── backingOff          … ─retire→ retiring → retired
 *      └─ leaving ← …
 *
 * Invariants:
 *  1. A connection is handed out in `ready` only, and within `freshness` of a proof of life.
 *  2. Where it stands is what the connection reports; the pool has no opinion of its own.
 *  3. Never two checks at a time; failed ones are counted by the connection, and there only.
 *  4. Whatever begins a connection for somebody passes through `entering`, which keeps the pool's limit; what
 *     has not ended yet keeps its place.
 *  5. What is held and nobody uses ends after `idleTimeout`, whatever it goes through meanwhile.
 *  6. `retire` latches.
 */
import { assign, fromCallback, fromPromise, sendTo, setup } from 'xstate';
import type { ConnectionErrorRecord } from '../connection/connection.types.js';
import type {
  CheckOutput,
  EntryContext,
  EntryEvent,
  EntryFact,
  EntryInput,
  EntryRequest,
  PoolHandle,
  ReviewOutput,
} from './pool.types.js';
import * as updates from './updates.js';

function notProvided(actor: string): never {
  throw new Error(
    `poolEntryMachine has no '${actor}' actor. Use createConnectionPool from 'mcp-lifeline', or give the machine one: poolEntryMachine.provide({ actors: { ${actor}: … } }).`,
  );
}

export const poolEntryMachine = setup({
  types: {
    context: {} as EntryContext,
    events: {} as EntryEvent,
    input: {} as EntryInput,
    children: {} as {
      connection: 'connection';
      admit: 'admit';
      check: 'check';
      review: 'review';
      retire: 'retire';
    },
  },
  actors: {
    connection: fromCallback<EntryRequest, { handle: PoolHandle }, EntryFact>(() =>
      notProvided('connection'),
    ),
    admit: fromPromise<void, { handle: PoolHandle }>(() => notProvided('admit')),
    check: fromPromise<CheckOutput, { handle: PoolHandle }>(() => notProvided('check')),
    review: fromPromise<ReviewOutput, { handle: PoolHandle }>(() => notProvided('review')),
    retire: fromPromise<void, { handle: PoolHandle }>(() => notProvided('retire')),
  },
  guards: {
    isStale: ({ context }, { silence }: { silence: number | null }) => updates.isStale(silence, context),
    isAlive: (_, { isAlive }: CheckOutput) => isAlive,
    isAwaited: ({ context }) => context.isAwaited,
    isIdleLimited: ({ context }) => context.policy.idleTimeout !== 'unlimited',
    isUnusedForLong: ({ context }, { unusedFor }: ReviewOutput) =>
      context.policy.idleTimeout !== 'unlimited' && unusedFor >= context.policy.idleTimeout,
  },
  delays: {
    restDelay: ({ context }) => context.restDelay,
    reviewDelay: ({ context }) => context.reviewDelay,
  },
  actions: {
    open: sendTo('connection', { type: 'open' }),
    reopen: sendTo('connection', { type: 'reopen' }),
    recordReady: assign(() => updates.recordReady()),
    forgetError: assign({ error: null }),
    recordUnended: assign((_, { error }: { error: unknown }) => updates.recordUnended(error)),
    recordDisuse: assign({ isDisused: true }),
    recordFailure: assign(({ context }, failure: { error: ConnectionErrorRecord; random: number }) =>
      updates.recordFailure(failure, context),
    ),
    planReview: assign(({ context }, { unusedFor }: ReviewOutput) => updates.planReview(unusedFor, context)),
    await: assign({ isAwaited: true }),
    awaitNoLonger: assign({ isAwaited: false }),
  },
}).createMachine({
  id: 'entry',
  description: 'The life of one connection in a pool.',
  context: ({ input }) => updates.initialEntry(input),
  initial: 'present',
  states: {
    present: {
      description: 'In the pool, in whatever state.',
      invoke: {
        src: 'connection',
        id: 'connection',
        input: ({ context }) => ({ handle: context.handle }),
        onError: { target: 'retiring' },
      },
      on: {
        'entry.retire': { target: 'retiring' },
        'connection.ended': { target: 'retired', actions: 'forgetError' },
        'connection.opening': { target: '.held.link.opening' },
        'connection.opened': { target: '.held.link.ready' },
        'connection.leaving': { target: '.leaving' },
        'connection.left': { target: '.vacant' },
        'connection.challenged': { target: '.authorizing' },
        'connection.failed': {
          target: '.backingOff',
          actions: { type: 'recordFailure', params: ({ event }) => event },
        },
      },
      initial: 'vacant',
      states: {
        vacant: {
          description: 'Nothing is open, and nobody wants it.',
          tags: ['left'],
          on: { 'entry.want': { target: 'entering' }, 'entry.restart': { target: 'entering' } },
        },
        entering: {
          description: 'Waits for a place in the pool, for which another may have to go.',
          tags: ['connecting', 'entering'],
          invoke: {
            src: 'admit',
            id: 'admit',
            input: ({ context }) => ({ handle: context.handle }),
            onDone: { target: 'held', actions: 'open' },
            // Whoever waits is told why.
            onError: { target: 'vacant' },
          },
          on: { 'entry.abandon': { target: 'vacant' } },
        },
        held: {
          description: 'Has its place, and is there or on its way.',
          type: 'parallel',
          tags: ['occupying'],
          // Whoever comes joins those who wait, or is handed it as it is.
          on: { 'entry.want': {} },
          states: {
            link: {
              description: 'What may be done with it.',
              on: {
                'connection.opening': { target: '.opening' },
                'connection.opened': { target: '.ready' },
                'entry.restart': { target: '.opening', actions: 'reopen' },
              },
              initial: 'opening',
              states: {
                opening: {
                  description: 'The connection is on its way: for the first time, or again after a loss.',
                  tags: ['connecting'],
                },
                ready: {
                  description: 'May be handed out, while the last proof of life is fresh.',
                  tags: ['ready'],
                  entry: 'recordReady',
                  on: {
                    'entry.want': {
                      guard: { type: 'isStale', params: ({ event }) => event },
                      target: 'checking',
                    },
                  },
                },
                checking: {
                  description: 'Nothing was heard lately: asks, once for all who wait.',
                  tags: ['checking'],
                  invoke: {
                    src: 'check',
                    id: 'check',
                    input: ({ context }) => ({ handle: context.handle }),
                    onDone: [
                      { guard: { type: 'isAlive', params: ({ event }) => event.output }, target: 'ready' },
                      { target: 'recovering' },
                    ],
                    onError: { target: 'recovering' },
                  },
                },
                recovering: {
                  description:
                    'The server did not answer. The connection asks again, or begins a new session.',
                  tags: ['checking'],
                  on: { 'connection.proved': { target: 'ready' } },
                },
              },
            },
            use: {
              description: 'Whether anybody uses it.',
              initial: 'kept',
              states: {
                kept: {
                  description: 'Stays, whether anybody uses it or not, where there is no limit.',
                  always: {
                    guard: 'isIdleLimited',
                    target: 'resting',
                    actions: { type: 'planReview', params: { unusedFor: 0 } },
                  },
                },
                resting: {
                  description: 'Until nobody could have used it for too long.',
                  after: { reviewDelay: { target: 'reviewing' } },
                },
                reviewing: {
                  description: 'Looks at when it was last used.',
                  invoke: {
                    src: 'review',
                    id: 'review',
                    input: ({ context }) => ({ handle: context.handle }),
                    onDone: [
                      {
                        guard: { type: 'isUnusedForLong', params: ({ event }) => event.output },
                        target: '#entry.retiring',
                        actions: 'recordDisuse',
                      },
                      {
                        target: 'resting',
                        actions: { type: 'planReview', params: ({ event }) => event.output },
                      },
                    ],
                    onError: { target: 'resting' },
                  },
                  on: {
                    // Somebody came: what was seen is not so any more.
                    'entry.want': {
                      target: 'resting',
                      actions: { type: 'planReview', params: { unusedFor: 0 } },
                    },
                    'entry.restart': {
                      target: 'resting',
                      actions: { type: 'planReview', params: { unusedFor: 0 } },
                    },
                  },
                },
              },
            },
          },
        },
        authorizing: {
          description: 'The server asks for an authorization: somebody has to act.',
          tags: ['occupying', 'challenged'],
          on: { 'entry.restart': { target: 'held', actions: 'reopen' } },
        },
        leaving: {
          description: 'Somebody disconnected it, and it has not ended yet.',
          tags: ['occupying', 'closing', 'left'],
          on: {
            'entry.want': { target: 'held', actions: 'open' },
            'entry.restart': { target: 'held', actions: 'open' },
          },
        },
        backingOff: {
          description:
            'The connection has failed for good. Whoever wants it waits until it may be tried again.',
          tags: ['failed'],
          exit: 'awaitNoLonger',
          after: { restDelay: [{ guard: 'isAwaited', target: 'entering' }, { target: 'vacant' }] },
          on: {
            'entry.want': { actions: 'await' },
            'entry.abandon': { actions: 'awaitNoLonger' },
            'entry.restart': { target: 'entering' },
          },
        },
      },
    },
    retiring: {
      description: 'Calls in flight finish, then the connection ends.',
      tags: ['occupying', 'closing', 'over'],
      entry: 'forgetError',
      invoke: {
        src: 'retire',
        id: 'retire',
        input: ({ context }) => ({ handle: context.handle }),
        onDone: { target: 'retired' },
        onError: {
          target: 'retired',
          actions: { type: 'recordUnended', params: ({ event }) => event },
        },
      },
    },
    retired: {
      description: 'Not in the pool any more.',
      type: 'final',
    },
  },
});
