/** The actors that bring the chart to life, one by one, over a scripted session. */
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { createActor, sendTo, setup, toPromise } from 'xstate';
import {
  DEFAULT_HEALTH_CHECK,
  type ProbeInput,
  type SessionCommand,
  type SessionFact,
} from '../../machines/index.js';
import { ConnectionError } from '../../src/errors.js';
import { authorize, probe, release, restore, session, turn } from '../../src/session/actors.js';
import { createHandle, resourcesOf, type StartGate } from '../../src/session/resources.js';
import { ScriptedSession } from '../../src/testing/scriptedSession.js';
import { SteppingClock, settle } from '../../src/testing/steppingClock.js';

/** What lives behind a handle, and the sessions that were made. */
function setUp({
  gate = null,
  openError = null,
}: {
  gate?: StartGate | null;
  openError?: Error | null;
} = {}) {
  const clock = new SteppingClock({ now: 1_000 });
  const sessions: ScriptedSession[] = [];
  const handle = createHandle({
    clock,
    random: () => 0.25,
    createSession: (epoch) => {
      const made = new ScriptedSession(epoch);
      made.openError = openError;
      sessions.push(made);
      return made;
    },
    gate,
    whenIdle: () => Promise.resolve(),
  });
  return { clock, sessions, handle, live: resourcesOf(handle) };
}

describe('the turn', () => {
  const entered = vi.fn<StartGate['enter']>();
  const leave = vi.fn();
  const gate: StartGate = { enter: entered };

  beforeEach(() => {
    entered.mockReset();
    leave.mockReset();
  });

  test('is ours where there is no gate', async () => {
    const { handle, live } = setUp();
    await toPromise(createActor(turn, { input: { handle } }).start());
    expect(live.leaveGate).toBeNull();
  });

  test('is waited for at the gate, and kept for the session', async () => {
    entered.mockResolvedValue(leave);
    const { handle, live } = setUp({ gate });
    await toPromise(createActor(turn, { input: { handle } }).start());
    expect(live.leaveGate).toBe(leave);
    expect(leave).not.toHaveBeenCalled();
  });

  test('that was not given back is still ours', async () => {
    entered.mockResolvedValue(leave);
    const { handle } = setUp({ gate });
    await toPromise(createActor(turn, { input: { handle } }).start());
    await toPromise(createActor(turn, { input: { handle } }).start());
    expect(entered).toHaveBeenCalledTimes(1);
  });

  test('that comes too late goes to the next in line', async () => {
    let open: (leave: () => void) => void = () => {};
    entered.mockReturnValue(
      new Promise((resolve) => {
        open = resolve;
      }),
    );
    const { handle, live } = setUp({ gate });
    const waiting = createActor(turn, { input: { handle } }).start();
    waiting.stop();
    open(leave);
    await settle();
    expect(leave).toHaveBeenCalledTimes(1);
    expect(live.leaveGate).toBeNull();
  });

  test('that came is given back when the chart had given up before it heard', async () => {
    entered.mockResolvedValue(leave);
    const { handle, live } = setUp({ gate });
    const waiting = createActor(turn, { input: { handle } });
    waiting.start();
    // As soon as the gate is open, and before the actor can say so.
    for (let turns = 0; live.leaveGate === null && turns < 10; turns += 1) await Promise.resolve();
    expect(live.leaveGate).toBe(leave);
    waiting.stop();
    expect(leave).toHaveBeenCalledTimes(1);
    expect(live.leaveGate).toBeNull();
  });

  test('that is refused is remembered as the gate’s error', async () => {
    const cause = new Error('no room');
    entered.mockRejectedValue(cause);
    const { handle, live } = setUp({ gate });
    const refused = toPromise(createActor(turn, { input: { handle } }).start());
    await expect(refused).rejects.toThrow('gate.enter failed: no room');
    expect(live.lastError).toMatchObject({ code: 'INTERNAL_ERROR', cause });
  });

  test('that is refused in a code of ours keeps it', async () => {
    const full = new ConnectionError('RESOURCES_EXHAUSTED', 'too many');
    entered.mockRejectedValue(full);
    const { handle, live } = setUp({ gate });
    await expect(toPromise(createActor(turn, { input: { handle } }).start())).rejects.toBe(full);
    expect(live.lastError).toBe(full);
  });

  test('that is refused to somebody who left is nobody’s error', async () => {
    entered.mockImplementation(
      (signal) =>
        new Promise((_, reject) => {
          signal.addEventListener('abort', () => reject(new Error('you left')));
        }),
    );
    const { handle, live } = setUp({ gate });
    const waiting = createActor(turn, { input: { handle } }).start();
    waiting.stop();
    await settle();
    expect(live.lastError).toBeNull();
  });
});

