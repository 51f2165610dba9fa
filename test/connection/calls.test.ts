/** Calls at the edges of a connection: waiting, refused, late, aborted. */
import { McpError } from '@modelcontextprotocol/sdk/types.js';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { CallError, CallRefusedError, CallTimeoutError, ConnectionError } from '../../src/errors.js';
import { settle } from '../../src/testing/steppingClock.js';
import { DONE, errorOf, exited, look, Rig, WireRig } from './support.js';

// One stepping clock for the connection and for the SDK's own limits of requests.
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'] });
  // Nothing may depend on the clock's being at its beginning.
  vi.advanceTimersByTime(12_345);
});
afterEach(async () => {
  await WireRig.endAll();
  vi.useRealTimers();
});

const TOOL = { name: 'write', arguments: {} };

function where({ manager: { state } }: Rig): string {
  return state.status === 'connecting' ? `connecting ${state.phase}` : state.status;
}

describe('waiting', () => {
  test('a call made while connecting is sent as soon as the connection is up', async () => {
    const rig = new WireRig();
    void rig.manager.connect();
    const called = rig.manager.callTool(TOOL);
    expect(rig.manager.stats.calls).toMatchObject({ accepted: 1, waiting: 1, sent: 0 });
    await settle();
    expect(rig.manager.stats.calls).toMatchObject({ waiting: 0, sent: 1, inFlight: 1 });
    rig.answer('tools/call', DONE);
    expect(await called).toEqual(DONE);
    expect(rig.manager.stats.calls).toMatchObject({ inFlight: 0, succeeded: 1 });
  });

  test('calls that waited go out in the order they came', async () => {
    const rig = new WireRig();
    void rig.manager.connect();
    const names = ['one', 'two', 'three'];
    for (const name of names) rig.manager.callTool({ name }).catch(() => {});
    await settle();
    expect(rig.wire.requests('tools/call').map(({ params }) => params?.name)).toEqual(names);
  });

  test('calls wait on the way: queued, connecting, releasing, reconnecting', async () => {
    let enter: () => void = () => {};
    const gate = {
      enter: () =>
        new Promise<() => void>((resolve) => {
          enter = () => resolve(() => {});
        }),
    };
    const rig = new Rig({ gate });
    const call = () => rig.manager.callTool(TOOL).catch(() => {});
    const waiting = () => `${rig.manager.stats.calls.waiting} waiting in ${where(rig)}`;
    void rig.manager.connect();
    void call();
    expect(waiting()).toBe('1 waiting in connecting queued');
    enter();
    await settle();
    void call();
    expect(waiting()).toBe('2 waiting in connecting transportSetup');
    rig.session.lost(exited());
    void call();
    expect(waiting()).toBe('3 waiting in reconnecting');
    rig.session.finishClosing();
    await settle();
    void call();
    expect(rig.clock.delays).toContain(250);
    expect(waiting()).toBe('4 waiting in reconnecting');
  });

  test('calls wait while the connection closes, once somebody wants it again', async () => {
    const rig = new Rig();
    const session = await rig.connect();
    void rig.manager.disconnect().catch(() => {});
    void rig.manager.connect();
    const called = look(rig.manager.callTool(TOOL));
    session.drained();
    session.finishClosing();
    expect(await called).toBe('pending');
    expect(rig.manager.stats.calls).toMatchObject({ waiting: 1, failed: 0 });
    expect(where(rig)).toBe('connecting transportSetup');
  });

  test('at most 1,000 calls wait', async () => {
    const rig = new Rig();
    void rig.manager.connect().catch(() => {});
    const waiting = Array.from({ length: 1_000 }, () => errorOf(rig.manager.callTool(TOOL)));
    const error = await errorOf(rig.manager.callTool(TOOL));
    expect(error).toBeInstanceOf(CallRefusedError);
    expect(error).toMatchObject({
      code: 'TOO_MANY_WAITING',
      message: 'files: 1000 calls wait already (connecting (queued))',
      mayHaveExecuted: false,
    });
    expect(rig.manager.stats.calls).toMatchObject({ accepted: 1_000, waiting: 1_000 });
    void rig.manager.terminate();
    for (const refused of await Promise.all(waiting))
      expect(refused).toMatchObject({ code: 'NOT_CONNECTED' });
    expect(rig.manager.stats.calls).toMatchObject({ waiting: 0, failed: 1_000 });
  });

  test('a call that waits is refused when the connection is no longer on its way', async () => {
    const rig = new Rig({ retryPolicy: { initialAttempts: 1 } });
    void rig.manager.connect().catch(() => {});
    const outcome = errorOf(rig.manager.callTool(TOOL));
    await settle();
    await rig.lose();
    expect(await outcome).toMatchObject({
      name: 'CallRefusedError',
      code: 'PROCESS_EXITED',
      state: 'failed (PROCESS_EXITED)',
      mayHaveExecuted: false,
    });
    expect(rig.clock.delays).toEqual([]);
  });
});

