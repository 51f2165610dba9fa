/**
 * The life of the daemon that holds a user's connections.
 *
 *   starting (claiming → reaping → publishing) → serving → draining → stopping → stopped
 *
 * Invariants:
 *  1. Nothing is reaped, listened to or started before the place is claimed: there is one daemon at a time.
 *  2. `draining` takes the socket away first: whoever comes then starts the next daemon, and is not turned away.
 *  3. Every step has a limit. `stopped` is reached from everywhere, and passes through `stopping` wherever
 *     something was claimed.
 *  4. It does not leave for want of clients before whoever started it had the time that a start may take.
 */
import { assign, fromPromise, setup } from 'xstate';
import { MAX_DURATION } from '../connection/policy.js';
import { toRecord } from '../connection/updates.js';
import type {
  ClaimOutput,
  DaemonContext,
  DaemonEvent,
  DaemonHandle,
  DaemonInput,
  DaemonOutput,
  DaemonReason,
  LookOutput,
} from './daemon.types.js';

function notProvided(actor: string): never {
  throw new Error(
    `daemonMachine has no '${actor}' actor. Give the machine one: daemonMachine.provide({ actors: { ${actor}: … } }).`,
  );
}

/** Asked only where there is a limit. */
function idleLimit({ limits: { idle } }: DaemonContext): number {
  return idle === 'unlimited' ? MAX_DURATION : idle;
}

