import { assign, fromCallback, fromPromise, setup } from 'xstate';

export type DaemonFeedEvent =
  /** The daemon's first frame. */
  { type: 'watch.began' } | { type: 'watch.ended'; reason: string };

interface DaemonFeedContext {
  /** Why there is no daemon to watch. */
  reason: string;
}

/** What one page is told of the daemon, over the daemons that come and go. */
export const daemonFeedMachine = setup({
  types: { context: {} as DaemonFeedContext, events: {} as DaemonFeedEvent },
  actors: {
    watch: fromCallback<DaemonFeedEvent>(() => {
      throw new Error('the feed watches nothing: provide the actor');
    }),
    /** Whether the daemon answers in time; what else is wrong, `watch` tells. */
    ask: fromPromise<boolean>(() => Promise.reject(new Error('the feed asks nobody: provide the actor'))),
  },
  actions: {
    /** A daemon that has just been found does not know what is looked at. */
    tellFocus: () => {},
    tellReason: (_, _params: { reason: string }) => {},
  },
  guards: {
    isSilent: (_, { answers }: { answers: boolean }) => !answers,
  },
  delays: {
    // One that is gone, its connection tells; one that is frozen says nothing, as one to which nothing happens.
    askEvery: 3_000,
    // None is started for somebody who only looks.
    lookAgain: 1_000,
  },
}).createMachine({
  id: 'daemonFeed',
  context: { reason: '' },
  initial: 'watching',
  states: {
    watching: {
      description: 'A daemon is watched, or looked for.',
      type: 'parallel',
      invoke: { src: 'watch', id: 'watch' },
      on: {
        'watch.ended': { target: 'away', actions: assign({ reason: ({ event }) => event.reason }) },
      },
      states: {
        frames: {
          initial: 'awaited',
          states: {
            awaited: { on: { 'watch.began': 'coming' } },
            coming: { entry: 'tellFocus' },
          },
        },
        pulse: {
          initial: 'resting',
          states: {
            resting: { after: { askEvery: 'asking' } },
            asking: {
              invoke: {
                src: 'ask',
                onDone: [
                  {
                    guard: { type: 'isSilent', params: ({ event }) => ({ answers: event.output }) },
                    target: '#daemonFeed.away',
                    actions: assign({ reason: 'the daemon does not answer' }),
                  },
                  { target: 'resting' },
                ],
              },
            },
          },
        },
      },
    },
    away: {
      description: 'There is none, or it cannot be believed.',
      entry: { type: 'tellReason', params: ({ context }) => ({ reason: context.reason }) },
      after: { lookAgain: 'watching' },
    },
  },
});
