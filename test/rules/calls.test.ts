/** The rules of calls, counted where they are executed: in the server, over all its deaths. */
import { expect } from 'vitest';
import { errorOf } from '../connection/support.js';
import { scene } from '../matrix/row.js';
import type { Subject } from '../matrix/scene.js';
import { connect, rulesServer, textOf, tool } from './rules.js';

scene('a call that waits is sent on the next session, and executed once', async (scene) => {
  const { manager } = await connect(scene);
  const crashed = errorOf(scene.call(manager.callTool(tool('crash', 'first'))));
  await manager.waitFor('reconnecting');
  const waiting = scene.call(manager.callTool(tool('echo', 'second', { text: 'here' })));
  expect(manager.stats.calls).toMatchObject({ waiting: 1 });
  expect(textOf(await waiting)).toBe('here');
  await crashed;
  expect(scene.executions('crash', 'first')).toBe(1);
  expect(scene.executions('echo', 'second')).toBe(1);
});

scene('calls before the first session wait for it, and are executed once, in order', async (scene) => {
  const { manager } = await connect(scene);
  await manager.disconnect();
  const connected = manager.connect();
  const calls = [1, 2, 3].map((key) => scene.call(manager.callTool(tool('echo', `${key}`))));
  await Promise.all([connected, ...calls]);
  expect(scene.executed().filter((line) => line.startsWith('echo'))).toEqual(['echo 1', 'echo 2', 'echo 3']);
});

scene('a call that was sent is not sent again: once, and whoever made it is told', async (scene) => {
  const { manager } = await connect(scene);
  const error = await errorOf(scene.call(manager.callTool(tool('crashOnce', 'a'))));
  expect(error).toMatchObject({
    name: 'ConnectionLostError',
    code: 'CONNECTION_LOST',
    mayHaveExecuted: true,
    server: 'peer',
    state: expect.stringMatching(/^(reconnecting|connecting)/),
    cause: { name: 'ConnectionError', code: 'PROCESS_EXITED', details: { exitCode: 1 } },
  });
  await manager.waitFor('connected');
  // The next session works, and nobody asks it to do that again.
  await scene.call(manager.callTool(tool('echo', 'after')));
  expect(scene.executions('crashOnce', 'a')).toBe(1);
});

scene('one that the caller declared idempotent is, once', async (scene) => {
  const { manager } = await connect(scene);
  const call = manager.callTool(tool('crashOnce', 'a'), { idempotent: true });
  expect(textOf(await scene.call(call))).toBe('execution 2');
  expect(scene.executions('crashOnce', 'a')).toBe(2);
});

scene('what takes every session with it is not sent for ever', async (scene) => {
  const { manager } = await connect(scene);
  const error = await errorOf(scene.call(manager.callTool(tool('crash', 'a'), { idempotent: true })));
  expect(error).toMatchObject({ name: 'ConnectionLostError', mayHaveExecuted: true });
  expect(scene.executions('crash', 'a')).toBe(2);
});

for (const name of ['crashOnceReadOnly', 'crashOnceIdempotent']) {
  scene(
    `${name}: what the server says of its tools counts only where the caller trusts it`,
    async (scene) => {
      const { manager } = await connect(scene);
      await scene.call(manager.listTools());
      const error = await errorOf(scene.call(manager.callTool(tool(name, 'doubted'))));
      expect(error).toMatchObject({ name: 'ConnectionLostError', mayHaveExecuted: true });
      // Another session may be another server: its tools say it anew.
      await scene.call(manager.listTools());
      const trusted = manager.callTool(tool(name, 'trusted'), { trustAnnotations: true });
      expect(textOf(await scene.call(trusted))).toBe('execution 2');
      expect(scene.executions(name, 'doubted')).toBe(1);
      expect(scene.executions(name, 'trusted')).toBe(2);
    },
  );
}