describe('refused at once', () => {
  const refusal = async (rig: Rig) => {
    const error = await errorOf(rig.manager.callTool(TOOL));
    expect(error).toBeInstanceOf(CallRefusedError);
    expect(error).toBeInstanceOf(CallError);
    expect(error).toMatchObject({ name: 'CallRefusedError', server: 'files', mayHaveExecuted: false });
    expect(rig.manager.stats.calls.accepted).toBe(0);
    return error;
  };

  test('disconnected', async () => {
    expect(await refusal(new Rig())).toMatchObject({ code: 'NOT_CONNECTED', state: 'disconnected' });
  });

  test('closing', async () => {
    const rig = new Rig();
    await rig.connect();
    void rig.manager.disconnect();
    expect(await refusal(rig)).toMatchObject({ code: 'NOT_CONNECTED', state: 'closing' });
  });

  test('terminated', async () => {
    const rig = new Rig();
    await rig.manager.terminate();
    expect(await refusal(rig)).toMatchObject({ code: 'TERMINATED', state: 'terminated' });
  });

  test('failed: with the code of the failure, and the failure as cause', async () => {
    const rig = new Rig({ retryPolicy: false });
    const failed = errorOf(rig.manager.connect());
    await settle();
    await rig.lose();
    const cause = await failed;
    const error = await refusal(rig);
    expect(error).toMatchObject({ code: 'PROCESS_EXITED', state: 'failed (PROCESS_EXITED)', cause });
  });

  test('authorizing', async () => {
    const rig = new Rig();
    const failed = errorOf(rig.manager.connect());
    await settle();
    await rig.lose(new ConnectionError('AUTHORIZATION_REQUIRED', 'the server asks for an authorization'));
    await failed;
    expect(await refusal(rig)).toMatchObject({ code: 'AUTHORIZATION_REQUIRED', state: 'authorizing' });
  });
});

