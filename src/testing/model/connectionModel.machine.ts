/**
 * What anyone's MCP connection manager has to do, whatever it is made of.
 *
 * The states are what a stranger can know: what the user asked, and how the server is. What must be observable in
 * each of them is not in the chart but in `invariants.ts`; the chart says which stories there are.
 *
 *   idle → connected ⇄ calling → lost → returned → recovered → …   closed
 *
 * Where two behaviours are both right (a connect whose server died once may fail or try again), the story goes on in
 * `undecided`, where nothing but a close is asked.
 */
import { setup } from 'xstate';
import type { ModelContext, ModelEvent, ModelInput } from './connectionModel.types.js';

export const connectionModel = setup({
  types: {
    context: {} as ModelContext,
    events: {} as ModelEvent,
    input: {} as ModelInput,
  },
  guards: {
    isHttp: ({ context }) => context.transport === 'http',
    isStdio: ({ context }) => context.transport === 'stdio',
  },
}).createMachine({
  id: 'connectionModel',
  description: 'What anyone’s MCP connection manager has to do.',
  context: ({ input }) => input,
  initial: 'idle',
  states: {
    idle: {
      description: 'Nothing was asked yet, and the server is well.',
      on: {
        'user.connect': 'connected',
        'user.connectTwice': 'connected',
        'server.refuse': 'refusing',
        'user.connectHeld': 'connecting',
        'user.call': 'undecided',
        'user.close': 'closed',
      },
    },
    refusing: {
      description: 'Nothing was asked yet, and the server turns away whoever comes.',
      on: { 'user.connect': 'refused' },
    },
    refused: {
      description: 'A connect was rejected, and nothing is open.',
      on: {
        'user.connect': 'refused',
        'user.close': 'closed',
        'server.return': 'willing',
      },
    },
    willing: {
      description: 'The server is well again after it had refused.',
      on: { 'user.connect': 'connected' },
    },
    connecting: {
      description: 'The server has the handshake’s request, and does not answer it yet.',
      on: {
        'user.connect': 'connecting',
        'user.call': 'connecting',
        'user.close': 'closed',
        'server.answer': 'connected',
        'server.neverAnswer': 'refused',
        'server.crash': 'refused',
        'server.restart': 'undecided',
      },
    },
    connected: {
      description: 'Calls are answered.',
      on: {
        'user.connect': 'connected',
        'user.call': 'connected',
        'user.callMany': 'connected',
        'user.callHeld': 'calling',
        'user.callRepeatable': 'callingRepeatable',
        'user.close': 'closed',
        'user.closeTwice': 'closed',
        'server.crash': 'lost',
        'server.restart': 'returned',
        'server.hang': 'hanging',
        'server.expire': { guard: 'isHttp', target: 'expired' },
        'server.shed': { guard: 'isHttp', target: 'shedding' },
        'server.defy': { guard: 'isStdio', target: 'defying' },
      },
    },
    calling: {
      description: 'The server has executed a call, and does not answer it yet.',
      on: {
        'user.call': 'calling',
        'user.close': 'closed',
        'server.answer': 'connected',
        'server.crash': 'lost',
        'server.restart': 'returned',
        'server.hang': 'hanging',
      },
    },
    callingRepeatable: {
      description: 'The same, with a call that may be executed again.',
      on: { 'server.restart': 'returned' },
    },
    lost: {
      description: 'The server died, and cannot be started or reached.',
      on: {
        'user.call': 'lost',
        'user.close': 'closed',
        'server.return': 'back',
        'subject.giveUp': 'gaveUp',
      },
    },
    back: {
      description: 'The server can be had again, after it was away for a while.',
      on: {
        'user.connect': 'connected',
        'subject.recover': 'recovered',
      },
    },
    gaveUp: {
      description: 'The server stayed away for longer than the subject tries.',
      on: {
        'user.call': 'gaveUp',
        'user.close': 'closed',
        'server.return': 'abandoned',
      },
    },
    abandoned: {
      description: 'The server can be had again, but the subject has given up.',
      on: { 'user.connect': 'connected' },
    },
    returned: {
      description: 'The server died, and can be had again at once.',
      on: {
        'user.connect': 'connected',
        'user.close': 'closed',
        'server.crash': 'lost',
        'subject.recover': 'recovered',
      },
    },
    recovered: {
      description: 'Calls are answered again, and nobody had to ask for it.',
      on: {
        'user.call': 'recovered',
        'user.close': 'closed',
        'server.restart': 'lostAgain',
      },
    },
    lostAgain: {
      description: 'The server died once more, and can be had again.',
      on: { 'subject.recover': 'recovered' },
    },
    hanging: {
      description: 'The server that the subject has answers nothing any more; another one would.',
      on: {
        'user.call': 'hanging',
        'user.close': 'closed',
        'server.return': 'connected',
        'subject.replace': 'recovered',
      },
    },
    expired: {
      description: 'The server answers 404 to the session.',
      on: {
        'user.call': 'expired',
        'user.close': 'closed',
        'subject.renew': 'recovered',
      },
    },
    shedding: {
      description: 'The server answers 503 to everything.',
      on: {
        'user.call': 'shedding',
        'user.close': 'closed',
        'server.return': 'connected',
      },
    },
    defying: {
      description: 'The server serves, but does not end when its input does or on SIGTERM.',
      on: { 'user.close': 'closed' },
    },
    undecided: {
      description: 'The subject may be connected or not: both would be right.',
      on: { 'user.close': 'closed' },
    },
    closed: {
      description: 'The user has closed it.',
      on: {
        'user.call': 'undecided',
        'user.close': 'closed',
        'user.connect': 'connected',
      },
    },
  },
});