scene('trust makes no tool harmless that does not say so', async (scene) => {
  const { manager } = await connect(scene);
  await scene.call(manager.listTools());
  const error = await errorOf(
    scene.call(manager.callTool(tool('crashOnce', 'a'), { trustAnnotations: true })),
  );
  expect(error).toMatchObject({ name: 'ConnectionLostError' });
  await manager.waitFor('connected');
  expect(scene.executions('crashOnce', 'a')).toBe(1);
});

const reads: { [method: string]: (manager: Subject['manager']) => Promise<unknown> } = {
  'tools/list': (manager) => manager.listTools(),
  'resources/list': (manager) => manager.listResources(),
  'resources/templates/list': (manager) => manager.listResourceTemplates(),
  'resources/read': (manager) => manager.readResource({ uri: 'memo://one' }),
  'prompts/list': (manager) => manager.listPrompts(),
  'prompts/get': (manager) => manager.getPrompt({ name: 'one' }),
  'completion/complete': (manager) =>
    manager.complete({ ref: { type: 'ref/prompt', name: 'one' }, argument: { name: 'a', value: 'o' } }),
};

for (const [method, read] of Object.entries(reads)) {
  scene(
    `${method} is a read of the protocol: it is sent again, and its caller hears nothing of it`,
    async (scene) => {
      const { manager, statuses } = await connect(scene, {}, '--crash-once', method);
      await scene.call(read(manager));
      expect(statuses()).toEqual(['connecting', 'connected', 'reconnecting', 'connecting', 'connected']);
      const asked = scene.executed().filter((line) => line.startsWith(`${method} `));
      expect(asked).toHaveLength(2);
    },
  );
}

for (const method of ['logging/setLevel', 'resources/subscribe'] as const) {
  scene(`${method} is none: it is not sent again by itself`, async (scene) => {
    const { manager } = await connect(scene, {}, '--crash-once', method);
    const sent =
      method === 'logging/setLevel'
        ? manager.setLoggingLevel('debug')
        : manager.subscribeResource({ uri: 'memo://one' });
    expect(await errorOf(scene.call(sent))).toMatchObject({
      name: 'ConnectionLostError',
      mayHaveExecuted: true,
    });
    await manager.waitFor('connected');
    await scene.call(manager.callTool(tool('echo', 'after')));
    expect(scene.executed().filter((line) => line.startsWith(method))).toHaveLength(1);
  });
}

scene('one abort touches no other call, and its reason comes back as it was given', async (scene) => {
  const { manager } = await connect(scene);
  const controller = new AbortController();
  const reason = { mine: true };
  const aborted = errorOf(manager.callTool(tool('hold', 'mine'), { signal: controller.signal }));
  const other = scene.call(manager.callTool(tool('ask', 'other', { method: 'ping' })));
  await scene.until(() => scene.executions('hold', 'mine') === 1);
  controller.abort(reason);
  expect(await aborted).toBe(reason);
  expect(textOf(await other)).toBe('{}');
  await scene.until(() => scene.executions('cancelled', 'mine') === 1);
  expect(scene.executed().filter((line) => line.startsWith('cancelled'))).toEqual(['cancelled mine']);
  expect(manager.stats.calls).toMatchObject({ accepted: 2, cancelled: 1, succeeded: 1 });
});

scene('a call that is aborted while it waits is never executed', async (scene) => {
  const { manager } = await connect(scene);
  const controller = new AbortController();
  const crashed = errorOf(scene.call(manager.callTool(tool('crash', 'a'))));
  await manager.waitFor('reconnecting');
  const waiting = errorOf(scene.call(manager.callTool(tool('echo', 'b'), { signal: controller.signal })));
  controller.abort();
  expect(await waiting).toMatchObject({ name: 'AbortError' });
  await crashed;
  await manager.waitFor('connected');
  await scene.call(manager.callTool(tool('echo', 'after')));
  expect(scene.executions('echo', 'b')).toBe(0);
});

