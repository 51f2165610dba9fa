import { expect, test } from 'vitest';
import { createActor, toPromise, waitFor } from 'xstate';
import { connectionMachine, DEFAULT_CONFIG } from '../../machines/index.js';

const { actors } = connectionMachine.implementations;

test('the chart asks for six actors', () => {
  expect(Object.keys(actors).sort()).toEqual(['authorize', 'probe', 'release', 'restore', 'session', 'turn']);
});

test.each(Object.entries(actors))(
  'an actor that was not provided says what to provide: %s',
  async (name, logic) => {
    if (typeof logic === 'string' || 'src' in logic) throw new Error(`${name} is no logic`);
    const actor = createActor(logic, { input: { handle: {} } });
    const death = toPromise(actor);
    actor.start();
    await expect(death).rejects.toThrow(`no '${name}' actor`);
    await expect(death).rejects.toThrow(`connectionMachine.provide({ actors: { ${name}: … } })`);
    await expect(death).rejects.toThrow('connectionLogic');
  },
);

test('a chart without actors fails at the first of them, and hands on what it says', async () => {
  const actor = createActor(connectionMachine, {
    input: {
      name: 'raw',
      handle: {},
      config: DEFAULT_CONFIG,
      supportedVersions: [],
      requiredCapabilities: [],
      probe: 'ping',
    },
  });
  actor.start();
  actor.send({ type: 'connection.connect' });
  const { context } = await waitFor(actor, (snapshot) => snapshot.matches('failed'));
  expect(context.error?.code).toBe('INTERNAL_ERROR');
  expect(context.error?.message).toContain("no 'turn' actor");
});
