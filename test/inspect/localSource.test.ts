import { describe, expect, onTestFinished, test } from 'vitest';
import { ConnectionError } from '../../src/errors.js';
import { DETAIL_EVERY, FRAME_EVERY } from '../../src/inspect/Feed.js';
import type { ConnectionDetail, ConnectionRow, InspectionFrame } from '../../src/inspect/frames.types.js';
import { LocalSource } from '../../src/inspect/LocalSource.js';
import { SteppingClock, settle } from '../../src/testing/steppingClock.js';
import { PoolRig } from '../rigs/poolRig.js';
import { Subject } from './support.js';

/** One who looks, and what they were told. */
function look(source: LocalSource, focus: string | null = null) {
  const frames: InspectionFrame[] = [];
  const feed = source.open((frame) => frames.push(frame));
  if (focus !== null) feed.focus(focus);
  onTestFinished(() => feed.close());
  return {
    feed,
    frames,
    /** The last that was told of it. */
    row: (name: string): ConnectionRow | undefined =>
      frames.flatMap(({ rows }) => rows).findLast((row) => row.name === name),
    get detail(): ConnectionDetail | null {
      return frames.findLast(({ detail }) => detail !== null)?.detail ?? null;
    },
  };
}

const lost = () => new ConnectionError('PROCESS_EXITED', 'the process exited with code 1');

