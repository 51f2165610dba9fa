/** What becomes of calls whose session ends under them, by loss or because the user leaves. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { CallError, ConnectionError, ConnectionLostError } from '../../src/errors.js';
import { answerHandshake, type Responder } from '../../src/testing/scriptedTransport.js';
import { settle } from '../../src/testing/steppingClock.js';
import { loseRequest } from '../../src/transports/lostRequest.js';
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

const TOOL = { name: 'write', arguments: {} };

/** Loses the session, for the `losses`th time in a row, and lets the next one come up. */
async function replace(rig: WireRig, losses = 1, loss = exited()): Promise<void> {
  rig.wire.lose(loss);
  await vi.advanceTimersByTimeAsync(125 * 2 ** losses);
  expect(rig.manager.state.status).toBe('connected');
}

describe('a session lost with a call in flight', () => {
  test('rejects the call, which may have been executed, and never sends it again', async () => {
    const rig = new WireRig();
    await rig.manager.connect();
    const outcome = errorOf(rig.manager.callTool(TOOL));
    await settle();
    await replace(rig);
    const error = await outcome;
    expect(error).toBeInstanceOf(ConnectionLostError);
    expect(error).toBeInstanceOf(CallError);
    expect(error).toMatchObject({
      name: 'ConnectionLostError',
      code: 'CONNECTION_LOST',
      server: 'files',
      state: 'reconnecting (retry 0)',
      mayHaveExecuted: true,
      cause: expect.any(Error),
    });
    expect(rig.transports.map((wire) => wire.requests('tools/call').length)).toEqual([1, 0]);
  });

  test.each([
    ['tools/list', (rig: WireRig) => rig.manager.listTools(), { tools: [] }],
    ['resources/list', (rig: WireRig) => rig.manager.listResources(), { resources: [] }],
    [
      'resources/templates/list',
      (rig: WireRig) => rig.manager.listResourceTemplates(),
      { resourceTemplates: [] },
    ],
    ['resources/read', (rig: WireRig) => rig.manager.readResource({ uri: 'file:///a' }), { contents: [] }],
    ['prompts/list', (rig: WireRig) => rig.manager.listPrompts(), { prompts: [] }],
    ['prompts/get', (rig: WireRig) => rig.manager.getPrompt({ name: 'a' }), { messages: [] }],
    [
      'completion/complete',
      (rig: WireRig) =>
        rig.manager.complete({ ref: { type: 'ref/prompt', name: 'a' }, argument: { name: 'b', value: '' } }),
      { completion: { values: [] } },
    ],
  ])('sends the read %s again, on the next session', async (method, call, result) => {
    const rig = new WireRig();
    await rig.manager.connect();
    const called = call(rig);
    await settle();
    expect(rig.wire.requests(method)).toHaveLength(1);
    await replace(rig);
    rig.answer(method, result);
    expect(await called).toEqual(result);
    expect(rig.manager.stats.calls).toMatchObject({ accepted: 1, sent: 2, succeeded: 1 });
  });

  test('sends a ping again too', async () => {
    let isMute = false;
    const respond: Responder = (request) =>
      isMute && request.method === 'ping' ? undefined : answerHandshake(request);
    const rig = new WireRig({ respond });
    await rig.manager.connect();
    isMute = true;
    const called = rig.manager.ping();
    await settle();
    isMute = false;
    await replace(rig);
    expect(await look(called)).toEqual({ value: {} });
  });

  test.each([
    ['resources/subscribe', (rig: WireRig) => rig.manager.subscribeResource({ uri: 'file:///a' })],
    ['resources/unsubscribe', (rig: WireRig) => rig.manager.unsubscribeResource({ uri: 'file:///a' })],
    ['logging/setLevel', (rig: WireRig) => rig.manager.setLoggingLevel('info')],
  ])('does not send %s again', async (method, call) => {
    const rig = new WireRig();
    await rig.manager.connect();
    const outcome = errorOf(call(rig));
    await settle();
    await replace(rig);
    expect(await outcome).toMatchObject({ code: 'CONNECTION_LOST' });
    expect(rig.wire.requests(method)).toHaveLength(0);
  });

  test('sends again what the caller declared idempotent', async () => {
    const rig = new WireRig();
    await rig.manager.connect();
    const called = rig.manager.callTool(TOOL, { idempotent: true });
    await settle();
    await replace(rig);
    rig.answer('tools/call', DONE);
    expect(await called).toEqual(DONE);
  });

  test.each(['readOnlyHint', 'idempotentHint'])('believes %s only where the caller does', async (hint) => {
    const tool = { inputSchema: { type: 'object' }, annotations: { [hint]: true } };
    const tools = [
      { ...tool, name: 'read' },
      { ...tool, name: 'write', annotations: {} },
    ];
    const rig = new WireRig({
      respond: (request) => (request.method === 'tools/list' ? { tools } : answerHandshake(request)),
    });
    await rig.manager.connect();
    await rig.manager.listTools();
    const [trusted, untrusted, unmarked, unknown] = [
      look(rig.manager.callTool({ name: 'read' }, { trustAnnotations: true })),
      errorOf(rig.manager.callTool({ name: 'read' })),
      errorOf(rig.manager.callTool({ name: 'write' }, { trustAnnotations: true })),
      errorOf(rig.manager.callTool({ name: 'constructor' }, { trustAnnotations: true })),
    ];
    await settle();
    await replace(rig);
    expect(rig.wire.requests('tools/call').map(({ params }) => params?.name)).toEqual(['read']);
    expect(await trusted).toBe('pending');
    for (const error of await Promise.all([untrusted, unmarked, unknown])) {
      expect(error).toMatchObject({ code: 'CONNECTION_LOST' });
    }
  });

  describe('what a tool was said to be', () => {
    const tool = (name: string, readOnlyHint: boolean) => ({
      name,
      inputSchema: { type: 'object' },
      annotations: { readOnlyHint },
    });
    /** A connected rig whose servers list what `pages` holds at that time, one page for each cursor. */
    const listing = async (pages: { [cursor: string]: { [key: string]: unknown } }) => {
      const rig = new WireRig({
        respond: (request) =>
          request.method === 'tools/list'
            ? pages[String(request.params?.cursor ?? 'first')]
            : answerHandshake(request),
      });
      await rig.manager.connect();
      return rig;
    };
    const trusting = (rig: WireRig, name: string) =>
      errorOf(rig.manager.callTool({ name }, { trustAnnotations: true }));
    const LOST = { code: 'CONNECTION_LOST', mayHaveExecuted: true };

    test('by the server before says nothing of the next one', async () => {
      const rig = await listing({ first: { tools: [tool('read', true)] } });
      await rig.manager.listTools();
      await replace(rig);
      const called = trusting(rig, 'read');
      await settle();
      await replace(rig, 2);
      expect(await called).toMatchObject(LOST);
      expect(rig.transports.map((wire) => wire.requests('tools/call').length)).toEqual([0, 1, 0]);
    });

    test('by the server before says nothing either when the next one never came to announce its list', async () => {
      const capabilities = { tools: {}, logging: {} };
      const rig = new WireRig({
        respond: (request) => {
          if (request.method === 'tools/list') return { tools: [tool('read', true)] };
          if (request.method === 'logging/setLevel') return rig.transports.length === 1 ? {} : undefined;
          const answer = answerHandshake(request);
          return request.method === 'initialize' ? { ...answer, capabilities } : answer;
        },
      });
      const announced = vi.fn();
      await rig.manager.connect();
      await rig.manager.setLoggingLevel('info');
      await rig.manager.listTools();
      rig.manager.on('notification', announced);
      rig.wire.lose(exited());
      // The level is waited for until the limit of the negotiation.
      await vi.advanceTimersByTimeAsync(250 + 10_000);
      expect(rig.manager.state.status).toBe('connected');
      expect(announced).not.toHaveBeenCalled();
      const called = trusting(rig, 'read');
      await settle();
      rig.wire.lose(exited());
      expect(await called).toMatchObject(LOST);
    });

    test('when the lost session had it is what counts, also while the next one has not listed', async () => {
      const rig = await listing({ first: { tools: [tool('read', true)] } });
      await rig.manager.listTools();
      const called = rig.manager.callTool({ name: 'read' }, { trustAnnotations: true });
      await settle();
      await replace(rig);
      rig.answer('tools/call', DONE);
      expect(await called).toEqual(DONE);
    });

    test('is forgotten when the server announces another list', async () => {
      const rig = await listing({ first: { tools: [tool('read', true)] } });
      await rig.manager.listTools();
      rig.wire.receive({ jsonrpc: '2.0', method: 'notifications/tools/list_changed' });
      const called = trusting(rig, 'read');
      await settle();
      await replace(rig);
      expect(await called).toMatchObject(LOST);
    });

    test('in a list that was announced to be old before it came is not believed', async () => {
      const pages: Parameters<typeof listing>[0] = {};
      const rig = await listing(pages);
      const listed = rig.manager.listTools();
      await settle();
      pages.first = { tools: [tool('read', true)] };
      rig.answer('tools/list', pages.first);
      rig.wire.receive({ jsonrpc: '2.0', method: 'notifications/tools/list_changed' });
      await listed;
      const called = trusting(rig, 'read');
      await settle();
      await replace(rig);
      expect(await called).toMatchObject(LOST);
    });

    test('is what the last complete list says: its first page replaces, the others add', async () => {
      const pages = {
        first: { tools: [tool('gone', true), tool('stays', true)] },
        next: { tools: [tool('more', true)] },
      };
      const rig = await listing(pages);
      await rig.manager.listTools();
      pages.first = { tools: [tool('stays', true)] };
      await rig.manager.listTools();
      await rig.manager.listTools({ cursor: 'next' });
      const gone = trusting(rig, 'gone');
      for (const name of ['stays', 'more']) trusting(rig, name).catch(() => {});
      await settle();
      await replace(rig);
      expect(rig.wire.requests('tools/call').map(({ params }) => params?.name)).toEqual(['stays', 'more']);
      expect(await gone).toMatchObject(LOST);
    });
  });

  test('the time of a call that is sent again goes on', async () => {
    const rig = new WireRig();
    await rig.manager.connect();
    const outcome = errorOf(rig.manager.listTools(undefined, { timeout: 1_000 }));
    await vi.advanceTimersByTimeAsync(600);
    await replace(rig);
    await vi.advanceTimersByTimeAsync(149);
    expect(await look(outcome)).toBe('pending');
    await vi.advanceTimersByTimeAsync(1);
    expect(await outcome).toMatchObject({ code: 'CALL_TIMEOUT', mayHaveExecuted: true });
    expect(rig.transports.map((wire) => wire.requests('tools/list').length)).toEqual([1, 1]);
  });

  test('a read is lost with the connection when that ends for good', async () => {
    const rig = new WireRig({ retryPolicy: false });
    await rig.manager.connect();
    const outcome = errorOf(rig.manager.listTools());
    await settle();
    rig.wire.lose(exited());
    expect(await outcome).toMatchObject({
      name: 'ConnectionLostError',
      code: 'CONNECTION_LOST',
      state: 'failed (PROCESS_EXITED)',
      mayHaveExecuted: true,
      cause: { code: 'PROCESS_EXITED' },
    });
  });

  test('an answer that came before the loss counts', async () => {
    const rig = new WireRig();
    await rig.manager.connect();
    const [good, bad] = [
      rig.manager.callTool({ name: 'good' }),
      errorOf(rig.manager.callTool({ name: 'bad' })),
    ];
    await settle();
    const [first, second] = rig.wire.requests('tools/call');
    if (first === undefined || second === undefined) throw new Error('two calls were sent');
    rig.wire.respond(first, DONE);
    rig.wire.receive({ jsonrpc: '2.0', id: second.id, error: { code: -32000, message: 'the disk is full' } });
    rig.wire.lose(exited());
    expect(await good).toEqual(DONE);
    expect(await bad).toMatchObject({ name: 'McpError', code: -32000 });
  });
});