describe('the limit of a call', () => {
  test('covers waiting: nothing is sent afterwards', async () => {
    const rig = new Rig();
    void rig.manager.connect();
    const outcome = errorOf(rig.manager.callTool(TOOL, { timeout: 300 }));
    await settle();
    await rig.clock.advance(300);
    const error = await outcome;
    expect(error).toBeInstanceOf(CallTimeoutError);
    expect(error).toMatchObject({
      name: 'CallTimeoutError',
      code: 'CALL_TIMEOUT',
      message: 'files: no session within the limit of the call (connecting (transportSetup))',
      server: 'files',
      state: 'connecting (transportSetup)',
      mayHaveExecuted: false,
    });
    expect(rig.manager.stats.calls).toMatchObject({ waiting: 0, sent: 0, failed: 1 });
  });

  test('covers sending: the server is told, and may have acted', async () => {
    const rig = new WireRig();
    await rig.manager.connect();
    const outcome = errorOf(rig.manager.callTool(TOOL, { timeout: 300 }));
    await vi.advanceTimersByTimeAsync(300);
    expect(await outcome).toMatchObject({
      name: 'CallTimeoutError',
      code: 'CALL_TIMEOUT',
      message: 'files: no answer within the limit of the call (connected)',
      state: 'connected',
      mayHaveExecuted: true,
    });
    const { id } = rig.request('tools/call');
    expect(rig.wire.sent.at(-1)).toMatchObject({
      method: 'notifications/cancelled',
      params: { requestId: id },
    });
    // The answer comes all the same, and hurts nobody.
    rig.wire.respond(rig.request('tools/call'), DONE);
    expect(rig.manager.state.status).toBe('connected');
  });

  test('covers waiting and sending together', async () => {
    let isSlow = true;
    const rig = new WireRig({
      server: async () => {
        if (isSlow) await new Promise((resolve) => setTimeout(resolve, 400));
        isSlow = false;
        const { ScriptedTransport } = await import('../../src/testing/scriptedTransport.js');
        const transport = new ScriptedTransport();
        rig.transports.push(transport);
        return transport;
      },
    });
    void rig.manager.connect();
    const called = errorOf(rig.manager.callTool(TOOL, { timeout: 1_000 }));
    await vi.advanceTimersByTimeAsync(400);
    expect(rig.wire.requests('tools/call')).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(599);
    expect(await look(called)).toBe('pending');
    await vi.advanceTimersByTimeAsync(1);
    expect(await called).toMatchObject({ code: 'CALL_TIMEOUT', mayHaveExecuted: true });
  });

  test('is timeout.call where the call names none, and never beyond maxTotalTimeout', async () => {
    const rig = new WireRig({ timeout: { call: 700 } });
    await rig.manager.connect();
    const outcomes = [
      errorOf(rig.manager.callTool(TOOL)),
      errorOf(rig.manager.callTool(TOOL, { maxTotalTimeout: 200 })),
      errorOf(rig.manager.callTool(TOOL, { timeout: 900 })),
    ];
    const settledAt = outcomes.map((outcome) => outcome.then(() => performance.now()));
    const began = performance.now();
    await vi.advanceTimersByTimeAsync(1_000);
    expect((await Promise.all(settledAt)).map((at) => at - began)).toEqual([700, 200, 900]);
    for (const error of await Promise.all(outcomes)) expect(error).toMatchObject({ code: 'CALL_TIMEOUT' });
  });

  test('is told apart from a server that answers with the same code', async () => {
    const rig = new WireRig();
    await rig.manager.connect();
    const outcome = errorOf(rig.manager.callTool(TOOL));
    await settle();
    const { id } = rig.request('tools/call');
    rig.wire.receive({ jsonrpc: '2.0', id, error: { code: -32001, message: 'my own database was slow' } });
    const error = await outcome;
    expect(error).toBeInstanceOf(McpError);
    expect(error).toMatchObject({ code: -32001 });
  });

  test('that cannot work is refused by name', async () => {
    const rig = new WireRig();
    await rig.manager.connect();
    for (const value of [Number.NaN, 0, -1, 2 ** 31, Number.POSITIVE_INFINITY]) {
      expect(await errorOf(rig.manager.callTool(TOOL, { timeout: value }))).toMatchObject({
        field: 'timeout',
      });
      expect(await errorOf(rig.manager.callTool(TOOL, { maxTotalTimeout: value }))).toMatchObject({
        field: 'maxTotalTimeout',
      });
    }
    expect(rig.wire.requests('tools/call')).toHaveLength(0);
  });
});

