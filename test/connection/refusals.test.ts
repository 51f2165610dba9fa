/** A call that is refused says in one sentence why, and that nothing was executed. */
import { expect, test } from 'vitest';
import { ConnectionError } from '../../src/errors.js';
import { settle } from '../../src/testing/steppingClock.js';
import { errorOf, Rig } from './support.js';

const refusals: [state: string, go: () => Promise<Rig>, refusal: { [fact: string]: unknown }][] = [
  [
    'disconnected',
    async () => new Rig(),
    { code: 'NOT_CONNECTED', message: expect.stringContaining('call connect() first') },
  ],
  [
    'closing',
    async () => {
      const rig = new Rig();
      await rig.connect();
      void rig.manager.disconnect();
      await settle();
      return rig;
    },
    { code: 'NOT_CONNECTED', message: expect.stringContaining('the connection is closing') },
  ],
  [
    'terminated',
    async () => {
      const rig = new Rig();
      await rig.manager.terminate();
      return rig;
    },
    { code: 'TERMINATED', message: expect.stringContaining('the connection is terminated') },
  ],
  [
    'failed',
    async () => {
      const rig = new Rig();
      await rig.connect();
      await rig.lose(new ConnectionError('FORBIDDEN', 'not for you'));
      return rig;
    },
    {
      code: 'FORBIDDEN',
      message: expect.stringContaining('not for you'),
      cause: expect.objectContaining({ code: 'FORBIDDEN' }),
    },
  ],
  [
    'authorizing',
    async () => {
      const rig = new Rig();
      await rig.connect();
      await rig.lose(new ConnectionError('AUTHORIZATION_REQUIRED', 'log in first'));
      return rig;
    },
    { code: 'AUTHORIZATION_REQUIRED', message: expect.stringContaining('log in first') },
  ],
];

test.each(refusals)('%s', async (state, go, refusal) => {
  const rig = await go();
  expect(rig.status).toBe(state);
  const error = await errorOf(rig.manager.callTool({ name: 'write' }));
  expect(error).toMatchObject({ server: 'files', mayHaveExecuted: false, ...refusal });
});

test('so does a client that is used after the run it was made for', async () => {
  const rig = new Rig();
  await rig.connect();
  const kept = await rig.manager.run(async (client) => client);
  expect(await errorOf(kept.ping())).toMatchObject({
    code: 'NOT_CONNECTED',
    message: expect.stringContaining('served one run, which is over'),
    server: 'files',
    mayHaveExecuted: false,
  });
});
