/** A new session is a whole session: what the one before had is there again, and what it left is not. */
import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import {
  CreateMessageRequestSchema,
  ElicitRequestSchema,
  ListRootsRequestSchema,
  LoggingMessageNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { expect } from 'vitest';
import type { ConnectionOptions } from '../../src/index.js';
import { errorOf } from '../connection/support.js';
import { scene } from '../matrix/row.js';
import type { Scene, Subject } from '../matrix/scene.js';
import { connect, textOf, tool } from './rules.js';

/** Loses the session; waits for the next one. */
async function replace(scene: Scene, manager: Subject['manager']): Promise<void> {
  await errorOf(scene.call(manager.callTool(tool('crash', `${scene.sessionsOpened}`))));
  await manager.waitFor('connected');
}

scene('log level, subscriptions and handlers are back, before the state says connected', async (scene) => {
  const configured: Client[] = [];
  const { manager, changes } = await connect(scene, {
    configureClient: (client) => {
      configured.push(client);
      client.setNotificationHandler(LoggingMessageNotificationSchema, () => {});
    },
  });
  await scene.call(manager.setLoggingLevel('warning'));
  await scene.call(manager.subscribeResource({ uri: 'memo://one' }));
  await scene.call(manager.subscribeResource({ uri: 'memo://two' }));
  await scene.call(manager.unsubscribeResource({ uri: 'memo://two' }));
  const before = scene.executed().length;
  manager.on('state', ({ to }) => {
    if (to.status === 'connected') scene.note('the state says connected');
  });
  await replace(scene, manager);
  expect(scene.executed().slice(before)).toEqual([
    'crash 1',
    'initialize ',
    'notifications/initialized ',
    'logging/setLevel warning',
    'resources/subscribe memo://one',
    'ping ',
    'the state says connected',
  ]);
  expect(configured).toHaveLength(2);
  expect(new Set(configured).size).toBe(2);
  expect(changes.at(-1)?.to.status).toBe('connected');
});

scene(
  'lists are known to be stale, and that is announced; before the state says connected',
  async (scene) => {
    const { manager } = await connect(scene);
    const told: string[] = [];
    manager.on('notification', ({ method }) => told.push(method));
    manager.on('state', ({ to }) => told.push(to.status));
    await scene.call(manager.listTools());
    await scene.call(manager.listPrompts());
    await replace(scene, manager);
    expect(told.filter((line) => line.startsWith('notifications') || line === 'connected')).toEqual([
      'notifications/tools/list_changed',
      'notifications/prompts/list_changed',
      'connected',
    ]);
  },
);

scene('a tool’s answer is held against its schema on the new session, too', async (scene) => {
  const { manager } = await connect(scene);
  await scene.call(manager.listTools());
  const wrong = () => errorOf(scene.call(manager.callTool(tool('measure', 'a', { value: 'no number' }))));
  const first = await wrong();
  expect(first).toMatchObject({ message: expect.stringContaining('output schema') });
  await replace(scene, manager);
  expect(await wrong()).toEqual(first);
  await scene.call(manager.callTool(tool('measure', 'a', { value: 3 })));
});

const questions = {
  'sampling/createMessage': { messages: [], maxTokens: 1 },
  'elicitation/create': { message: 'sure?', requestedSchema: { type: 'object', properties: {} } },
  'roots/list': {},
};

/** A client that answers each question when it is told to, and with which session's client it was asked. */
function answering() {
  const asked: { method: string; by: number; answer: () => void }[] = [];
  let clients = 0;
  const options: Partial<ConnectionOptions> = {
    capabilities: { sampling: {}, elicitation: {}, roots: {} },
    configureClient: (client) => {
      clients += 1;
      const by = clients;
      const later = <Result>(method: string, result: Result) =>
        new Promise<Result>((resolve) => asked.push({ method, by, answer: () => resolve(result) }));
      client.setRequestHandler(CreateMessageRequestSchema, () =>
        later('sampling/createMessage', {
          model: 'none',
          role: 'assistant' as const,
          content: { type: 'text' as const, text: `said by ${by}` },
        }),
      );
      client.setRequestHandler(ElicitRequestSchema, () =>
        later('elicitation/create', { action: 'decline' as const }),
      );
      client.setRequestHandler(ListRootsRequestSchema, () => later('roots/list', { roots: [] }));
    },
  };
  return { asked, options };
}

for (const [method, params] of Object.entries(questions)) {
  scene(`${method}: what a lost session asked is answered to nobody`, async (scene) => {
    const { asked, options } = answering();
    const { manager } = await connect(scene, options);
    await errorOf(scene.call(manager.callTool(tool('askAndCrash', 'a', { method, params }))));
    await manager.waitFor('connected');
    expect(asked).toMatchObject([{ method, by: 1 }]);
    // The next session asks the same, under the same id: only its own answer may reach it.
    const again = scene.call(manager.callTool(tool('ask', 'b', { method, params })));
    await scene.until(() => asked.length === 2);
    expect(asked[1]).toMatchObject({ method, by: 2 });
    asked[0]?.answer();
    await scene.call(manager.callTool(tool('echo', 'between')));
    expect(scene.executed().filter((line) => line === 'answered ours-1')).toEqual([]);
    asked[1]?.answer();
    const answer = textOf(await again);
    expect(scene.executed().filter((line) => line === 'answered ours-1')).toHaveLength(1);
    if (method === 'sampling/createMessage') expect(answer).toContain('said by 2');
  });
}

scene('what arrives for a session that was left changes nothing', async (scene) => {
  const { manager, statuses } = await connect(scene);
  const left = manager.client;
  const pending = errorOf(scene.call(manager.callTool(tool('hold', 'a'))));
  await scene.until(() => scene.executions('hold', 'a') === 1);
  await manager.reconnect();
  expect(await pending).toMatchObject({ name: 'ConnectionLostError', mayHaveExecuted: true });
  expect(manager.client).not.toBe(left);
  const before = statuses();
  left?.onclose?.();
  left?.onerror?.(new Error('late'));
  left?.transport?.onclose?.();
  await scene.call(manager.callTool(tool('echo', 'after')));
  expect(statuses()).toEqual(before);
  expect(manager.state.status).toBe('connected');
});
