/** run(): any number of requests as one call. */
import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { CreateMessageRequestSchema, EmptyResultSchema } from '@modelcontextprotocol/sdk/types.js';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { ConnectionOptions } from '../../src/connection/options.js';
import { ConnectionError } from '../../src/errors.js';
import { settle } from '../../src/testing/steppingClock.js';
import { DONE, errorOf, exited, look, WireRig } from './support.js';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'] });
  // Nothing may depend on the clock's being at its beginning.
  vi.advanceTimersByTime(12_345);
});
afterEach(async () => {
  await WireRig.endAll();
  vi.useRealTimers();
});

const forever = () => new Promise<never>(() => {});

async function connected(options: Partial<ConnectionOptions> = {}): Promise<WireRig> {
  const rig = new WireRig(options);
  await rig.manager.connect();
  return rig;
}

async function replace(rig: WireRig): Promise<void> {
  rig.wire.lose(exited());
  await vi.advanceTimersByTimeAsync(250);
  expect(rig.manager.state.status).toBe('connected');
}

test('hands out a client and returns what its user returns', async () => {
  const rig = await connected();
  const ran = rig.manager.run(async (client) => {
    const first = await client.callTool({ name: 'one' });
    const second = await client.request({ method: 'ping' }, EmptyResultSchema);
    return [first, second, client.getServerVersion()?.name];
  });
  await settle();
  rig.answer('tools/call', DONE);
  expect(await ran).toEqual([DONE, {}, 'scripted']);
  expect(rig.manager.stats.calls).toMatchObject({ accepted: 1, sent: 1, succeeded: 1 });
});

describe('the client of a run that is over', () => {
  /** What a client says to whoever kept it, and what that put on the wire. */
  const askedOf = async (rig: WireRig, client: Client | undefined) => {
    if (client === undefined) throw new Error('no client was handed out');
    const { length } = rig.wire.sent;
    const errors = [
      await errorOf(client.callTool({ name: 'late' })),
      await errorOf(client.sendRootsListChanged()),
    ];
    await settle();
    expect(rig.wire.sent.slice(length)).toEqual([]);
    return errors;
  };
  const refused = {
    name: 'CallRefusedError',
    code: 'NOT_CONNECTED',
    server: 'files',
    state: 'connected',
    mayHaveExecuted: false,
  };
  const options = { capabilities: { roots: { listChanged: true } } };

  test('sends nothing any more', async () => {
    const rig = await connected(options);
    const kept = await rig.manager.run(async (client) => {
      await client.ping();
      return { client };
    });
    expect(await askedOf(rig, kept.client)).toMatchObject([refused, refused]);
    expect(await rig.manager.run((client) => client.ping())).toEqual({});
  });

  test('nor when the run was aborted, and its code goes on', async () => {
    const rig = await connected(options);
    const controller = new AbortController();
    let kept: Client | undefined;
    const outcome = errorOf(
      rig.manager.run(
        (client) => {
          kept = client;
          return forever();
        },
        { signal: controller.signal },
      ),
    );
    controller.abort();
    expect(await outcome).toBe(controller.signal.reason);
    expect(await askedOf(rig, kept)).toMatchObject([refused, refused]);
  });

  test('nor when it was run again with the client of another session', async () => {
    const rig = await connected(options);
    const clients: Client[] = [];
    const ran = rig.manager.run(
      (client) => {
        clients.push(client);
        return client.callTool({ name: 'write' });
      },
      { idempotent: true },
    );
    await settle();
    await replace(rig);
    expect(clients).toHaveLength(2);
    expect(await askedOf(rig, clients[0])).toMatchObject([refused, refused]);
    rig.answer('tools/call', DONE);
    expect(await ran).toEqual(DONE);
  });
});

