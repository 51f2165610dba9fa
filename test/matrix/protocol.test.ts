import { expect } from 'vitest';
import { errorOf } from '../connection/support.js';
import { textOf } from '../transports/stdio/support.js';
import { connectionErrorOf } from './errors.js';
import { row } from './row.js';
import type { Scene } from './scene.js';

/** A connection over which everything went well, and what its logger heard since. */
async function connected(scene: Scene, ...faults: string[]) {
  const said: string[] = [];
  const subject = scene.connection({
    server: scene.stdio(...faults),
    logger: { debug: (message) => said.push(message), warn: (message) => said.push(message) },
  });
  const { manager } = subject;
  await manager.connect();
  said.length = 0;
  const tool = (name: string, args: Record<string, unknown> = {}) =>
    scene.call(manager.callTool({ name, arguments: args }));
  return { ...subject, said, tool };
}

row(18, 'no answer to the handshake', async (scene) => {
  const clock = scene.clock();
  const { manager } = scene.connection({ server: scene.stdio('--silent'), clock, retryPolicy: false });
  const connecting = connectionErrorOf(manager.connect());
  const call = errorOf(scene.call(manager.callTool({ name: 'echo' }, { timeout: 100_000 })));
  await manager.waitFor((state) => state.status === 'connecting' && state.phase === 'handshakeStart');
  expect(scene.mark.pids).toHaveLength(1);
  await clock.advance(59_999);
  expect(manager.state.status).toBe('connecting');
  await clock.advance(1);
  expect(manager.state.status).toBe('reconnecting');
  expect(await connecting).toMatchObject({
    code: 'CONNECT_TIMEOUT',
    message: expect.stringContaining('not connected within 60000 ms'),
  });
  expect(await call).toMatchObject({ code: 'CONNECT_TIMEOUT', mayHaveExecuted: false });
  expect(manager.state.status).toBe('failed');
  expect(scene.mark.pids).toEqual([]);
  expect(scene.sessionsOpened).toBe(1);
});

row(18, 'no answer to the handshake, and no exit at the end of the input', async (scene) => {
  const clock = scene.clock();
  const { manager } = scene.connection({
    server: scene.stdio('--silent', '--ignore-end', '--ignore-term'),
    clock,
    retryPolicy: { initialAttempts: 2 },
  });
  const connecting = connectionErrorOf(manager.connect());
  for (const attempt of [1, 2]) {
    await manager.waitFor((state) => state.status === 'connecting' && state.phase === 'handshakeStart');
    clock.fire(60_000);
    await scene.until(() => scene.executions('end') === attempt);
    expect(manager.state.status).toBe('reconnecting');
    clock.fire(2_000);
    await scene.until(() => scene.executions('SIGTERM') === attempt);
    // Nothing opens beside it.
    expect(scene.mark.pids).toHaveLength(1);
    clock.fire(2_000);
    await scene.until(() => scene.mark.pids.length === 0);
    if (attempt === 2) break;
    await manager.waitFor((state) => state.status === 'reconnecting' && state.retryCount === 1);
    clock.step();
  }
  expect(await connecting).toMatchObject({ code: 'CONNECT_TIMEOUT', details: { attempts: 2 } });
  expect(scene.sessionsOpened).toBe(2);
});

row(19, 'a protocol version that nobody speaks', async (scene) => {
  const { manager, statuses } = scene.connection({ server: scene.stdio('--protocol', '1999-01-01') });
  const connecting = connectionErrorOf(manager.connect());
  const call = errorOf(scene.call(manager.callTool({ name: 'echo' })));
  expect(await connecting).toMatchObject({
    code: 'UNSUPPORTED_PROTOCOL_VERSION',
    message: expect.stringContaining('1999-01-01'),
  });
  expect(await call).toMatchObject({ code: 'UNSUPPORTED_PROTOCOL_VERSION', mayHaveExecuted: false });
  expect(statuses()).toEqual(['connecting', 'reconnecting', 'failed']);
  expect(scene.sessionsOpened).toBe(1);
  expect(scene.executed()).toEqual([]);
  expect(scene.mark.pids).toEqual([]);
});

row(20, 'an answer comes twice', async (scene) => {
  const { manager, tool, said } = await connected(scene);
  expect(textOf(await tool('twice', { text: 'first', again: 'second' }))).toBe('first');
  expect(textOf(await tool('echo', { text: 'next' }))).toBe('next');
  expect(said).toEqual([expect.stringMatching(/^peer: an answer to no request in flight \(id \d+\)$/)]);
  expect(scene.executions('twice')).toBe(1);
  expect(manager.stats).toMatchObject({ strayAnswers: 1, calls: { accepted: 2, succeeded: 2, failed: 0 } });
  expect(scene.sessionsOpened).toBe(1);
});