describe('a call that could not be sent', () => {
  /** A rig whose next sending of a tool call fails. */
  async function failing(error: Error): Promise<WireRig> {
    const rig = new WireRig();
    await rig.manager.connect();
    const { wire } = rig;
    const send = wire.send.bind(wire);
    wire.send = (message) =>
      'method' in message && message.method === 'tools/call' ? Promise.reject(error) : send(message);
    return rig;
  }

  test('and surely was not is sent on the next session', async () => {
    const unsent = new ConnectionError('PIPE_BROKEN', 'the server reads no more', {
      details: { unsent: true },
    });
    const rig = await failing(unsent);
    const called = rig.manager.callTool(TOOL);
    await settle();
    await replace(rig);
    rig.answer('tools/call', DONE);
    expect(await called).toEqual(DONE);
  });

  test('and may have been is not', async () => {
    const rig = await failing(new ConnectionError('PIPE_BROKEN', 'the server reads no more'));
    const outcome = errorOf(rig.manager.callTool(TOOL));
    await settle();
    await replace(rig);
    expect(await outcome).toMatchObject({ code: 'CONNECTION_LOST', mayHaveExecuted: true });
    expect(rig.wire.requests('tools/call')).toHaveLength(0);
  });

  describe('and was told that the session is over, while the chart hears nothing of it', () => {
    const broken = (unsent: boolean) =>
      new ConnectionError('PIPE_BROKEN', 'the server reads no more', { details: { unsent } });

    test('waits a moment and no longer', async () => {
      const error = broken(true);
      const rig = await failing(error);
      const outcome = errorOf(rig.manager.callTool(TOOL));
      await vi.advanceTimersByTimeAsync(1_999);
      expect(await look(outcome)).toBe('pending');
      await vi.advanceTimersByTimeAsync(1);
      expect(await look(outcome)).toMatchObject({
        value: { name: 'CallError', code: 'PIPE_BROKEN', mayHaveExecuted: false, cause: error },
      });
      expect(rig.manager.stats.calls).toMatchObject({ inFlight: 0, waiting: 0, failed: 1 });
    });

    test('does not wait beyond its own limit', async () => {
      const rig = await failing(broken(true));
      const outcome = errorOf(rig.manager.callTool(TOOL, { timeout: 300 }));
      await vi.advanceTimersByTimeAsync(300);
      expect(await look(outcome)).toMatchObject({ value: { code: 'PIPE_BROKEN' } });
    });

    test('does not wait where it will not be sent again', async () => {
      const rig = await failing(broken(false));
      expect(await look(errorOf(rig.manager.callTool(TOOL)))).toMatchObject({
        value: { code: 'CONNECTION_LOST', mayHaveExecuted: true },
      });
    });

    test('can be aborted meanwhile', async () => {
      const rig = await failing(broken(true));
      const controller = new AbortController();
      const outcome = errorOf(rig.manager.callTool(TOOL, { signal: controller.signal }));
      await settle();
      controller.abort('never mind');
      expect(await look(outcome)).toEqual({ value: 'never mind' });
      expect(rig.manager.stats.calls).toMatchObject({ inFlight: 0, cancelled: 1 });
    });
  });

  test('over a session that lives on says why', async () => {
    const busy = new ConnectionError('HTTP_ERROR', 'too many requests', {
      details: { unsent: true, status: 429 },
    });
    const rig = await failing(busy);
    expect(await errorOf(rig.manager.callTool(TOOL))).toMatchObject({
      name: 'CallError',
      code: 'HTTP_ERROR',
      server: 'files',
      state: 'connected',
      mayHaveExecuted: false,
      cause: busy,
    });
  });

  test('over a transport that has no codes of ours is typed all the same', async () => {
    const cause = new TypeError('fetch failed');
    const rig = await failing(cause);
    expect(await errorOf(rig.manager.callTool(TOOL))).toMatchObject({
      name: 'CallError',
      code: 'TRANSPORT_FAILED',
      mayHaveExecuted: true,
      cause,
    });
    expect(rig.manager.state.status).toBe('connected');
  });
});