scene('a limit of ours is told to the server, and is not an error of the server’s', async (scene) => {
  const { manager } = await connect(scene);
  const ours = await errorOf(scene.call(manager.callTool(tool('hold', 'a'), { timeout: 50 })));
  expect(ours).toMatchObject({ name: 'CallTimeoutError', code: 'CALL_TIMEOUT', mayHaveExecuted: true });
  await scene.until(() => scene.executions('cancelled', 'a') === 1);
  const theirs = await errorOf(scene.call(manager.callTool(tool('refuse', 'b', { code: -32001 }))));
  expect(theirs).toMatchObject({ name: 'McpError', code: -32001 });
  expect(theirs).not.toHaveProperty('mayHaveExecuted');
  expect(manager.state.status).toBe('connected');
});

scene('R8: the handshake is never cancelled', async (scene) => {
  const server = rulesServer(scene, '--mute');
  const { manager } = scene.connection({ server, timeout: { connect: 1_000 }, retryPolicy: false });
  expect(await errorOf(manager.connect())).toMatchObject({ code: 'CONNECT_TIMEOUT' });
  expect(scene.executed()).toEqual(['initialize ']);
});

scene('progress gives a call more time, and the most it may take ends it all the same', async (scene) => {
  const { manager } = await connect(scene);
  const patient = { timeout: 2_000, resetTimeoutOnProgress: true, onprogress: () => {} };
  const long = manager.callTool(tool('progress', 'long', { count: 30, every: 100 }), patient);
  expect(textOf(await scene.call(long))).toBe('done');
  const endless = manager.callTool(tool('progress', 'endless'), { ...patient, maxTotalTimeout: 300 });
  expect(await errorOf(scene.call(endless))).toMatchObject({ code: 'CALL_TIMEOUT', mayHaveExecuted: true });
  await scene.until(() => scene.executions('cancelled', 'endless') === 1);
  expect(scene.executions('progress', 'long')).toBe(1);
  expect(scene.executions('progress', 'endless')).toBe(1);
});

scene('no more than a thousand calls wait; the next is refused, and executed by nobody', async (scene) => {
  const retryPolicy = { backoffStrategy: { type: 'constant', delay: 60_000 }, jitter: 'none' } as const;
  const { manager } = await connect(scene, { retryPolicy });
  const crashed = errorOf(scene.call(manager.callTool(tool('crash', 'a'))));
  await manager.waitFor('reconnecting');
  const waiting = Array.from({ length: 1_000 }, (_, key) =>
    scene.call(manager.callTool(tool('echo', `${key}`))),
  );
  const refused = await errorOf(scene.call(manager.callTool(tool('echo', 'one too many'))));
  expect(refused).toMatchObject({ name: 'CallRefusedError', mayHaveExecuted: false, server: 'peer' });
  await crashed;
  await manager.reconnect();
  await Promise.all(waiting);
  const echoes = scene.executed().filter((line) => line.startsWith('echo'));
  expect(echoes).toEqual(Array.from({ length: 1_000 }, (_, key) => `echo ${key}`));
});

scene('a call waits by its own limit, and is not executed afterwards', async (scene) => {
  const retryPolicy = { backoffStrategy: { type: 'constant', delay: 60_000 }, jitter: 'none' } as const;
  const { manager } = await connect(scene, { retryPolicy });
  const crashed = errorOf(scene.call(manager.callTool(tool('crash', 'a'))));
  await manager.waitFor('reconnecting');
  const late = await errorOf(scene.call(manager.callTool(tool('echo', 'late'), { timeout: 20 })));
  expect(late).toMatchObject({
    name: 'CallTimeoutError',
    mayHaveExecuted: false,
    cause: { code: 'PROCESS_EXITED' },
  });
  await crashed;
  await manager.reconnect();
  await scene.call(manager.callTool(tool('echo', 'after')));
  expect(scene.executions('echo', 'late')).toBe(0);
});
