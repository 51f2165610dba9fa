import type { EventFixtures } from '../../graph/index.js';
import type { connectionModel } from './connectionModel.machine.js';
import type { ModelEventType } from './connectionModel.types.js';

/** Each event as a part of a story. */
export const PHRASES: { readonly [type in ModelEventType]: string } = {
  'server.refuse': 'the server refuses',
  'user.connect': 'connect',
  'user.connectTwice': 'connect twice at once',
  'user.connectHeld': 'connect to a server that takes its time',
  'user.call': 'call',
  'user.callMany': 'five calls at once',
  'user.callHeld': 'a call that takes its time',
  'user.callRepeatable': 'a repeatable call that takes its time',
  'user.close': 'close',
  'user.closeTwice': 'close twice at once',
  'server.return': 'the server is back',
  'server.answer': 'the server answers',
  'server.neverAnswer': 'the server never answers',
  'server.crash': 'the server crashes',
  'server.restart': 'the server restarts',
  'server.hang': 'the server hangs',
  'server.expire': 'the session expires',
  'server.shed': 'the server answers 503',
  'server.defy': 'the server will not end by itself',
  'subject.recover': 'it recovers',
  'subject.renew': 'it renews its session',
  'subject.replace': 'it replaces the server',
  'subject.giveUp': 'it gives up',
};

/** The events in the order in which they are tried: the shortest ways are found by it. */
export const EVENTS: EventFixtures<typeof connectionModel> = {
  'server.refuse': [{ type: 'server.refuse' }],
  'user.connect': [{ type: 'user.connect' }],
  'user.connectTwice': [{ type: 'user.connectTwice' }],
  'user.connectHeld': [{ type: 'user.connectHeld' }],
  'user.call': [{ type: 'user.call' }],
  'user.callMany': [{ type: 'user.callMany' }],
  'user.callHeld': [{ type: 'user.callHeld' }],
  'user.callRepeatable': [{ type: 'user.callRepeatable' }],
  'user.close': [{ type: 'user.close' }],
  'user.closeTwice': [{ type: 'user.closeTwice' }],
  'server.return': [{ type: 'server.return' }],
  'server.answer': [{ type: 'server.answer' }],
  'server.neverAnswer': [{ type: 'server.neverAnswer' }],
  'server.crash': [{ type: 'server.crash' }],
  'server.restart': [{ type: 'server.restart' }],
  'server.hang': [{ type: 'server.hang' }],
  'server.expire': [{ type: 'server.expire' }],
  'server.shed': [{ type: 'server.shed' }],
  'server.defy': [{ type: 'server.defy' }],
  'subject.recover': [{ type: 'subject.recover' }],
  'subject.renew': [{ type: 'subject.renew' }],
  'subject.replace': [{ type: 'subject.replace' }],
  'subject.giveUp': [{ type: 'subject.giveUp' }],
};