describe('a session lost in a run', () => {
  test('after one request was answered and another written: it is not run again', async () => {
    const rig = await connected();
    const use = vi.fn();
    const outcome = errorOf(
      rig.manager.run(async (client) => {
        use();
        await client.ping();
        await client.callTool({ name: 'write' });
      }),
    );
    await settle();
    await replace(rig);
    expect(await outcome).toMatchObject({
      name: 'ConnectionLostError',
      code: 'CONNECTION_LOST',
      mayHaveExecuted: true,
    });
    expect(use).toHaveBeenCalledTimes(1);
  });

  test('between two requests: it is not run again either', async () => {
    const rig = await connected();
    let goOn: () => void = () => {};
    const outcome = errorOf(
      rig.manager.run(async (client) => {
        await client.ping();
        await new Promise<void>((resolve) => {
          goOn = resolve;
        });
        await client.callTool({ name: 'write' });
      }),
    );
    await settle();
    await replace(rig);
    goOn();
    expect(await outcome).toMatchObject({ code: 'CONNECTION_LOST', mayHaveExecuted: true });
    expect(rig.transports.map((wire) => wire.requests('tools/call').length)).toEqual([0, 0]);
  });

  test('before anything was written: it is run again, with the next client', async () => {
    const rig = await connected();
    let goOn: () => void = () => {};
    let runs = 0;
    const ran = rig.manager.run(async (client) => {
      runs += 1;
      if (runs === 1) {
        await new Promise<void>((resolve) => {
          goOn = resolve;
        });
      }
      return client.callTool({ name: 'write' });
    });
    await settle();
    await replace(rig);
    goOn();
    await settle();
    rig.answer('tools/call', DONE);
    expect(await ran).toEqual(DONE);
    expect(runs).toBe(2);
  });

  test('that was declared idempotent: it is run again', async () => {
    const rig = await connected();
    const ran = rig.manager.run((client) => client.callTool({ name: 'write' }), { idempotent: true });
    await settle();
    await replace(rig);
    rig.answer('tools/call', DONE);
    expect(await ran).toEqual(DONE);
  });

  test('after a notification was sent: it is not run again', async () => {
    const rig = await connected({ capabilities: { roots: { listChanged: true } } });
    const { wire } = rig;
    const send = wire.send.bind(wire);
    const unsent = new ConnectionError('PIPE_BROKEN', 'the server reads no more', {
      details: { unsent: true },
    });
    wire.send = (message) =>
      'method' in message && message.method === 'tools/call' ? Promise.reject(unsent) : send(message);
    const outcome = errorOf(
      rig.manager.run(async (client) => {
        await client.sendRootsListChanged();
        await client.callTool({ name: 'write' });
      }),
    );
    await settle();
    await replace(rig);
    expect(await outcome).toMatchObject({ code: 'CONNECTION_LOST', mayHaveExecuted: true });
  });

  test('while one of two parallel requests is answered with an error: that is the answer', async () => {
    const rig = await connected();
    const outcome = errorOf(
      rig.manager.run((client) => Promise.all([client.callTool({ name: 'a' }), client.listTools()])),
    );
    await settle();
    const { id } = rig.request('tools/call');
    rig.wire.receive({ jsonrpc: '2.0', id, error: { code: -32602, message: 'no such tool' } });
    rig.wire.lose(exited());
    expect(await outcome).toMatchObject({ name: 'McpError', code: -32602 });
  });

  test('through the experimental tasks of the client: they are part of the run', async () => {
    const rig = await connected();
    const outcome = errorOf(
      rig.manager.run(async (client) => {
        for await (const message of client.experimental.tasks.callToolStream({ name: 'write' })) {
          if (message.type === 'error') throw message.error;
        }
      }),
    );
    await settle();
    expect(rig.wire.requests('tools/call')).toHaveLength(1);
    await replace(rig);
    expect(await outcome).toMatchObject({ code: 'CONNECTION_LOST', mayHaveExecuted: true });
    expect(rig.wire.requests('tools/call')).toHaveLength(0);
    // And the next run gets a client of its own, not that of the last one.
    const next = look(
      rig.manager.run(async (client) => {
        const stream = client.experimental.tasks.callToolStream({ name: 'write' });
        return (await stream.next()).value;
      }),
    );
    expect(rig.wire.requests('tools/call')).toHaveLength(1);
    rig.answer('tools/call', DONE);
    expect(await next).toMatchObject({ value: { type: 'result', result: DONE } });
  });
});

