/** Commands given from inside a listener: the chart is in the middle of a step then. */
import { describe, expect, test, vi } from 'vitest';
import type { ConnectionStatus } from '../../src/connection/state.js';
import { SteppingClock, settle } from '../../src/testing/steppingClock.js';
import { look, Rig } from './support.js';

/** Runs something once, inside the listener that hears of a status. */
function inside<Value>(rig: Rig, status: ConnectionStatus, act: () => Promise<Value>): Promise<Value> {
  return new Promise((resolve, reject) => {
    const off = rig.manager.on('state', ({ to }) => {
      if (to.status !== status) return;
      off();
      act().then(resolve, reject);
    });
  });
}

describe('from inside a state listener', () => {
  test('disconnect() leaves the connection that was just made', async () => {
    const rig = new Rig();
    const left = inside(rig, 'connected', () => rig.manager.disconnect());
    await rig.connect();
    rig.session.drained();
    rig.session.finishClosing();
    expect(await look(left)).toEqual({ value: undefined });
    expect(rig.status).toBe('disconnected');
  });

  test('connect() connects again after a disconnect', async () => {
    const rig = new Rig();
    await rig.connect();
    const again = inside(rig, 'disconnected', () => rig.manager.connect());
    const left = rig.manager.disconnect();
    await settle();
    rig.session.drained();
    rig.session.finishClosing();
    await left;
    expect(await look(again)).toBe('pending');
    await rig.finish();
    expect(await look(again)).toMatchObject({ value: { serverInfo: { name: 'scripted' } } });
    expect(rig.sessions).toHaveLength(2);
  });

  test('reconnect() waits for the new session, not for the one it replaces', async () => {
    const rig = new Rig();
    const again = inside(rig, 'connected', () => rig.manager.reconnect());
    await rig.connect();
    expect(await look(again)).toBe('pending');
    rig.session.finishClosing();
    await rig.finish();
    expect(await look(again)).toMatchObject({ value: { protocolVersion: '2025-11-25' } });
    expect(rig.sessions).toHaveLength(2);
  });

  test('checkHealth() asks the session that was just made', async () => {
    const rig = new Rig();
    const checked = inside(rig, 'connected', () => rig.manager.checkHealth());
    await rig.connect();
    expect(await look(checked)).toBe('pending');
    expect(rig.session.probes).toHaveLength(2);
    await rig.answerProbe();
    expect(await look(checked)).toEqual({ value: { status: 'healthy' } });
  });

  test('terminate() ends it', async () => {
    const rig = new Rig();
    const over = inside(rig, 'connecting', () => rig.manager.terminate());
    const connecting = rig.manager.connect();
    expect(await look(connecting)).toMatchObject({ error: { code: 'TERMINATED' } });
    expect(await look(over)).toEqual({ value: undefined });
    expect(rig.status).toBe('terminated');
  });

  test('a signal that aborts meanwhile is heard', async () => {
    const rig = new Rig();
    const reason = new Error('not needed any more');
    const again = inside(rig, 'connected', () => {
      const controller = new AbortController();
      const promise = rig.manager.reconnect({ signal: controller.signal });
      controller.abort(reason);
      return promise;
    });
    await rig.connect();
    expect(await look(again)).toEqual({ error: reason });
  });
});

describe('what throws beside the chart does it no harm (row 37)', () => {
  test('a predicate of waitFor that throws rejects its own promise only', async () => {
    const rig = new Rig();
    const broken = new Error('a broken predicate');
    const thrown = rig.manager.waitFor(({ status }) => {
      if (status === 'connected') throw broken;
      return false;
    });
    const connected = rig.manager.waitFor('connected');
    const outcome = look(thrown);
    await rig.connect();
    expect(await outcome).toEqual('pending');
    expect(await look(thrown)).toEqual({ error: broken });
    expect(await look(connected)).toMatchObject({ value: { status: 'connected' } });
    await rig.lose();
    expect(rig.status).toBe('reconnecting');
  });

  test('an inspector that throws changes nothing', async () => {
    const inspect = vi.fn(() => {
      throw new Error('a broken inspector');
    });
    const rig = new Rig({ inspect });
    await rig.connect();
    expect(rig.status).toBe('connected');
    expect(inspect).toHaveBeenCalled();
  });

  test('a chart that throws is failed for good: nobody waits, and its session is closed', async () => {
    const clock = new SteppingClock();
    const broken = new Error('a broken clock');
    let isBroken = false;
    const rig = new Rig({
      clock: {
        now: () => clock.now(),
        time: () => clock.time(),
        clearTimeout: (timer) => clock.clearTimeout(timer),
        setTimeout: (callback, delay) => {
          if (isBroken) throw broken;
          return clock.setTimeout(callback, delay);
        },
      },
    });
    const connecting = rig.manager.connect();
    const waiting = rig.manager.listTools();
    const terminated = rig.manager.waitFor('terminated');
    await settle();
    isBroken = true;
    rig.session.opened();
    rig.session.answered();
    expect(await look(connecting)).toMatchObject({ error: { code: 'INTERNAL_ERROR' } });
    expect(await look(waiting)).toMatchObject({ error: { code: 'INTERNAL_ERROR', mayHaveExecuted: false } });
    expect(await look(terminated)).toMatchObject({ error: { code: 'TERMINATED' } });
    expect(rig.manager.state).toMatchObject({ status: 'failed', error: { code: 'INTERNAL_ERROR' } });
    expect(rig.session.isClosing).toBe(true);
    expect(await look(rig.manager.connect())).toMatchObject({ error: { code: 'INTERNAL_ERROR' } });
  });
});
