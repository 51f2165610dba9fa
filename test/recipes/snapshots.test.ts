/** What the guide says of a connection's persisted snapshot, and why nobody should go on from one. */
import { expect, onTestFinished, test } from 'vitest';
import { createActor } from 'xstate';
import { connectionLogic } from '../../src/index.js';
import { SteppingClock, settle } from '../../src/testing/steppingClock.js';
import { Rig } from '../connection/support.js';

/** As another process finds it. */
const written = (rig: Rig) => JSON.parse(JSON.stringify(rig.manager.actor.getPersistedSnapshot()));

function restore(snapshot: ReturnType<typeof written>) {
  const clock = new SteppingClock();
  const actor = createActor(connectionLogic, { snapshot, input: snapshot.context, clock });
  actor.subscribe({ error: () => {} });
  onTestFinished(() => void actor.stop());
  actor.start();
  return { actor, clock };
}

test('one that backs off would wait for ever: its timer is not started again', async () => {
  const rig = new Rig();
  await rig.connect();
  await rig.lose();
  expect(rig.status).toBe('reconnecting');
  expect(rig.clock.delays).toHaveLength(1);
  const { actor, clock } = restore(written(rig));
  await settle();
  expect(actor.getSnapshot().matches({ active: 'reconnecting' })).toBe(true);
  expect(clock.delays).toEqual([]);
});

test('one that was connected fails at once', async () => {
  const rig = new Rig();
  await rig.connect();
  const { actor } = restore(written(rig));
  await settle();
  expect(actor.getSnapshot()).toMatchObject({
    value: 'failed',
    context: { error: { code: 'RELEASE_FAILED' } },
  });
});

test('one at rest says what is wrong when it is asked to connect', async () => {
  const { actor } = restore(written(new Rig()));
  actor.send({ type: 'connection.connect' });
  await settle();
  expect(actor.getSnapshot()).toMatchObject({
    value: 'failed',
    context: {
      error: {
        code: 'INTERNAL_ERROR',
        message:
          'This connection handle belongs to no live connection: use connectionInput() for the input. A snapshot cannot be resumed; start again from disconnected.',
      },
    },
  });
});
