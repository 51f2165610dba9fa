import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ConnectionError, ConnectionManager } from '../../../src/index.js';
import {
  type Connectable,
  type ConnectionSubject,
  connectionCommands,
  connectionRun,
} from '../../../src/testing/fast-check/index.js';
import { answerHandshake, ScriptedTransport, SteppingClock } from '../../../src/testing/index.js';

/** A manager over a server that answers everything, and its surroundings. */
function managed(): { manager: ConnectionManager; subject: ConnectionSubject } {
  const clock = new SteppingClock();
  let transport: ScriptedTransport | null = null;
  const manager = new ConnectionManager({
    name: 'files',
    clock,
    random: () => 0.5,
    server: () => {
      transport = new ScriptedTransport((request) => answerHandshake(request) ?? { content: [] });
      return transport;
    },
  });
  const lose = () => transport?.lose(new ConnectionError('PROCESS_EXITED', 'the server is gone'));
  return { manager, subject: { connection: manager, clock, lose } };
}

test('a manager keeps what it promises, whatever is asked of it', async () => {
  let losses = 0;
  await fc.assert(
    fc.asyncProperty(connectionCommands(), async (commands) => {
      const { manager, subject } = managed();
      const setup = connectionRun({
        ...subject,
        lose: () => {
          losses += 1;
          return subject.lose();
        },
      });
      await fc.asyncModelRun(setup, commands);
      await manager.terminate();
    }),
    { numRuns: 60 },
  );
  // Something has to have gone wrong, for it to have come back.
  expect(losses).toBeGreaterThan(10);
});

/** What is wrong with it, in the words of the counterexample. */
async function complaint(make: () => ConnectionSubject, seed = 1): Promise<string> {
  const property = fc.asyncProperty(connectionCommands(), async (commands) => {
    await fc.asyncModelRun(connectionRun(make()), commands);
  });
  const result = await fc.check(property, { seed, numRuns: 100 });
  return `${result.errorInstance}\n${fc.stringify(result.counterexample)}`;
}

/** No time passes, but what needs none settles. */
const turning = { advance: () => new Promise<void>((resolve) => setImmediate(resolve)) };

/** Connects, and calls what it has. */
class Simple implements Connectable {
  isUp = false;

  async connect(): Promise<void> {
    this.isUp = true;
  }

  async disconnect(): Promise<void> {
    this.isUp = false;
  }

  async callTool(): Promise<string> {
    if (!this.isUp) throw new Error('not connected');
    return 'called';
  }
}

describe('what keeps no promise is found, and the story told is short', () => {
  test('one that does not come back', async () => {
    const said = await complaint(() => {
      const connection = new Simple();
      return {
        connection,
        clock: turning,
        lose: () => {
          connection.isUp = false;
        },
      };
    });
    expect(said).toContain('BrokenPromiseError: the connection is wanted and its server is there');
    expect(said).toContain('[connect,rest,lose,rest ');
  });

  test('one that forgets who waits', async () => {
    const said = await complaint(() => {
      const connection = new Simple();
      connection.connect = () => new Promise(() => {});
      return { connection, clock: turning, lose: () => {} };
    });
    expect(said).toContain('connect, number 1 of what was asked, is still pending 600000 ms after');
    expect(said).toContain('[connect,rest ');
  });

  test('one that calls what nobody wants', async () => {
    const subject = () => {
      const connection = new Simple();
      connection.isUp = true;
      return { connection, clock: turning, lose: () => {} };
    };
    const said = await complaint(subject);
    expect(said).toContain('nobody wants the connection, and a call of echo was answered');
    expect(await complaint(() => ({ ...subject(), refusesWhenDown: false }))).not.toContain('nobody wants');
  });

  test('one that throws where it should reject is no reason to stop', async () => {
    const said = await complaint(() => {
      const connection = new Simple();
      connection.callTool = () => {
        throw new Error('thrown at once');
      };
      return { connection, clock: turning, lose: () => {} };
    });
    expect(said).toContain('was rejected: Error: thrown at once');
  });

  test('and one that keeps them is not', async () => {
    const said = await complaint(() => ({ connection: new Simple(), clock: turning, lose: () => {} }));
    expect(said).toBe('null\nnull');
  });
});

test('what nobody wants, or never was up, is not lost', async () => {
  const losses: string[] = [];
  const said = await complaint(() => {
    const connection = new Simple();
    return { connection, clock: turning, lose: () => void losses.push(connection.isUp ? 'up' : 'down') };
  });
  expect(said).toBe('null\nnull');
  expect(new Set(losses)).toEqual(new Set(['up']));
});

test('a tool of the subject’s own is what is called, and its patience is the longest time', async () => {
  const called: unknown[] = [];
  let longest = 0;
  const subject = (): ConnectionSubject => {
    const connection = new Simple();
    const callTool = async (params: unknown) => {
      called.push(params);
      return connection.callTool();
    };
    const advance = (by: number) => {
      longest = Math.max(longest, by);
      return turning.advance();
    };
    return {
      connection: {
        connect: () => connection.connect(),
        disconnect: () => connection.disconnect(),
        callTool,
      },
      clock: { advance },
      lose: () => {},
      call: { name: 'add', arguments: { a: 1 } },
      patience: 70_000,
    };
  };
  expect(await complaint(subject)).toBe('null\nnull');
  expect(new Set(called.map((params) => JSON.stringify(params)))).toEqual(
    new Set(['{"name":"add","arguments":{"a":1}}']),
  );
  expect(longest).toBe(70_000);
});
