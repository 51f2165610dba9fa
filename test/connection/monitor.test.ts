import { describe, expect, test } from 'vitest';
import type { StateChange } from '../../src/connection/monitor.js';
import { settle } from '../../src/testing/steppingClock.js';
import { errorOf, exited, look, Rig } from './support.js';

const inWords = ({ from, to, cause }: StateChange) => `${from.status} → ${to.status} (${cause})`;

/** Connects, is lost, comes back after a wait, and leaves. */
async function story(rig: Rig): Promise<void> {
  await rig.connect();
  await rig.lose(exited());
  rig.clock.step();
  await rig.finish();
  const left = rig.manager.disconnect();
  await settle();
  rig.session.drained();
  rig.session.finishClosing();
  await left;
}

const STORY = [
  'disconnected → connecting (connection.connect)',
  'connecting → connecting (done turn)',
  'connecting → connecting (transport.opened)',
  'connecting → connecting (handshake.answered)',
  'connecting → connecting (done restore)',
  'connecting → connected (done probe)',
  'connected → reconnecting (session.lost)',
  'reconnecting → reconnecting (done release)',
  'reconnecting → connecting (after backoffDelay)',
  'connecting → connecting (done turn)',
  'connecting → connecting (transport.opened)',
  'connecting → connecting (handshake.answered)',
  'connecting → connecting (done restore)',
  'connecting → connected (done probe)',
  'connected → closing (connection.disconnect)',
  'closing → disconnected (done release)',
];

describe('the history', () => {
  test('tells a whole story, with cause and time', async () => {
    const rig = new Rig();
    await story(rig);
    const { history } = rig.manager.monitor;
    expect(history.map(inWords)).toEqual(STORY);
    expect(history[0]?.at).toBe(1_700_000_000_000);
    expect(history.at(-1)?.at).toBe(1_700_000_000_000 + rig.clock.now());
    expect(
      history
        .slice(1)
        .every(({ from }, index) => from === history[index]?.to || from.status === history[index]?.to.status),
    ).toBe(true);
    expect(JSON.parse(JSON.stringify(history))).toEqual(history);
  });

  test('keeps the last ones only', async () => {
    const rig = new Rig({ historyLimit: 3 });
    await story(rig);
    expect(rig.manager.monitor.history.map(inWords)).toEqual(STORY.slice(-3));
    const none = new Rig({ historyLimit: 0 });
    await story(none);
    expect(none.manager.monitor.history).toEqual([]);
  });

  test('that was read does not change any more', async () => {
    const rig = new Rig();
    const before = rig.manager.monitor.history;
    await rig.connect();
    expect(before).toEqual([]);
  });
});

describe('the stream of changes', () => {
  test('gives every change from the moment it was asked for, and ends with the connection', async () => {
    const rig = new Rig();
    const changes = rig.manager.changes();
    await story(rig);
    await rig.manager.terminate();
    const seen: string[] = [];
    for await (const change of changes) seen.push(inWords(change));
    expect(seen).toEqual([...STORY, 'disconnected → terminated (connection.terminate)']);
    expect(await rig.manager.changes().next()).toEqual({ done: true, value: undefined });
  });

  test('wakes a reader that waits', async () => {
    const rig = new Rig();
    const next = rig.manager.changes().next();
    expect(await look(next)).toBe('pending');
    const over = rig.manager.terminate();
    expect((await next).value).toMatchObject({ to: { status: 'terminated' } });
    await over;
  });

  test('ends when the signal aborts, after what was already there', async () => {
    const rig = new Rig();
    const controller = new AbortController();
    const changes = rig.manager.changes({ signal: controller.signal });
    await rig.connect();
    controller.abort();
    await rig.lose();
    const seen: string[] = [];
    for await (const change of changes) seen.push(inWords(change));
    expect(seen).toEqual(STORY.slice(0, 6));
    const late = rig.manager.changes({ signal: AbortSignal.abort() });
    expect(await late.next()).toEqual({ done: true, value: undefined });
  });

  test('can be left at any time: before, between and in the middle of reads', async () => {
    const rig = new Rig();
    const [before, between, during] = [rig.manager.changes(), rig.manager.changes(), rig.manager.changes()];
    expect(await before.return()).toEqual({ done: true, value: undefined });
    const pending = during.next();
    expect(await look(during.return())).toEqual({ value: { done: true, value: undefined } });
    expect(await pending).toEqual({ done: true, value: undefined });
    const connected = rig.connect();
    for await (const { to } of between) if (to.status === 'connected') break;
    await connected;
    for (const left of [before, between, during]) expect(await left.next()).toMatchObject({ done: true });
  });

  test('tells a reader that fell too far behind instead of leaving a gap', async () => {
    const rig = new Rig({ retryPolicy: { initialAttempts: 'unlimited' } });
    const changes = rig.manager.changes();
    const outcome = errorOf(rig.manager.connect());
    await settle();
    for (let round = 0; round < 300; round += 1) {
      await rig.lose();
      rig.clock.step();
      await settle();
    }
    let seen = 0;
    const error = await errorOf(
      (async () => {
        for await (const _ of changes) seen += 1;
      })(),
    );
    expect(seen).toBe(1_000);
    expect(error).toMatchObject({ name: 'WaitError', code: 'TOO_MANY_WAITING' });
    const over = rig.manager.terminate();
    rig.session.finishClosing();
    await over;
    await outcome;
  });
});