export const daemonMachine = setup({
  types: {
    context: {} as DaemonContext,
    events: {} as DaemonEvent,
    input: {} as DaemonInput,
    output: {} as DaemonOutput,
    children: {} as {
      claim: 'claim';
      reap: 'reap';
      publish: 'publish';
      look: 'look';
      drain: 'drain';
      stop: 'stop';
    },
  },
  actors: {
    claim: fromPromise<ClaimOutput, { handle: DaemonHandle }>(() => notProvided('claim')),
    reap: fromPromise<void, { handle: DaemonHandle }>(() => notProvided('reap')),
    publish: fromPromise<void, { handle: DaemonHandle }>(() => notProvided('publish')),
    look: fromPromise<LookOutput, { handle: DaemonHandle }>(() => notProvided('look')),
    drain: fromPromise<void, { handle: DaemonHandle }>(() => notProvided('drain')),
    stop: fromPromise<void, { handle: DaemonHandle }>(() => notProvided('stop')),
  },
  guards: {
    isOwner: (_, { isOwner }: ClaimOutput) => isOwner,
    isWell: (_, { found }: LookOutput) => found === 'well',
    isSuperseded: (_, { found }: LookOutput) => found === 'superseded',
    hasClients: ({ context }) => context.clients > 0,
    hasNoClients: ({ context }) => context.clients === 0,
    isIdleLimited: ({ context }) => context.limits.idle !== 'unlimited',
  },
  delays: {
    startTimeout: ({ context }) => context.limits.start,
    arrivalTimeout: ({ context }) => Math.max(context.limits.start, idleLimit(context)),
    idleTimeout: ({ context }) => idleLimit(context),
    watchInterval: ({ context }) => context.limits.watch,
    lookTimeout: ({ context }) => context.limits.look,
    drainTimeout: ({ context }) => context.limits.drain,
    stopTimeout: ({ context }) => context.limits.stop,
  },
  actions: {
    leaveFor: assign((_, { reason }: { reason: DaemonReason }) => ({ reason })),
    recordError: assign((_, { error }: { error: unknown }) => ({ error: toRecord(error).message })),
    recordStartTimeout: assign(({ context }) => ({
      error: `not started within ${context.limits.start} ms`,
    })),
    recordStopTimeout: assign(({ context }) => ({
      error: `servers did not end within ${context.limits.stop} ms`,
    })),
    countIn: assign(({ context }) => ({ clients: context.clients + 1 })),
    countOut: assign(({ context }) => ({ clients: Math.max(0, context.clients - 1) })),
  },
}).createMachine({
  id: 'daemon',
  description: 'The life of the daemon that holds a user’s connections.',
  context: ({ input }) => ({ ...input, clients: 0, reason: null, error: null }),
  output: ({ context }) => ({ reason: context.reason ?? 'asked', error: context.error }),
  initial: 'starting',
  states: {
    starting: {
      description: 'Claims its place, clears up after the one before, and opens its socket.',
      initial: 'claiming',
      after: {
        startTimeout: {
          target: 'stopping',
          actions: ['recordStartTimeout', { type: 'leaveFor', params: { reason: 'unstarted' } }],
        },
      },
      on: {
        'daemon.drain': { target: 'stopping', actions: { type: 'leaveFor', params: { reason: 'asked' } } },
        'daemon.stop': { target: 'stopping', actions: { type: 'leaveFor', params: { reason: 'asked' } } },
      },
      states: {
        claiming: {
          description: 'One daemon at a time: the second leaves to the first.',
          invoke: {
            src: 'claim',
            id: 'claim',
            input: ({ context }) => ({ handle: context.handle }),
            onDone: [
              { guard: { type: 'isOwner', params: ({ event }) => event.output }, target: 'reaping' },
              {
                target: '#daemon.stopped',
                actions: { type: 'leaveFor', params: { reason: 'taken' } },
              },
            ],
            onError: {
              target: '#daemon.stopping',
              actions: [
                { type: 'recordError', params: ({ event }) => event },
                { type: 'leaveFor', params: { reason: 'unstarted' } },
              ],
            },
          },
        },
        reaping: {
          description:
            'Ends the servers that a crashed daemon left behind. What it cannot end does not keep it from serving.',
          invoke: {
            src: 'reap',
            id: 'reap',
            input: ({ context }) => ({ handle: context.handle }),
            onDone: { target: 'publishing' },
            onError: {
              target: 'publishing',
              actions: { type: 'recordError', params: ({ event }) => event },
            },
          },
        },
        publishing: {
          description: 'Listens, and lets itself be found.',
          invoke: {
            src: 'publish',
            id: 'publish',
            input: ({ context }) => ({ handle: context.handle }),
            onDone: { target: '#daemon.serving' },
            onError: {
              target: '#daemon.stopping',
              actions: [
                { type: 'recordError', params: ({ event }) => event },
                { type: 'leaveFor', params: { reason: 'unstarted' } },
              ],
            },
          },
          on: {
            // Whoever finds the socket comes, before we have heard that it is there.
            'client.came': { actions: 'countIn' },
            'client.left': { actions: 'countOut' },
          },
        },
      },
    },

    serving: {
      description: 'Clients are served.',
      type: 'parallel',
      tags: ['serving'],
      on: {
        'client.came': { actions: 'countIn' },
        'client.left': { actions: 'countOut' },
        'daemon.drain': { target: 'draining', actions: { type: 'leaveFor', params: { reason: 'asked' } } },
        'daemon.stop': { target: 'stopping', actions: { type: 'leaveFor', params: { reason: 'asked' } } },
      },
      states: {
        clients: {
          description: 'Whether anybody is there.',
          initial: 'kept',
          states: {
            kept: {
              description: 'Stays, whether anybody is there or not, where there is no limit.',
              always: { guard: 'isIdleLimited', target: 'expecting' },
            },
            expecting: {
              description:
                'Nobody has been there yet: whoever started it is on the way, and needs time however soon it would leave otherwise.',
              always: { guard: 'hasClients', target: 'some' },
              after: {
                arrivalTimeout: {
                  target: '#daemon.draining',
                  actions: { type: 'leaveFor', params: { reason: 'idle' } },
                },
              },
            },
            some: {
              description: 'Somebody is.',
              always: { guard: 'hasNoClients', target: 'none' },
            },
            none: {
              description: 'Nobody is any more: it leaves when that lasts.',
              always: { guard: 'hasClients', target: 'some' },
              after: {
                idleTimeout: {
                  target: '#daemon.draining',
                  actions: { type: 'leaveFor', params: { reason: 'idle' } },
                },
              },
            },
          },
        },
        watch: {
          description: 'Whether it is still the one that clients find, with the configuration they have.',
          initial: 'waiting',
          states: {
            waiting: {
              description: 'Until the next look.',
              after: { watchInterval: { target: 'looking' } },
            },
            looking: {
              description: 'Looks at the socket and at the configuration file.',
              invoke: {
                src: 'look',
                id: 'look',
                input: ({ context }) => ({ handle: context.handle }),
                onDone: [
                  { guard: { type: 'isWell', params: ({ event }) => event.output }, target: 'waiting' },
                  {
                    guard: { type: 'isSuperseded', params: ({ event }) => event.output },
                    target: '#daemon.draining',
                    actions: { type: 'leaveFor', params: { reason: 'superseded' } },
                  },
                  {
                    target: '#daemon.draining',
                    actions: { type: 'leaveFor', params: { reason: 'configChanged' } },
                  },
                ],
                // What cannot be looked at now is looked at again.
                onError: { target: 'waiting' },
              },
              after: { lookTimeout: { target: 'waiting' } },
            },
          },
        },
      },
    },

    draining: {
      description: 'Not to be found any more; calls in flight finish.',
      tags: ['leaving'],
      invoke: {
        src: 'drain',
        id: 'drain',
        input: ({ context }) => ({ handle: context.handle }),
        onDone: { target: 'stopping' },
        onError: { target: 'stopping', actions: { type: 'recordError', params: ({ event }) => event } },
      },
      after: { drainTimeout: { target: 'stopping' } },
      on: { 'daemon.stop': { target: 'stopping' } },
    },

    stopping: {
      description: 'Every server ends, and what it owned is given back.',
      tags: ['leaving'],
      invoke: {
        src: 'stop',
        id: 'stop',
        input: ({ context }) => ({ handle: context.handle }),
        onDone: { target: 'stopped' },
        onError: { target: 'stopped', actions: { type: 'recordError', params: ({ event }) => event } },
      },
      after: { stopTimeout: { target: 'stopped', actions: 'recordStopTimeout' } },
    },

    stopped: {
      description: 'Over; the output says why.',
      type: 'final',
    },
  },
});