describe('what is told of a connection', () => {
  test('is all there is at first, and then what changes', async () => {
    const subject = new Subject('files');
    const source = new LocalSource({ managers: [subject.manager], clock: subject.clock });
    const seen = look(source, 'files');
    expect(seen.frames[0]).toMatchObject({
      isWhole: true,
      rows: [{ name: 'files', status: 'disconnected' }],
    });
    await subject.connect();
    await subject.clock.advance(FRAME_EVERY);
    expect(seen.row('files')).toMatchObject({ status: 'connected', health: 'healthy', isBegun: true });
    expect(seen.detail?.states).toEqual([
      'active',
      'active.session',
      'active.session.connected',
      'active.session.connected.health',
      'active.session.connected.health.healthy',
      'active.session.connected.probe',
      'active.session.connected.probe.waiting',
      'active.session.connected.stability',
      'active.session.connected.stability.settling',
    ]);
    expect(seen.detail?.server).toEqual({ name: 'scripted', version: '1.0.0' });
  });

  test('has each transition that was taken, with its event and between which states', async () => {
    const subject = new Subject('files');
    const source = new LocalSource({ managers: [subject.manager], clock: subject.clock });
    const seen = look(source, 'files');
    await subject.connect();
    subject.session.lost(lost());
    await settle();
    await subject.clock.advance(FRAME_EVERY);
    const taken = seen.detail?.transitions ?? [];
    const ids = taken.map(({ id }) => id);
    expect(ids).toEqual([...new Set(ids)].sort((one, other) => one - other));
    expect(taken.slice(-2)).toMatchObject([
      { event: 'session.lost', source: 'active.session', targets: ['active.releasing'] },
      { event: 'done release', source: 'active.releasing', targets: ['active.reconnecting'] },
    ]);
  });

  test('counts a backoff down to the moment at which it ends', async () => {
    const subject = new Subject('files');
    const source = new LocalSource({ managers: [subject.manager], clock: subject.clock });
    const seen = look(source);
    await subject.connect();
    subject.session.lost(lost());
    await settle();
    const end = subject.clock.time() + 4_000;
    await subject.clock.advance(FRAME_EVERY);
    expect(seen.row('files')).toMatchObject({
      status: 'reconnecting',
      retries: 1,
      retryAt: end,
      error: { code: 'PROCESS_EXITED' },
    });
    await subject.clock.advance(4_000);
    await subject.shakeHands();
    await subject.clock.advance(FRAME_EVERY);
    expect(seen.row('files')).toMatchObject({ status: 'connected', retryAt: null, error: null });
  });

  test('has a timeline of states and health, from before anybody looked', async () => {
    const subject = new Subject('files');
    await subject.connect();
    const source = new LocalSource({ managers: [subject.manager], clock: subject.clock });
    const seen = look(source, 'files');
    subject.session.lost(lost());
    await settle();
    await subject.clock.advance(FRAME_EVERY);
    expect(seen.detail?.timeline.map(({ kind, value, cause }) => `${kind} ${value} ${cause}`)).toEqual([
      'state connecting connection.connect',
      'state connecting done turn',
      'state connecting transport.opened',
      'state connecting handshake.answered',
      'state connecting done restore',
      'state connected done probe',
      'state reconnecting session.lost',
      'health unhealthy ',
      'state reconnecting done release',
    ]);
  });

  test('has calls by method, tool and outcome, bounded and with what is wrong', async () => {
    const subject = new Subject('files');
    const source = new LocalSource({
      managers: [subject.manager],
      secrets: ['hunter2-hunter2'],
      clock: subject.clock,
    });
    const seen = look(source, 'files');
    await subject.connect();
    // These sessions have no wire to send them on.
    const names = ['echo', 'hunter2-hunter2', `\u202e${'long-'.repeat(100)}`];
    for (const name of names) {
      const call = subject.manager.callTool({ name, arguments: { text: 'nobody’s business' } });
      await expect(call).rejects.toThrow();
    }
    await subject.clock.advance(FRAME_EVERY);
    const entries = seen.detail?.calls ?? [];
    expect(entries.map(({ method, error }) => `${method} ${error}`)).toEqual(
      names.map(() => 'tools/call Error'),
    );
    const [first, second, third] = entries.map(({ name }) => name);
    expect([first, second]).toEqual(['echo', '[secret]']);
    expect(third).toMatch(/^\\u\{202e\}long-/);
    expect(third).toHaveLength(100);
    expect(JSON.stringify(seen.frames)).not.toContain('nobody’s business');
  });

  test('has calls by method and outcome, and nothing of what they were about', async () => {
    const subject = new Subject('files');
    const source = new LocalSource({ managers: [subject.manager], clock: subject.clock });
    const seen = look(source, 'files');
    await subject.connect();
    await subject.manager.run(async () => 'a result that is nobody’s business');
    await expect(
      subject.manager.run(async () => {
        throw new Error('a failure that is nobody’s business');
      }),
    ).rejects.toThrow();
    await subject.clock.advance(FRAME_EVERY);
    const calls = seen.detail?.calls ?? [];
    expect(calls.map(({ outcome }) => outcome)).toEqual(['succeeded', 'failed']);
    expect(Object.keys(calls[0] ?? {}).sort()).toEqual([
      'at',
      'duration',
      'error',
      'id',
      'method',
      'name',
      'outcome',
      'sessions',
    ]);
    expect(JSON.stringify(seen.frames)).not.toContain('nobody’s business');
    expect(seen.detail?.statistics).toMatchObject({ callsSucceeded: 1, callsFailed: 1 });
  });

  test('is bounded, however much happens', async () => {
    const subject = new Subject('files');
    const source = new LocalSource({ managers: [subject.manager], clock: subject.clock });
    const seen = look(source, 'files');
    await subject.connect();
    for (let call = 0; call < 300; call += 1) await subject.manager.run(async () => null);
    for (let loss = 0; loss < 60; loss += 1) {
      subject.session.lost(lost());
      await settle();
      await subject.clock.advance(4_000);
      await subject.shakeHands();
    }
    await subject.clock.advance(FRAME_EVERY);
    expect(seen.detail?.calls).toHaveLength(50);
    expect(seen.detail?.timeline).toHaveLength(100);
    expect(seen.detail?.transitions).toHaveLength(30);
  });
});