describe('a session', () => {
  /** A parent that hears what the session reports, and leaves it when it is told to. */
  function start(options: Parameters<typeof setUp>[0] = {}) {
    const world = setUp(options);
    const facts: SessionFact[] = [];
    const errors: unknown[] = [];
    const parent = createActor(
      setup({
        types: { events: {} as SessionFact | { type: 'leave' } | SessionCommand },
        actors: { session },
      }).createMachine({
        initial: 'inside',
        states: {
          inside: {
            invoke: {
              src: 'session',
              id: 'session',
              input: { handle: world.handle, epoch: 7 },
              onError: { actions: ({ event }) => errors.push(event.error) },
            },
            on: {
              leave: { target: 'outside' },
              'session.accept': { actions: sendTo('session', { type: 'session.accept' }) },
              'session.drain': { actions: sendTo('session', { type: 'session.drain' }) },
              'session.*': { actions: ({ event }) => note(event) },
              'transport.*': { actions: ({ event }) => note(event) },
              'handshake.*': { actions: ({ event }) => note(event) },
            },
          },
          outside: {},
        },
      }),
    );
    const note = (event: SessionFact | SessionCommand) => {
      if (event.type !== 'session.accept' && event.type !== 'session.drain') facts.push(event);
    };
    parent.start();
    const [made] = world.sessions;
    if (made === undefined) throw new Error('no session was made');
    return {
      ...world,
      facts,
      errors,
      made,
      stop: () => parent.send({ type: 'leave' }),
      tell: (type: SessionCommand['type']) => parent.send({ type }),
    };
  }

  test('is made with its number, opened, accepted and drained', async () => {
    const rig = start();
    expect(rig.made.epoch).toBe(7);
    expect(rig.live.session).toBe(rig.made);
    rig.made.opened();
    rig.made.answered();
    expect(rig.made.isAccepted).toBe(false);
    rig.tell('session.accept');
    expect(rig.made.isAccepted).toBe(true);
    rig.clock.skip(5);
    rig.made.completed();
    rig.made.heard();
    const moment = { at: 1_005, time: rig.clock.time() };
    expect(rig.facts).toEqual([
      { type: 'transport.opened' },
      expect.objectContaining({ type: 'handshake.answered' }),
      { type: 'handshake.completed', ...moment },
      { type: 'session.heard', ...moment },
    ]);
    rig.tell('session.drain');
    await settle();
    expect(rig.made.saidGoodbye).toBe(true);
    expect(rig.facts).toHaveLength(4);
    rig.made.drained();
    await settle();
    expect(rig.facts.at(-1)).toEqual({ type: 'session.drained' });
  });

  test('that is lost says why, and who asked for an authorization is known', () => {
    const rig = start();
    const gone = new ConnectionError('PROCESS_EXITED', 'it is gone');
    rig.made.lost(gone);
    expect(rig.facts).toEqual([{ type: 'session.lost', error: gone.toRecord() }]);
    expect(rig.live.lastError).toBe(gone);
    expect(rig.live.challenged).toBeNull();

    const challenged = start();
    challenged.made.lost(new ConnectionError('AUTHORIZATION_REQUIRED', '401'));
    expect(challenged.live.challenged).toBe(challenged.made);
  });

  test('gives the turn back when it is up, or when it is left', () => {
    const up = start();
    const leave = vi.fn();
    up.live.leaveGate = leave;
    up.made.completed();
    expect(leave).toHaveBeenCalledTimes(1);
    up.stop();
    expect(leave).toHaveBeenCalledTimes(1);

    const left = start();
    const broken = vi.fn(() => {
      throw new Error('the gate is broken');
    });
    left.live.leaveGate = broken;
    left.stop();
    expect(broken).toHaveBeenCalledTimes(1);
    expect(left.made.isClosing).toBe(true);
  });

  test('that was left changes nothing any more', () => {
    const rig = start();
    rig.stop();
    expect(rig.live.session).toBeNull();
    expect(rig.live.retired).toEqual(new Set([rig.made]));
    const leave = vi.fn();
    rig.live.leaveGate = leave;
    rig.made.completed();
    rig.made.heard();
    rig.made.lost(new ConnectionError('AUTHORIZATION_REQUIRED', 'late'));
    expect(leave).not.toHaveBeenCalled();
    expect(rig.live.lastError).toBeNull();
    expect(rig.live.challenged).toBeNull();
    expect(rig.facts).toEqual([]);
  });

  test('that cannot be made is no session; the turn is given back, and the cause remembered', () => {
    const cause = new Error('no idea how');
    const createSession = () => {
      throw cause;
    };
    const { clock } = setUp();
    const whenIdle = () => Promise.resolve();
    const handle = createHandle({ clock, random: () => 0, createSession, gate: null, whenIdle });
    const live = resourcesOf(handle);
    const leave = vi.fn();
    live.leaveGate = leave;
    const actor = createActor(session, { input: { handle, epoch: 1 } });
    const errors: unknown[] = [];
    actor.subscribe({ error: (error) => errors.push(error) });
    actor.start();
    expect(leave).toHaveBeenCalledTimes(1);
    expect(live.session).toBeNull();
    expect(live.lastError).toMatchObject({
      code: 'INTERNAL_ERROR',
      message: 'createSession failed: no idea how',
      cause,
    });
    expect(errors).toEqual([live.lastError]);
  });

  test('that cannot be opened is closed all the same', () => {
    const rig = start({ openError: new Error('no way') });
    expect(rig.errors).toEqual([expect.objectContaining({ message: 'no way' })]);
    expect(rig.live.session).toBeNull();
    expect(rig.made.isClosing).toBe(true);
  });
});