row(20, 'answers and an error to ids that were never used', async (scene) => {
  const { manager, tool, said } = await connected(scene);
  const pending = tool('late', { text: 'too late' });
  const ids = ['999999', '-1', '"abc"'];
  const lines = ids.map((id) => `{"jsonrpc":"2.0","id":${id},"result":{"content":[]}}`);
  lines.push('{"jsonrpc":"2.0","id":888888,"error":{"code":-32000,"message":"no"}}');
  lines.push('{"jsonrpc":"2.0","id":ID,"result":{"content":[{"type":"text","text":"own"}]}}');
  expect(textOf(await tool('answerRaw', { lines }))).toBe('own');
  expect(said).toEqual([...ids, '888888'].map((id) => `peer: an answer to no request in flight (id ${id})`));
  expect(manager.stats).toMatchObject({ strayAnswers: 4, calls: { succeeded: 1, inFlight: 1 } });
  await manager.reconnect();
  expect(await errorOf(pending)).toMatchObject({ mayHaveExecuted: true });
});

row(20, 'an answer comes after its call was cancelled', async (scene) => {
  const { manager, tool, said } = await connected(scene);
  const controller = new AbortController();
  const late = scene.call(
    manager.callTool({ name: 'late', arguments: { text: 'too late' } }, { signal: controller.signal }),
  );
  await scene.until(() => scene.executions('late') === 1);
  const reason = new DOMException('not needed any more', 'AbortError');
  controller.abort(reason);
  expect(await errorOf(late)).toBe(reason);
  await scene.until(() => scene.executions('cancelled') === 1);
  expect(textOf(await tool('echo', { text: 'next' }))).toBe('next');
  expect(said).toEqual([expect.stringMatching(/an answer to no request in flight \(id \d+\)$/)]);
  expect(manager.stats).toMatchObject({
    strayAnswers: 1,
    calls: { succeeded: 1, cancelled: 1, inFlight: 0 },
  });
  expect(scene.sessionsOpened).toBe(1);
});

row(21, 'the id of an answer is the text of the call’s', async (scene) => {
  const { tool } = await connected(scene);
  const answer = (id: string, text: string) =>
    `{"jsonrpc":"2.0","id":${id},"result":{"content":[{"type":"text","text":"${text}"}]}}`;
  const ids = ['"ID"', '" ID "', '"0xID"', '"IDe0"', '""', '9007199254740993', 'ID.5', 'null', 'true'];
  const lines = [...ids.map((id) => answer(id, `wrong: ${id.replaceAll('"', '')}`)), answer('ID', 'right')];
  expect(textOf(await tool('answerRaw', { lines }))).toBe('right');
  expect(scene.executions('answerRaw')).toBe(1);
  expect(scene.sessionsOpened).toBe(1);
});

row(22, 'an answer nested 10^5 levels deep', async (scene) => {
  const { manager, tool } = await connected(scene);
  const calls = [
    tool('echo', { text: 'before' }),
    tool('nested', { depth: 100_000 }),
    tool('echo', { text: 'after' }),
  ];
  const [before, deep, after] = await Promise.allSettled(calls);
  expect(deep).toMatchObject({
    status: 'rejected',
    reason: { code: -32700, message: expect.stringContaining('nested deeper than 1000 levels') },
  });
  expect([before, after]).toMatchObject([
    { status: 'fulfilled', value: { content: [{ text: 'before' }] } },
    { status: 'fulfilled', value: { content: [{ text: 'after' }] } },
  ]);
  expect(scene.executions('nested')).toBe(1);
  expect(await manager.checkHealth()).toEqual({ status: 'healthy' });
  expect(scene.sessionsOpened).toBe(1);
});