describe('batching', () => {
  test('tells changes of many connections in one frame, each connection once', async () => {
    const clock = new SteppingClock();
    const subjects = Array.from({ length: 200 }, (_, index) => new Subject(`server ${index}`, {}, clock));
    const source = new LocalSource({ managers: subjects.map(({ manager }) => manager), clock });
    const seen = look(source);
    for (const subject of subjects) await subject.connect();
    expect(seen.frames).toHaveLength(1);
    await clock.advance(FRAME_EVERY);
    expect(seen.frames).toHaveLength(2);
    expect(new Set(seen.frames[1]?.rows.map(({ name }) => name)).size).toBe(200);
    expect(seen.frames[1]?.rows).toHaveLength(200);
  });

  test('sends no more than one frame in its interval, and none when nothing happens', async () => {
    const subject = new Subject('files');
    const source = new LocalSource({ managers: [subject.manager], clock: subject.clock });
    const seen = look(source);
    await subject.connect();
    for (let step = 0; step < 50; step += 1) {
      await subject.manager.run(async () => null);
      await subject.clock.advance(FRAME_EVERY / 10);
    }
    const sent = seen.frames.length;
    expect(sent).toBeLessThanOrEqual(1 + 5);
    expect(sent).toBeGreaterThan(3);
    await subject.clock.advance(10 * FRAME_EVERY);
    expect(seen.frames.length).toBeLessThanOrEqual(sent + 1);
  });

  test('tells the one that is looked at at once, and anew each second', async () => {
    const subject = new Subject('files');
    await subject.connect();
    const source = new LocalSource({ managers: [subject.manager], clock: subject.clock });
    const seen = look(source);
    expect(seen.detail).toBeNull();
    seen.feed.focus('files');
    expect(seen.detail?.name).toBe('files');
    const before = seen.frames.length;
    await subject.clock.advance(3 * (DETAIL_EVERY + FRAME_EVERY));
    expect(seen.frames.length).toBe(before + 3);
    seen.feed.focus(null);
    const after = seen.frames.length;
    await subject.clock.advance(10 * DETAIL_EVERY);
    expect(seen.frames.length).toBe(after);
  });

  test('leaves no timer and no listener behind', async () => {
    const subject = new Subject('files');
    await subject.connect();
    const timers = subject.clock.delays.length;
    const source = new LocalSource({ managers: [subject.manager], clock: subject.clock });
    const seen = look(source, 'files');
    await subject.manager.run(async () => null);
    await source[Symbol.asyncDispose]();
    expect(subject.clock.delays).toHaveLength(timers);
    const told = seen.frames.length;
    subject.session.lost(lost());
    await settle();
    await subject.clock.advance(FRAME_EVERY);
    expect(seen.frames).toHaveLength(told);
  });
});

test('who looks no more hears nothing', async () => {
  const subject = new Subject('files');
  await subject.connect();
  let asked = 0;
  class CountingClock extends SteppingClock {
    override time(): number {
      asked += 1;
      return super.time();
    }
  }
  const source = new LocalSource({ managers: [subject.manager], clock: new CountingClock() });
  await subject.manager.run(async () => null);
  expect(asked).toBe(1);
  await source[Symbol.asyncDispose]();
  await subject.manager.run(async () => null);
  await subject.manager.disconnect();
  expect(asked).toBe(1);
});

describe('a pool', () => {
  test('is shown with the servers that nobody has used, and nothing is begun for it', async () => {
    const rig = new PoolRig({ servers: { a: {}, b: {} } });
    onTestFinished(() => rig.pool[Symbol.asyncDispose]());
    const faultOf = (name: string) => (name === 'b' ? { code: 'CONFIG_INVALID', message: 'no KEY' } : null);
    const source = new LocalSource({ pool: rig.pool, faultOf, clock: rig.clock });
    const seen = look(source, 'a');
    expect(seen.frames[0]?.rows).toMatchObject([
      { name: 'a', status: 'disconnected', isBegun: false, error: null },
      { name: 'b', status: 'disconnected', isBegun: false, error: { code: 'CONFIG_INVALID' } },
    ]);
    expect(await source.act('reconnect', 'a')).toEqual({ isDone: false, text: 'nobody has used it yet' });
    await settle();
    expect(rig.sessions('a')).toHaveLength(0);
  });

  test('shows a connection from its beginning, and the next of the same name', async () => {
    const rig = new PoolRig({ servers: { a: {} } });
    onTestFinished(() => rig.pool[Symbol.asyncDispose]());
    const source = new LocalSource({ pool: rig.pool, clock: rig.clock });
    const seen = look(source, 'a');
    await rig.up('a');
    await rig.clock.advance(FRAME_EVERY);
    expect(seen.row('a')).toMatchObject({ status: 'connected', isBegun: true });
    await rig.pool.remove('a');
    await rig.clock.advance(FRAME_EVERY);
    expect(seen.row('a')).toMatchObject({ status: 'disconnected', isBegun: false });
    await rig.up('a');
    await rig.clock.advance(FRAME_EVERY);
    expect(seen.row('a')).toMatchObject({ status: 'connected', isBegun: true });
    expect(seen.detail?.statistics?.connects).toBe(1);
    const before = seen.frames.findLast(({ detail }) => detail?.timeline.at(-1)?.value === 'terminated');
    expect(seen.detail?.timeline[0]?.id).toBeGreaterThan(before?.detail?.timeline.at(-1)?.id ?? Number.NaN);
  });
});