describe('a probe', () => {
  const asked = (input: Partial<ProbeInput>, world: ReturnType<typeof setUp>) => {
    const full: ProbeInput = {
      handle: world.handle,
      method: 'ping',
      urgency: 'routine',
      interval: 30_000,
      keepAliveInterval: null,
      ...input,
    };
    return toPromise(createActor(probe, { input: full }).start());
  };

  function running({ receivedAt = 900, sentAt = 900 } = {}) {
    const world = setUp();
    const current = new ScriptedSession(1);
    Object.assign(current.traffic, { receivedAt, sentAt });
    world.live.session = current;
    return { world, current };
  }

  test('is content with recent traffic, and is due when the silence is over', async () => {
    const { world, current } = running();
    expect(await asked({}, world)).toEqual({
      at: 1_000,
      time: world.clock.time(),
      evidence: 'traffic',
      evidenceAt: 900,
      latency: null,
      nextDelay: 29_900,
    });
    expect(current.probes).toEqual([]);
  });

  test.each<[string, Partial<ProbeInput>, nextDelay: number]>([
    ['it is asked for now', { urgency: 'now' }, 30_000],
    ['the silence has lasted', { interval: 100 }, 100],
    ['our own silence has lasted', { keepAliveInterval: 100 }, 100],
    ['our own has lasted, and health is not checked', { interval: null, keepAliveInterval: 100 }, 100],
  ])('asks the server when %s', async (_, input, nextDelay) => {
    const { world, current } = running();
    const proof = asked({ method: 'alternative', ...input }, world);
    expect(current.probes.map(({ method }) => method)).toEqual(['alternative']);
    world.clock.skip(40);
    current.probes[0]?.answer();
    expect(await proof).toEqual({
      at: 1_040,
      time: world.clock.time(),
      evidence: 'reply',
      evidenceAt: 1_040,
      latency: 40,
      nextDelay,
    });
  });

  test('comes back as often as health is checked by default, where nothing says how often', async () => {
    const { world, current } = running();
    const proof = asked({ urgency: 'now', interval: null }, world);
    current.probes[0]?.answer();
    expect((await proof).nextDelay).toBe(DEFAULT_HEALTH_CHECK.interval);
  });

  test('is not content where nothing has come in yet', () => {
    const { world, current } = running({ receivedAt: Number.NEGATIVE_INFINITY });
    void asked({}, world);
    expect(current.probes).toHaveLength(1);
  });

  test('is due at whole milliseconds, never early', async () => {
    const { world } = running({ receivedAt: 900.4 });
    expect((await asked({}, world)).nextDelay).toBe(29_901);
  });

  test('needs a session', async () => {
    await expect(asked({}, setUp())).rejects.toMatchObject({
      code: 'CONNECTION_CLOSED',
      message: 'there is no session to probe',
    });
  });
});