row(23, 'keys of prototypes in frames', async (scene) => {
  const { manager, tool } = await connected(scene);
  const notified: string[] = [];
  manager.on('notification', ({ method }) => notified.push(method));
  const poison = '"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}';
  const lines = [
    `{"jsonrpc":"2.0","method":"__proto__","params":{${poison}}}`,
    `{"jsonrpc":"2.0","method":"constructor","params":{"_meta":{${poison}}}}`,
    `{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":"__proto__","progress":1}}`,
    `{"jsonrpc":"2.0","method":"toString","id":"__proto__"}`,
    `{"jsonrpc":"2.0","id":"__proto__","result":{${poison}}}`,
    // Two that answer the call: one that is no message, and one that is.
    `{"jsonrpc":"2.0","__proto__":{"polluted":true},"id":ID,"result":{"content":[]}}`,
    `{"jsonrpc":"2.0","id":ID,"result":{"content":[],"structuredContent":{${poison}},${poison}}}`,
  ];
  const result = await tool('answerRaw', { lines });
  expect(Object.hasOwn(result, 'constructor')).toBe(true);
  for (const value of [{}, result, result.structuredContent, manager.stats, manager.state]) {
    expect(Reflect.get(Object(value), 'polluted')).toBeUndefined();
  }
  expect(notified).toEqual(['__proto__', 'constructor', 'notifications/progress']);
  expect(scene.sessionsOpened).toBe(1);
});

row(23, 'names of prototypes', async (scene) => {
  for (const name of ['constructor', '__proto__']) {
    const { manager } = scene.connection({ name, server: scene.stdio() });
    await manager.connect();
    for (const tool of ['constructor', '__proto__', 'toString']) {
      const error = await errorOf(scene.call(manager.callTool({ name: tool })));
      expect(error).toMatchObject({ name: 'McpError', code: -32601 });
    }
    await manager.disconnect();
    expect(manager.stats.disconnects).toEqual({ requested: 1 });
  }
});

row(24, 'progress without end', async (scene) => {
  const clock = scene.clock();
  const { manager } = scene.connection({ server: scene.stdio(), clock });
  await manager.connect();
  let heard = 0;
  const endless = errorOf(
    scene.call(
      manager.callTool(
        { name: 'progress', arguments: { every: 50 } },
        {
          resetTimeoutOnProgress: true,
          onprogress: () => {
            heard += 1;
          },
        },
      ),
    ),
  );
  await scene.until(() => heard >= 3);
  // The default: ten minutes in all.
  clock.fire(600_000);
  expect(await endless).toMatchObject({
    name: 'CallTimeoutError',
    code: 'CALL_TIMEOUT',
    mayHaveExecuted: true,
  });
  await scene.until(() => scene.executions('cancelled') === 1);
  expect(scene.executions('progress')).toBe(1);
  const atTheEnd = heard;
  await scene.call(manager.callTool({ name: 'echo', arguments: { text: 'fine' } }));
  expect(heard).toBe(atTheEnd);
  expect(manager.state.status).toBe('connected');
  expect(scene.sessionsOpened).toBe(1);
});

row(25, 'a storm of list_changed', async (scene) => {
  const COUNT = 100_000;
  /** What the chart is told. */
  let events = 0;
  const { manager } = scene.connection({
    server: scene.stdio(),
    inspect: ({ type }) => {
      if (type === '@xstate.event') events += 1;
    },
  });
  const other = scene.connection({ server: scene.stdio() });
  await Promise.all([manager.connect(), other.manager.connect()]);
  await scene.call(manager.listTools());
  let heard = 0;
  manager.on('notification', () => {
    heard += 1;
  });
  const before = events;
  const method = 'notifications/tools/list_changed';
  const storm = scene.call(manager.callTool({ name: 'burst', arguments: { count: COUNT, method } }));
  let isOver = false;
  void storm.then(() => {
    isOver = true;
  });
  await scene.until(() => heard > 0);
  // The loop turns in the midst of it, and others get their answers.
  await scene.call(other.manager.callTool({ name: 'echo', arguments: { text: 'meanwhile' } }));
  expect(heard).toBeLessThan(COUNT);
  let last = heard;
  let most = 0;
  while (!isOver) {
    await new Promise(setImmediate);
    most = Math.max(most, heard - last);
    last = heard;
  }
  expect(most).toBeLessThan(COUNT / 2);
  expect(textOf(await storm)).toBe('written');
  expect(heard).toBe(COUNT);
  // The chart has heard of none of them, and the server was asked for nothing: what is known of its tools
  // is forgotten, and asked for again by whoever needs it, once.
  expect(events).toBe(before);
  await scene.call(manager.listTools());
  const received = JSON.parse(textOf(await scene.call(manager.callTool({ name: 'received' }))));
  expect(received).toEqual({
    initialize: 1,
    'notifications/initialized': 1,
    ping: 1,
    'tools/list': 2,
    'tools/call': 2,
  });
  expect(scene.sessionsOpened).toBe(2);
});
