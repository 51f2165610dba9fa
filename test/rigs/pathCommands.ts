import type { AnyEventObject } from 'xstate';
import type { connectionMachine, HandshakeAnswer } from '../../machines/index.js';
import { type MachinePath, parseEventType } from '../../src/graph/index.js';
import { ANSWER } from '../../src/testing/scriptedSession.js';
import type { Command } from './commands.js';

/**
 * A path through the connection chart as a story that takes a manager the same way, behind a gate.
 * Every step has the time to settle.
 */
export function pathCommands({ steps }: Pick<MachinePath<typeof connectionMachine>, 'steps'>): Command[] {
  return steps.flatMap(({ event }, index): Command[] => {
    // That a session cannot be made shows in the same step in which it would have started.
    if (isSessionError(event)) return [];
    const next = steps[index + 1];
    const breakNext: Command[] =
      next !== undefined && isSessionError(next.event) ? [{ do: 'breakNext', at: 'opening' }] : [];
    return [...breakNext, commandOf(event), { do: 'settle' }];
  });
}

const isSessionError = ({ type }: AnyEventObject) => {
  const name = parseEventType(type);
  return name.kind === 'actor-error' && name.actorId === 'session';
};

function commandOf(event: AnyEventObject): Command {
  const name = parseEventType(event.type);
  switch (name.kind) {
    case 'after':
      return { do: 'after', event: event.type };
    case 'actor-done':
      return endOf(name.actorId, 'done');
    case 'actor-error':
      return endOf(name.actorId, 'error');
    default:
      return publicCommand(event);
  }
}

function endOf(actor: string, end: 'done' | 'error'): Command {
  const isDone = end === 'done';
  switch (actor) {
    case 'turn':
      return { do: isDone ? 'admit' : 'refuseTurn' };
    case 'restore':
      return { do: isDone ? 'restored' : 'failRestoring', session: 0 };
    case 'probe':
      return { do: 'probe', how: isDone ? 'answer' : 'fail', which: 0 };
    case 'release':
      return { do: isDone ? 'finishClosing' : 'failClosing', session: 0 };
    case 'authorize':
      return { do: isDone ? 'authorized' : 'refuseCode', session: 0 };
    default:
      throw new Error(`no command ends the actor '${actor}'`);
  }
}

function publicCommand(event: AnyEventObject): Command {
  switch (event.type) {
    case 'connection.connect':
      return { do: 'connect' };
    case 'connection.disconnect':
      return { do: 'disconnect' };
    case 'connection.terminate':
      return { do: 'terminate' };
    case 'connection.reconnect':
      return { do: 'reconnect' };
    case 'connection.checkHealth':
      return { do: 'checkHealth' };
    case 'connection.authorize':
      return { do: 'authorize' };
    case 'system.woke':
      return { do: 'wake', random: event.random };
    case 'transport.opened':
      return { do: 'opened', session: 0 };
    case 'handshake.answered':
      return { do: 'answered', session: 0, answer: answerOf(event.answer) };
    case 'handshake.completed':
      return { do: 'completed', session: 0 };
    case 'session.heard':
      return { do: 'frame', session: 0 };
    case 'session.lost':
      return { do: 'lost', session: 0, code: event.error.code };
    case 'session.drained':
      return { do: 'drained', session: 0 };
    default:
      throw new Error(`no command sends '${event.type}'`);
  }
}

function answerOf({ protocolVersion, capabilities }: HandshakeAnswer) {
  if (protocolVersion !== ANSWER.protocolVersion) return 'unsupported version';
  return ANSWER.capabilities.every((name) => capabilities.includes(name)) ? 'good' : 'missing capability';
}
