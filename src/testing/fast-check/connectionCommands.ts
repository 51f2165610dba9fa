import fc from 'fast-check';
import { BrokenPromiseError, type ConnectionModel, type ConnectionRun } from './connectionRun.js';

export type ConnectionCommand = fc.AsyncCommand<ConnectionModel, ConnectionRun>;

/** Asks for the connection, and does not wait for it. */
class ConnectCommand implements ConnectionCommand {
  check(): boolean {
    return true;
  }

  async run(model: ConnectionModel, real: ConnectionRun): Promise<void> {
    model.wish = 'up';
    real.connect();
  }

  toString(): string {
    return 'connect';
  }
}

class DisconnectCommand implements ConnectionCommand {
  check(): boolean {
    return true;
  }

  async run(model: ConnectionModel, real: ConnectionRun): Promise<void> {
    model.wish = 'down';
    model.wasUp = false;
    real.disconnect();
  }

  toString(): string {
    return 'disconnect';
  }
}

/** Makes a call, whatever state the connection is in, and does not wait for it. */
class CallCommand implements ConnectionCommand {
  check(): boolean {
    return true;
  }

  async run(_model: ConnectionModel, real: ConnectionRun): Promise<void> {
    real.call();
  }

  toString(): string {
    return 'call';
  }
}

/** Only where it must come back: of one that was never up nobody can say how often it tries. */
class LoseCommand implements ConnectionCommand {
  check({ wasUp }: Readonly<ConnectionModel>): boolean {
    return wasUp;
  }

  async run(_model: ConnectionModel, real: ConnectionRun): Promise<void> {
    await real.subject.lose();
  }

  toString(): string {
    return 'lose';
  }
}

class AdvanceCommand implements ConnectionCommand {
  readonly #by: number;

  constructor(by: number) {
    this.#by = by;
  }

  check(): boolean {
    return true;
  }

  async run(_model: ConnectionModel, real: ConnectionRun): Promise<void> {
    await real.subject.clock.advance(this.#by);
  }

  toString(): string {
    return `advance ${this.#by} ms`;
  }
}

/**
 * Gives everything its time, and judges: every promise has settled, a connection that is wanted works, and one that
 * is not refuses calls.
 */
class RestCommand implements ConnectionCommand {
  check(): boolean {
    return true;
  }

  async run(model: ConnectionModel, real: ConnectionRun): Promise<void> {
    await real.rest();
    assertSettled(real);
    const call = real.call();
    await real.rest();
    assertSettled(real);
    if (model.wish === 'up' && call.seen === 'rejected') {
      throw new BrokenPromiseError(
        `the connection is wanted and its server is there, and a ${call.tool} was rejected: ${call.value}`,
      );
    }
    if (model.wish === 'down' && call.seen === 'fulfilled' && real.subject.refusesWhenDown !== false)
      throw new BrokenPromiseError(`nobody wants the connection, and a ${call.tool} was answered`);
    model.wasUp = model.wish === 'up';
  }

  toString(): string {
    return 'rest';
  }
}

function assertSettled({ asked, patience }: ConnectionRun): void {
  const at = asked.findIndex(({ seen }) => seen === 'pending');
  const pending = asked[at];
  if (pending === undefined) return;
  const which = `${pending.tool}, number ${at + 1} of what was asked`;
  throw new BrokenPromiseError(`${which}, is still pending ${patience} ms after the last command`);
}

export interface ConnectionCommandsOptions {
  /** Default 30. */
  maxCommands?: number;
  /** The longest time that goes by in one command, in milliseconds. Default 60,000. */
  longestPause?: number;
}

/**
 * Commands for `fc.asyncModelRun(connectionRun(subject), commands)`: connect, disconnect, call, lose, advance, and
 * rest, which judges. They shrink as all commands of fast-check do.
 */
export function connectionCommands(
  options: ConnectionCommandsOptions = {},
): fc.Arbitrary<Iterable<ConnectionCommand>> {
  const { maxCommands = 30, longestPause = 60_000 } = options;
  const connect = fc.constant(new ConnectCommand());
  const disconnect = fc.constant(new DisconnectCommand());
  const call = fc.constant(new CallCommand());
  const lose = fc.constant(new LoseCommand());
  const rest = fc.constant(new RestCommand());
  const advance = fc.integer({ min: 0, max: longestPause }).map((by) => new AdvanceCommand(by));
  // Each is as likely as the others; a loss is one only between a rest and a disconnect.
  const kinds = [connect, connect, disconnect, call, call, lose, lose, lose, rest, rest, rest, advance];
  return fc.commands(kinds, { maxCommands, size: 'max' });
}