describe('the limit of a run', () => {
  test('covers all its requests together', async () => {
    const rig = await connected();
    const outcome = errorOf(
      rig.manager.run(
        async (client) => {
          await client.callTool({ name: 'one' });
          await client.listTools();
        },
        { timeout: 1_000 },
      ),
    );
    await vi.advanceTimersByTimeAsync(600);
    rig.answer('tools/call', DONE);
    await vi.advanceTimersByTimeAsync(399);
    expect(await look(outcome)).toBe('pending');
    await vi.advanceTimersByTimeAsync(1);
    expect(await look(outcome)).toMatchObject({ value: { name: 'CallTimeoutError', mayHaveExecuted: true } });
    expect(rig.wire.sent.at(-1)).toMatchObject({
      method: 'notifications/cancelled',
      params: { requestId: rig.request('tools/list').id },
    });
  });

  test('holds also while nothing is asked', async () => {
    const rig = await connected();
    const outcome = errorOf(rig.manager.run(forever, { timeout: 300 }));
    await vi.advanceTimersByTimeAsync(300);
    expect(await look(outcome)).toMatchObject({ value: { code: 'CALL_TIMEOUT', mayHaveExecuted: false } });
    expect(rig.manager.stats.calls).toMatchObject({ inFlight: 0, failed: 1 });
  });

  test('starts again with progress where the caller says so, up to the total', async () => {
    const rig = await connected({ timeout: { callTotal: 500 } });
    const options = { timeout: 200, resetTimeoutOnProgress: true, onprogress: () => {} };
    const outcome = errorOf(rig.manager.run((client) => client.callTool({ name: 'one' }), options));
    for (const progress of [1, 2]) {
      await vi.advanceTimersByTimeAsync(180);
      const { params } = rig.request('tools/call');
      const progressToken = params?._meta?.progressToken;
      const told = { progressToken, progress };
      rig.wire.receive({ jsonrpc: '2.0', method: 'notifications/progress', params: told });
      await settle();
    }
    await vi.advanceTimersByTimeAsync(139);
    expect(await look(outcome)).toBe('pending');
    await vi.advanceTimersByTimeAsync(1);
    expect(await look(outcome)).toMatchObject({ value: { code: 'CALL_TIMEOUT', mayHaveExecuted: true } });
  });

  test('is forgotten with the run', async () => {
    const rig = await connected();
    const before = vi.getTimerCount();
    const ran = rig.manager.run((client) => client.callTool({ name: 'one' }), { timeout: 300 });
    await settle();
    expect(vi.getTimerCount()).toBeGreaterThan(before);
    rig.answer('tools/call', DONE);
    await ran;
    expect(vi.getTimerCount()).toBe(before);
  });

  test('is not the limit of a request that brings a shorter one', async () => {
    const rig = await connected();
    const ran = rig.manager.run(async (client) => {
      const late = errorOf(client.listTools(undefined, { timeout: 50 }));
      return late;
    });
    await vi.advanceTimersByTimeAsync(50);
    expect(await look(ran)).toMatchObject({ value: { code: -32001 } });
  });
});

describe('aborting a run', () => {
  test('rejects with the reason, and cancels what it asked', async () => {
    const rig = await connected();
    const controller = new AbortController();
    const outcome = errorOf(
      rig.manager.run((client) => client.callTool({ name: 'one' }), { signal: controller.signal }),
    );
    await settle();
    const reason = new Error('never mind');
    controller.abort(reason);
    expect(await outcome).toBe(reason);
    expect(rig.wire.sent.at(-1)).toMatchObject({ method: 'notifications/cancelled' });
  });

  test('ends it also while nothing is asked', async () => {
    const rig = await connected();
    const controller = new AbortController();
    const outcome = errorOf(rig.manager.run(forever, { signal: controller.signal }));
    await settle();
    controller.abort();
    expect(await outcome).toBe(controller.signal.reason);
    expect(rig.manager.stats.calls).toMatchObject({ inFlight: 0, cancelled: 1 });
  });

  test('and a signal of one request cancel that request alone', async () => {
    const rig = await connected();
    const own = new AbortController();
    const ran = rig.manager.run(
      async (client) => [
        await errorOf(client.callTool({ name: 'one' }, undefined, { signal: own.signal })),
        await client.ping(),
      ],
      { signal: new AbortController().signal },
    );
    await settle();
    own.abort('not this one');
    expect(await look(ran)).toMatchObject({
      value: [{ message: expect.stringContaining('not this one') }, {}],
    });
  });
});

describe('errors of a run', () => {
  test('of its user are told as they are', async () => {
    const rig = await connected();
    const own = new Error('my own mistake');
    expect(await errorOf(rig.manager.run(() => Promise.reject(own)))).toBe(own);
    const afterwards = errorOf(
      rig.manager.run(async (client) => {
        await client.ping();
        throw own;
      }),
    );
    expect(await afterwards).toBe(own);
    expect(
      await errorOf(
        rig.manager.run(() => {
          throw own;
        }),
      ),
    ).toBe(own);
  });

  test('of the server are told as they are', async () => {
    const rig = await connected();
    const outcome = errorOf(rig.manager.run((client) => client.callTool({ name: 'one' })));
    await settle();
    const { id } = rig.request('tools/call');
    rig.wire.receive({ jsonrpc: '2.0', id, error: { code: -32001, message: 'too slow for me' } });
    expect(await outcome).toMatchObject({ name: 'McpError', code: -32001 });
  });

  test('handlers that a run registers are those of the real client', async () => {
    const rig = new WireRig({ capabilities: { sampling: {} } });
    await rig.manager.connect();
    await rig.manager.run(async (client) => {
      client.setRequestHandler(CreateMessageRequestSchema, async () => ({
        model: 'none',
        role: 'assistant' as const,
        content: { type: 'text' as const, text: 'hello' },
      }));
    });
    rig.wire.receive({
      jsonrpc: '2.0',
      id: 'theirs',
      method: 'sampling/createMessage',
      params: { messages: [], maxTokens: 1 },
    });
    await settle();
    expect(rig.wire.sent.at(-1)).toMatchObject({ id: 'theirs', result: { model: 'none' } });
  });
});