describe('progress', () => {
  /** Tells of progress on the only tool call. */
  const progress = (rig: WireRig, value: number) => {
    const progressToken = rig.request('tools/call').params?._meta?.progressToken;
    rig.wire.receive({
      jsonrpc: '2.0',
      method: 'notifications/progress',
      params: { progressToken, progress: value },
    });
  };

  test('is told, and extends nothing by itself', async () => {
    const rig = new WireRig();
    await rig.manager.connect();
    const onprogress = vi.fn();
    const outcome = errorOf(rig.manager.callTool(TOOL, { timeout: 100, onprogress }));
    await vi.advanceTimersByTimeAsync(90);
    progress(rig, 1);
    await vi.advanceTimersByTimeAsync(10);
    expect(onprogress).toHaveBeenCalledExactlyOnceWith({ progress: 1 });
    expect(await look(outcome)).toMatchObject({ value: { code: 'CALL_TIMEOUT' } });
  });

  test('restarts the limit where the caller says so', async () => {
    const rig = new WireRig();
    await rig.manager.connect();
    const called = rig.manager.callTool(TOOL, {
      timeout: 100,
      resetTimeoutOnProgress: true,
      onprogress: () => {},
    });
    for (let step = 0; step < 5; step += 1) {
      await vi.advanceTimersByTimeAsync(90);
      progress(rig, step);
    }
    rig.answer('tools/call', DONE);
    expect(await called).toEqual(DONE);
  });

  test('row 24: without end runs into the total limit, to the millisecond', async () => {
    const rig = new WireRig({ timeout: { callTotal: 500 } });
    await rig.manager.connect();
    const options = { timeout: 300, resetTimeoutOnProgress: true, onprogress: () => {} };
    const outcome = errorOf(rig.manager.callTool(TOOL, options));
    for (let step = 0; step < 9; step += 1) {
      await vi.advanceTimersByTimeAsync(50);
      progress(rig, step);
    }
    await vi.advanceTimersByTimeAsync(49);
    expect(await look(outcome)).toBe('pending');
    await vi.advanceTimersByTimeAsync(1);
    expect(await look(outcome)).toMatchObject({ value: { code: 'CALL_TIMEOUT', mayHaveExecuted: true } });
    expect(rig.wire.sent.at(-1)).toMatchObject({ method: 'notifications/cancelled' });
  });

  test('row 39: the total limit is not measured on the wall clock', async () => {
    const rig = new WireRig();
    await rig.manager.connect();
    const options = { timeout: 300, resetTimeoutOnProgress: true, onprogress: () => {} };
    const called = rig.manager.callTool(TOOL, options);
    await vi.advanceTimersByTimeAsync(50);
    vi.setSystemTime(Date.now() + 86_400_000);
    progress(rig, 1);
    await settle();
    rig.answer('tools/call', DONE);
    expect(await look(called)).toEqual({ value: DONE });
  });
});

describe('aborting a call', () => {
  test('rejects with the reason itself, tells the server, and touches no other call', async () => {
    const rig = new WireRig();
    await rig.manager.connect();
    const controller = new AbortController();
    const outcome = errorOf(rig.manager.callTool({ name: 'one' }, { signal: controller.signal }));
    const other = rig.manager.callTool({ name: 'two' });
    await settle();
    const reason = { my: 'reason' };
    controller.abort(reason);
    expect(await outcome).toBe(reason);
    const [one, two] = rig.wire.requests('tools/call');
    expect(
      rig.wire.sent.filter((message) => 'method' in message && message.method === 'notifications/cancelled'),
    ).toMatchObject([{ params: { requestId: one?.id } }]);
    if (two !== undefined) rig.wire.respond(two, DONE);
    expect(await other).toEqual(DONE);
    expect(rig.manager.stats.calls).toMatchObject({ accepted: 2, cancelled: 1, succeeded: 1, failed: 0 });
  });

  test('while it waits sends nothing', async () => {
    const rig = new Rig();
    void rig.manager.connect();
    const controller = new AbortController();
    const outcome = errorOf(rig.manager.callTool(TOOL, { signal: controller.signal }));
    await settle();
    const timers = rig.clock.delays.length;
    controller.abort();
    expect(await outcome).toBe(controller.signal.reason);
    expect(rig.manager.stats.calls).toMatchObject({ waiting: 0, cancelled: 1, sent: 0 });
    expect(rig.clock.delays).toHaveLength(timers - 1);
  });

  test('before it was made does not make it', async () => {
    const rig = new WireRig();
    await rig.manager.connect();
    const reason = new Error('never mind');
    expect(await errorOf(rig.manager.callTool(TOOL, { signal: AbortSignal.abort(reason) }))).toBe(reason);
    expect(rig.manager.stats.calls.accepted).toBe(0);
  });

  test('leaves no listener on a signal that serves many calls', async () => {
    const rig = new WireRig();
    const { signal } = new AbortController();
    const [added, removed] = [vi.spyOn(signal, 'addEventListener'), vi.spyOn(signal, 'removeEventListener')];
    void rig.manager.connect();
    const called = rig.manager.callTool(TOOL, { signal });
    await settle();
    rig.answer('tools/call', DONE);
    await called;
    // Once while it waited, once while it was with the server.
    expect(added).toHaveBeenCalledTimes(2);
    expect(removed.mock.calls).toEqual(added.mock.calls.map(([type, listener]) => [type, listener]));
  });
});