test('nothing is put back where there is no session', async () => {
  const { handle } = setUp();
  await toPromise(createActor(restore, { input: { handle } }).start());
});

test('a release waits for every session that was left, and brings time and chance', async () => {
  const { clock, handle, live } = setUp();
  const left = [new ScriptedSession(1), new ScriptedSession(2)];
  for (const each of left) live.retired.add(each);
  const released = toPromise(createActor(release, { input: { handle } }).start());
  const isOver = vi.fn();
  void released.then(isOver);
  clock.skip(10);
  left[0]?.finishClosing();
  await settle();
  expect(live.retired).toEqual(new Set([left[1]]));
  expect(isOver).not.toHaveBeenCalled();
  clock.skip(10);
  left[1]?.finishClosing();
  expect(await released).toEqual({ startedAt: 1_000, at: 1_020, random: 0.25 });
  expect(live.retired.size).toBe(0);
});

describe('an authorization', () => {
  function challenged() {
    const world = setUp();
    const asking = new ScriptedSession(1);
    world.live.challenged = asking;
    world.live.authorizationCode = 'code';
    const actor = createActor(authorize, { input: { handle: world.handle } });
    return { ...world, asking, actor, done: toPromise(actor.start()) };
  }

  test('needs a session that asked for it, and a code, which serves once', async () => {
    const { handle, live } = setUp();
    const begin = () => toPromise(createActor(authorize, { input: { handle } }).start());
    const nothing = { code: 'AUTHORIZATION_FAILED', message: 'no authorization is under way' };
    live.authorizationCode = 'code';
    await expect(begin()).rejects.toMatchObject(nothing);
    live.challenged = new ScriptedSession(1);
    await expect(begin()).rejects.toMatchObject(nothing);
  });

  test('is finished on the session that was asked for it', async () => {
    const { asking, live, done } = challenged();
    expect(asking.codes).toEqual(['code']);
    asking.authorized();
    await done;
    expect(live.lastError).toBeNull();
  });

  test('that is refused says so, with the cause, or in a code of ours', async () => {
    const refused = challenged();
    const cause = new Error('invalid_grant');
    refused.asking.authorizationRefused(cause);
    const failure = {
      code: 'AUTHORIZATION_FAILED',
      message: 'the authorization was refused: invalid_grant',
      cause,
    };
    await expect(refused.done).rejects.toMatchObject(failure);
    expect(refused.live.lastError).toMatchObject(failure);

    const unreachable = challenged();
    const ours = new ConnectionError('NETWORK_ERROR', 'unreachable');
    unreachable.asking.authorizationRefused(ours);
    await expect(unreachable.done).rejects.toBe(ours);
    expect(unreachable.live.lastError).toBe(ours);
  });

  test('that the chart no longer wants is nobody’s error', async () => {
    const { asking, actor, live } = challenged();
    actor.stop();
    asking.authorizationRefused(new Error('aborted'));
    await settle();
    expect(live.lastError).toBeNull();
  });
});

test('a handle of another process, or out of a snapshot, is told to be none', () => {
  expect(() => resourcesOf({})).toThrow('use connectionInput() for the input');
});