describe('actions', () => {
  test('probe asks the server now', async () => {
    const subject = new Subject('files');
    await subject.connect();
    const source = new LocalSource({ managers: [subject.manager], clock: subject.clock });
    const outcome = source.act('probe', 'files');
    await settle();
    subject.session.answerProbe();
    expect(await outcome).toMatchObject({
      isDone: true,
      text: expect.stringMatching(/^healthy, answered in/),
    });
  });

  test('probe without a session says so', async () => {
    const subject = new Subject('files');
    const source = new LocalSource({ managers: [subject.manager], clock: subject.clock });
    expect(await source.act('probe', 'files')).toEqual({
      isDone: false,
      text: 'files: no session to check (disconnected)',
    });
  });

  test('reconnect opens a new session, disconnect ends it', async () => {
    const subject = new Subject('files');
    await subject.connect();
    const source = new LocalSource({ managers: [subject.manager], clock: subject.clock });
    const outcome = source.act('reconnect', 'files');
    await settle();
    await subject.shakeHands();
    expect(await outcome).toEqual({ isDone: true, text: 'connected with a new session' });
    expect(subject.sessions).toHaveLength(2);
    expect(await source.act('disconnect', 'files')).toEqual({ isDone: true, text: 'disconnected' });
    expect(subject.manager.state.status).toBe('disconnected');
  });

  test('are not the first use of a connection: to look at it starts no command', async () => {
    const subject = new Subject('files');
    const source = new LocalSource({ managers: [subject.manager], clock: subject.clock });
    const seen = look(source);
    expect(seen.row('files')).toMatchObject({ status: 'disconnected', isBegun: false });
    expect(await source.act('reconnect', 'files')).toEqual({ isDone: false, text: 'nobody has used it yet' });
    expect(subject.sessions).toHaveLength(0);
    await subject.connect();
    await subject.manager.disconnect();
    await subject.clock.advance(FRAME_EVERY);
    expect(seen.row('files')).toMatchObject({ status: 'disconnected', isBegun: true });
    const outcome = source.act('reconnect', 'files');
    await settle();
    await subject.shakeHands();
    expect(await outcome).toMatchObject({ isDone: true });
  });

  test('of a name that nobody knows do nothing', async () => {
    const source = new LocalSource();
    expect(await source.act('reconnect', '__proto__')).toEqual({
      isDone: false,
      text: 'there is no such connection',
    });
  });
});

test('connections come and go as they are attached', async () => {
  const clock = new SteppingClock();
  const [one, other] = [new Subject('one', {}, clock), new Subject('other', {}, clock)];
  const source = new LocalSource({ clock });
  const seen = look(source);
  const detach = source.attach(one.manager);
  source.attach(other.manager);
  await clock.advance(FRAME_EVERY);
  expect(seen.frames.at(-1)).toMatchObject({ rows: [{ name: 'one' }, { name: 'other' }], gone: [] });
  detach();
  await clock.advance(FRAME_EVERY);
  expect(seen.frames.at(-1)).toMatchObject({ rows: [], gone: ['one'] });
});

test('two connections of one name are refused: one of them could not be seen', () => {
  const [one, other] = [new Subject('files'), new Subject('files')];
  expect(() => new LocalSource({ managers: [one.manager, other.manager] })).toThrow('managers: found');
});

describe('a source that is closed', () => {
  test('says that what it told is how it was last, to those who look and to those who come', async () => {
    const subject = new Subject('files');
    const source = new LocalSource({ managers: [subject.manager], clock: subject.clock });
    const early = look(source, 'files');
    await source[Symbol.asyncDispose]();
    const late = look(source, 'files');
    for (const { frames } of [early, late]) {
      expect(frames.at(-1)?.source).toEqual({
        isLive: false,
        note: 'these connections are not looked at any more',
      });
    }
    expect(subject.clock.delays).toEqual([]);
  });

  test('looks at nothing that is attached', async () => {
    const subject = new Subject('files');
    const source = new LocalSource({ clock: subject.clock });
    await source[Symbol.asyncDispose]();
    source.attach(subject.manager);
    const seen = look(source, 'files');
    await subject.connect();
    await subject.clock.advance(FRAME_EVERY);
    expect(seen.row('files')).toBeUndefined();
  });
});