describe('R28: an answer that is lost while the session lives', () => {
  const broken = new ConnectionError('STREAM_LOST', 'the stream broke off', { details: { unsent: false } });
  const lose = (rig: WireRig, method: string) => {
    const request = rig.wire.requests(method).at(-1);
    if (request === undefined) throw new Error(`no ${method} was sent`);
    rig.wire.receive(loseRequest(request.id, broken));
  };

  test('is the end of a call that is not to be sent twice', async () => {
    const rig = new WireRig();
    await rig.manager.connect();
    const outcome = errorOf(rig.manager.callTool(TOOL));
    await settle();
    lose(rig, 'tools/call');
    expect(await outcome).toMatchObject({
      name: 'CallError',
      code: 'STREAM_LOST',
      state: 'connected',
      mayHaveExecuted: true,
      cause: broken,
    });
  });

  test('does not give a read more time', async () => {
    const rig = new WireRig();
    await rig.manager.connect();
    const outcome = errorOf(rig.manager.listTools(undefined, { timeout: 1_000 }));
    await vi.advanceTimersByTimeAsync(600);
    lose(rig, 'tools/list');
    await vi.advanceTimersByTimeAsync(399);
    expect(rig.wire.requests('tools/list')).toHaveLength(2);
    expect(await look(outcome)).toBe('pending');
    await vi.advanceTimersByTimeAsync(1);
    expect(await look(outcome)).toMatchObject({ value: { code: 'CALL_TIMEOUT', mayHaveExecuted: true } });
  });

  test('has a read asked again, with a new id, and only once', async () => {
    const rig = new WireRig();
    await rig.manager.connect();
    const [again, twice] = [rig.manager.listTools(), errorOf(rig.manager.listPrompts())];
    await settle();
    lose(rig, 'tools/list');
    lose(rig, 'prompts/list');
    await settle();
    const [first, second] = rig.wire.requests('tools/list');
    expect(first?.id).not.toBe(second?.id);
    if (second !== undefined) rig.wire.respond(second, { tools: [] });
    lose(rig, 'prompts/list');
    expect(await again).toEqual({ tools: [] });
    expect(await twice).toMatchObject({ code: 'STREAM_LOST' });
    expect(rig.wire.requests('prompts/list')).toHaveLength(2);
  });
});

