import type { ConnectionErrorCode, HandshakeAnswer } from '../../machines/index.js';
import type { ConnectionStatus } from '../../src/connection/state.js';
import { ConnectionError } from '../../src/errors.js';
import { settle } from '../../src/testing/steppingClock.js';
import type { ConnectionRig } from './connectionRig.js';
import type { WatchedSession } from './watchedSession.js';

/**
 * One thing that happens to a connection, as plain data: a story of them can be kept and told again.
 * `session` counts back from the newest one, `which` picks from what there is, modulo its number.
 */
export type Command =
  // What users do.
  | { do: 'connect' | 'reconnect' | 'disconnect' | 'terminate' | 'checkHealth' | 'authorize' }
  | { do: 'waitFor'; status: ConnectionStatus; timeout?: number }
  /** The next change of state is answered with a command, by its listener. */
  | { do: 'uponChange'; ask: 'connect' | 'reconnect' | 'disconnect' | 'terminate' | 'checkHealth' }
  /** Aborts the wait of a pending promise. */
  | { do: 'abort'; which: number }
  | { do: 'wake'; random: number }
  // What servers and transports do, in any order and also when nobody listens any more.
  | {
      do:
        | 'opened'
        | 'completed'
        | 'restored'
        | 'failRestoring'
        | 'drained'
        | 'finishClosing'
        | 'failClosing'
        | 'authorized'
        | 'refuseCode';
      session: number;
    }
  | { do: 'answered'; session: number; answer: 'good' | 'unsupported version' | 'missing capability' }
  | { do: 'lost'; session: number; code: ConnectionErrorCode; retryAfter?: number }
  /** A frame comes in that answers nothing. */
  | { do: 'frame'; session: number }
  | { do: 'probe'; how: 'answer' | 'fail'; which: number }
  /** Whatever a well-behaved server does next. */
  | { do: 'proceed' }
  /** The next session cannot be made, or throws where it should open. */
  | { do: 'breakNext'; at: 'making' | 'opening' }
  /** The gate, where there is one, opens for those who wait. */
  | { do: 'admit' | 'refuseTurn' }
  // What time does.
  | { do: 'step' }
  | { do: 'advance'; by: number }
  /** A timer runs out before those that are due earlier. */
  | { do: 'fire'; which: number }
  /** As `fire`; the timer is named by the event it sends to the chart. */
  | { do: 'after'; event: string }
  /** So many turns of the microtask queue; between commands there is none. */
  | { do: 'tick'; turns: number }
  | { do: 'settle' };

const ANSWERS: {
  [kind in Extract<Command, { do: 'answered' }>['answer']]: Partial<HandshakeAnswer>;
} = {
  good: {},
  'unsupported version': { protocolVersion: '1999-01-01' },
  'missing capability': { capabilities: ['prompts'] },
};

/** Does what the command says. Returns a promise only where time to settle is part of it. */
export function perform(rig: ConnectionRig, command: Command): Promise<void> | undefined {
  switch (command.do) {
    case 'settle':
      return settle();
    case 'tick':
      return tick(command.turns);
    case 'advance':
      return rig.clock.advance(command.by);
    case 'step':
      rig.clock.step();
      return undefined;
    case 'fire': {
      const delay = pick(rig.clock.delays, command.which);
      if (delay !== undefined) rig.clock.fire(delay);
      return undefined;
    }
    case 'after': {
      const { actor } = rig.manager;
      const scheduled = Object.values(actor.system.getSnapshot()._scheduledEvents);
      const timer = scheduled.find(({ event, source }) => event.type === command.event && source === actor);
      if (timer !== undefined) rig.clock.fire(timer.delay);
      return undefined;
    }
    case 'breakNext':
      rig.breakNext = command.at;
      return undefined;
    case 'admit':
      rig.gate?.admit();
      return undefined;
    case 'refuseTurn':
      rig.gate?.refuse();
      return undefined;
    case 'proceed':
      proceed(rig);
      return undefined;
    case 'probe':
      return probe(rig, command);
    case 'opened':
    case 'answered':
    case 'completed':
    case 'restored':
    case 'failRestoring':
    case 'lost':
    case 'drained':
    case 'finishClosing':
    case 'failClosing':
    case 'authorized':
    case 'refuseCode':
    case 'frame': {
      const session = rig.sessions.at(-1 - command.session);
      if (session !== undefined) report(rig, session, command);
      return undefined;
    }
    default:
      use(rig, command);
      return undefined;
  }
}

