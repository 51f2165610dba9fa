import { expect, test } from 'vitest';
import { createActor, toPromise, waitFor } from 'xstate';
import {
  connectionMachine,
  DEFAULT_CONFIG,
  daemonMachine,
  poolEntryMachine,
  poolMachine,
} from '../../machines/index.js';

/** The actors that each chart asks for, and where to have them from. */
const charts = [
  ['connectionMachine', connectionMachine, 'authorize probe release restore session turn', 'connectionLogic'],
  ['poolMachine', poolMachine, 'retireAll settle', 'createConnectionPool'],
  ['poolEntryMachine', poolEntryMachine, 'admit check connection retire review', 'createConnectionPool'],
  ['daemonMachine', daemonMachine, 'claim drain look publish reap stop', 'Give the machine one'],
] as const;

test.each(charts)('%s asks for its actors', (_, { implementations }, names) => {
  expect(Object.keys(implementations.actors).sort().join(' ')).toBe(names);
});

const actors = charts.flatMap(([chart, { implementations }, , source]) =>
  Object.entries(implementations.actors).map(([name, logic]) => ({ chart, name, logic, source })),
);

test.each(actors)(
  'an actor that was not provided says what to provide: $chart, $name',
  async ({ chart, name, logic, source }) => {
    if (typeof logic === 'string' || 'src' in logic) throw new Error(`${name} is no logic`);
    const actor = createActor(logic, { input: { handle: {} } });
    const death = toPromise(actor);
    actor.start();
    await expect(death).rejects.toThrow(`${chart} has no '${name}' actor`);
    await expect(death).rejects.toThrow(`${chart}.provide({ actors: { ${name}: … } })`);
    await expect(death).rejects.toThrow(source);
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