describe('leaving with calls in flight', () => {
  test('lets them finish, takes no new ones, and says goodbye afterwards', async () => {
    const rig = new WireRig();
    await rig.manager.connect();
    const { wire } = rig;
    const goodbye = vi.fn(async () => {});
    Object.assign(wire, { goodbye });
    const called = rig.manager.callTool(TOOL);
    await settle();
    const left = rig.manager.disconnect();
    await settle();
    expect(await errorOf(rig.manager.callTool(TOOL))).toMatchObject({ code: 'NOT_CONNECTED' });
    expect(goodbye).not.toHaveBeenCalled();
    expect(wire.closes).toBe(0);
    rig.answer('tools/call', DONE);
    expect(await called).toEqual(DONE);
    await left;
    expect(goodbye).toHaveBeenCalledOnce();
    expect(wire.closes).toBe(1);
  });

  test.each(['disconnect', 'terminate'] as const)('%s waits no longer than timeout.drain', async (leave) => {
    const rig = new WireRig({ timeout: { drain: 400 } });
    await rig.manager.connect();
    const outcome = errorOf(rig.manager.callTool(TOOL));
    const read = errorOf(rig.manager.listTools());
    await settle();
    const left = rig.manager[leave]();
    await vi.advanceTimersByTimeAsync(400);
    await left;
    expect(await outcome).toMatchObject({ code: 'CONNECTION_LOST', state: 'closing', mayHaveExecuted: true });
    expect(await read).toMatchObject({ code: 'CONNECTION_LOST', mayHaveExecuted: true });
  });

  test('reconnect() takes the session away from them at once', async () => {
    const rig = new WireRig();
    await rig.manager.connect();
    const [outcome, read] = [errorOf(rig.manager.callTool(TOOL)), rig.manager.listTools()];
    await settle();
    await rig.manager.reconnect();
    expect(await outcome).toMatchObject({ code: 'CONNECTION_LOST' });
    rig.answer('tools/list', { tools: [] });
    expect(await read).toEqual({ tools: [] });
  });

  test('a session lost while leaving loses its calls', async () => {
    const rig = new WireRig();
    await rig.manager.connect();
    const outcome = errorOf(rig.manager.callTool(TOOL));
    await settle();
    const left = rig.manager.disconnect();
    rig.wire.lose(exited());
    await left;
    expect(await outcome).toMatchObject({ code: 'CONNECTION_LOST', mayHaveExecuted: true });
  });
});