describe('what is told of calls', () => {
  test('each settled call once: method, outcome, duration, sessions', async () => {
    const rig = new WireRig({ timeout: { call: 100 } });
    const told = vi.fn();
    rig.manager.on('call', told);
    await rig.manager.connect();
    const controller = new AbortController();
    const calls = [
      rig.manager.listTools(),
      errorOf(rig.manager.callTool(TOOL)),
      errorOf(rig.manager.readResource({ uri: 'file:///a' }, { signal: controller.signal })),
    ];
    await vi.advanceTimersByTimeAsync(30);
    rig.answer('tools/list', { tools: [] });
    await settle();
    controller.abort();
    await vi.advanceTimersByTimeAsync(70);
    await Promise.all(calls);
    expect(told.mock.calls.flat()).toEqual([
      { method: 'tools/list', outcome: 'succeeded', duration: 30, sessions: 1 },
      { method: 'resources/read', outcome: 'cancelled', error: 'cancelled', duration: 30, sessions: 1 },
      {
        method: 'tools/call',
        name: TOOL.name,
        outcome: 'failed',
        error: 'CALL_TIMEOUT',
        duration: 100,
        sessions: 1,
      },
    ]);
    expect(rig.manager.stats.calls).toEqual({
      accepted: 3,
      sent: 3,
      succeeded: 1,
      failed: 1,
      cancelled: 1,
      inFlight: 0,
      waiting: 0,
    });
  });
});

describe('an answer that does not fit the protocol', () => {
  const NONSENSE = { content: [{ type: 'nonsense', text: 'x'.repeat(1_000) }] };
  const calls = {
    'a call': (rig: WireRig) => rig.manager.callTool(TOOL),
    'a call in run': (rig: WireRig) => rig.manager.run((client) => client.callTool(TOOL)),
  };

  test.each(Object.entries(calls))('%s is an error of its own, and short', async (_, call) => {
    const rig = new WireRig();
    await rig.manager.connect();
    const outcome = errorOf(call(rig));
    await settle();
    rig.answer('tools/call', NONSENSE);
    const error = await outcome;
    expect(error).toBeInstanceOf(CallError);
    expect(error).toMatchObject({
      code: 'INVALID_ANSWER',
      message: 'files: the answer does not fit the protocol (connected)',
      server: 'files',
      mayHaveExecuted: true,
      cause: { issues: expect.any(Array) },
    });
    expect(rig.manager.stats.calls).toMatchObject({ failed: 1, sent: 1 });
  });

  test('is the embedder’s own where its code finds it', async () => {
    const rig = new WireRig();
    await rig.manager.connect();
    const own = Object.assign(new Error('my schema'), { name: 'ZodError' });
    expect(await errorOf(rig.manager.run(() => Promise.reject(own)))).toBe(own);
  });
});