/** What users do. */
function use(
  rig: ConnectionRig,
  command: Extract<
    Command,
    {
      do:
        | 'connect'
        | 'reconnect'
        | 'disconnect'
        | 'terminate'
        | 'checkHealth'
        | 'authorize'
        | 'waitFor'
        | 'uponChange'
        | 'abort'
        | 'wake';
    }
  >,
): void {
  const { manager } = rig;
  switch (command.do) {
    case 'connect':
      rig.ask('connect', (signal) => manager.connect({ signal }));
      return;
    case 'reconnect':
      rig.ask('reconnect', (signal) => manager.reconnect({ signal }));
      return;
    case 'checkHealth':
      rig.ask('checkHealth', (signal) => manager.checkHealth({ signal }));
      return;
    case 'disconnect':
      rig.ask('disconnect', () => manager.disconnect());
      return;
    case 'terminate':
      rig.ask('terminate', () => manager.terminate());
      return;
    case 'authorize':
      rig.ask('authorize', () => manager.authorize(rig.secret));
      return;
    case 'waitFor': {
      const { status, timeout } = command;
      rig.ask('waitFor', (signal) => manager.waitFor(status, { signal, timeout }), {
        hasTimeout: timeout !== undefined,
      });
      return;
    }
    case 'uponChange': {
      const stop = manager.on('state', () => {
        stop();
        use(rig, { do: command.ask });
      });
      return;
    }
    case 'abort':
      pick(rig.pendingPromises, command.which)?.controller.abort(new Error('the user’s own reason'));
      return;
    case 'wake':
      if (manager.actor.getSnapshot().status === 'active') {
        manager.actor.send({ type: 'system.woke', random: command.random });
      }
  }
}

/** What a session tells. */
function report(
  rig: ConnectionRig,
  session: WatchedSession,
  command: Extract<Command, { session: number }>,
): void {
  switch (command.do) {
    case 'answered':
      session.answered(ANSWERS[command.answer]);
      return;
    case 'lost':
      session.lost(lossOf(session, command, rig.secret));
      return;
    case 'refuseCode':
      session.authorizationRefused(new ConnectionError('AUTHORIZATION_FAILED', 'the code was refused'));
      return;
    case 'failRestoring':
      session.failRestoring(new Error('it would not restore'));
      return;
    case 'failClosing':
      session.failClosing(new Error('it would not close'));
      return;
    case 'frame':
      session.traffic.receivedAt = rig.clock.now();
      if (session.watchedProbes.some(({ isPending }) => isPending)) session.heard();
      return;
    case 'opened':
    case 'completed':
    case 'restored':
    case 'drained':
    case 'finishClosing':
    case 'authorized':
      session[command.do]();
  }
}

/** The cause names its session, and holds what no record may show. */
export class LossCause extends Error {
  readonly epoch: number;
  readonly secret: string;

  constructor(epoch: number, secret: string) {
    super(`session ${epoch} was lost; ${secret}`);
    this.epoch = epoch;
    this.secret = secret;
  }
}

function lossOf(
  { epoch }: WatchedSession,
  { code, retryAfter }: Extract<Command, { do: 'lost' }>,
  secret: string,
): ConnectionError {
  return new ConnectionError(code, `lost by ${code}`, {
    cause: new LossCause(epoch, secret),
    ...(retryAfter !== undefined && { details: { retryAfter } }),
  });
}

function probe(rig: ConnectionRig, { how, which }: Extract<Command, { do: 'probe' }>): undefined {
  // The newest first, so that 0 is the running one, if any; the others are answered late.
  const asked = pick(rig.sessions.flatMap(({ watchedProbes }) => watchedProbes).reverse(), which);
  if (how === 'fail') asked?.fail(new ConnectionError('TRANSPORT_FAILED', 'the probe came back'));
  else asked?.answer();
}

function proceed(rig: ConnectionRig): void {
  const { gate, session } = rig;
  const { state } = rig.manager;
  const running = session?.watchedProbes.find(({ isPending }) => isPending);
  if (state.status === 'connecting' && state.phase === 'queued') gate?.admit();
  else if (session === undefined) return;
  else if (session.closes > 0) session.finishClosing();
  else if (session.saidGoodbye) session.drained();
  else if (session.isRestoring) session.restored();
  else if (running !== undefined) running.answer();
  else if (!session.reports.includes('opened')) session.opened();
  else if (!session.reports.includes('answered')) session.answered();
  else if (session.isAccepted && !session.reports.includes('completed')) session.completed();
}

async function tick(turns: number): Promise<void> {
  for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
}

function pick<Item>(items: readonly Item[], which: number): Item | undefined {
  return items[which % items.length];
}
