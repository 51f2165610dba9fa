/** How the subject reaches its server. */
export type ModelTransport = 'stdio' | 'http';

export interface ModelContext {
  transport: ModelTransport;
}

export type ModelInput = ModelContext;

/** What its user does, what the server does, and what the subject has to do by itself. */
export type ModelEvent =
  | { type: 'user.connect' }
  | { type: 'user.connectTwice' }
  | { type: 'user.connectHeld' }
  | { type: 'user.call' }
  | { type: 'user.callMany' }
  | { type: 'user.callHeld' }
  | { type: 'user.callRepeatable' }
  | { type: 'user.close' }
  | { type: 'user.closeTwice' }
  | { type: 'server.refuse' }
  | { type: 'server.return' }
  | { type: 'server.answer' }
  | { type: 'server.neverAnswer' }
  | { type: 'server.crash' }
  | { type: 'server.restart' }
  | { type: 'server.hang' }
  | { type: 'server.expire' }
  | { type: 'server.shed' }
  | { type: 'server.defy' }
  | { type: 'subject.recover' }
  | { type: 'subject.renew' }
  | { type: 'subject.replace' }
  | { type: 'subject.giveUp' };

export type ModelEventType = ModelEvent['type'];
