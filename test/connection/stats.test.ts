/** What state, health, statistics and events say, told along whole stories. */
import { describe, expect, test, vi } from 'vitest';
import { ConnectionError } from '../../src/errors.js';
import { settle } from '../../src/testing/steppingClock.js';
import { errorOf, exited, Rig } from './support.js';

const NO_CALLS = { accepted: 0, sent: 0, succeeded: 0, failed: 0, cancelled: 0, inFlight: 0, waiting: 0 };
const NO_TIME = {
  disconnected: 0,
  connecting: 0,
  connected: 0,
  reconnecting: 0,
  failed: 0,
  authorizing: 0,
  closing: 0,
  terminated: 0,
};

describe('the statistics', () => {
  test('begin at nothing, and time runs from the start', async () => {
    const rig = new Rig();
    await rig.clock.advance(40);
    expect(rig.manager.stats).toEqual({
      connects: 0,
      reconnections: 0,
      attempts: 0,
      disconnects: {},
      probes: { passed: 0, failed: 0, lastLatency: null, meanLatency: null },
      calls: NO_CALLS,
      timeIn: { ...NO_TIME, disconnected: 40 },
      strayAnswers: 0,
      lastError: null,
    });
  });

  test('tell a whole story', async () => {
    const rig = new Rig();
    // An attempt that fails after 30 ms, and one that takes 20 ms.
    const connected = rig.manager.connect();
    await rig.clock.advance(30);
    await rig.lose();
    rig.clock.step();
    await rig.handshake();
    await rig.clock.advance(20);
    await rig.answerProbe();
    await connected;
    // Connected for 100 ms, then lost; its release takes 15 ms.
    await rig.clock.advance(100);
    rig.session.lost(
      new ConnectionError('STREAM_LOST', 'the stream broke off', { details: { code: 'EPIPE' } }),
    );
    await rig.clock.advance(15);
    rig.session.finishClosing();
    await settle();
    const backoff = rig.clock.delays[0] ?? 0;
    rig.clock.step();
    await rig.finish();
    // A new session on request, and away; draining takes 5 ms.
    const again = rig.manager.reconnect();
    rig.session.finishClosing();
    await rig.finish();
    await again;
    const left = rig.manager.disconnect();
    await rig.clock.advance(5);
    rig.session.drained();
    rig.session.finishClosing();
    await left;
    expect(rig.manager.stats).toEqual({
      connects: 3,
      reconnections: 2,
      attempts: 4,
      disconnects: { STREAM_LOST: 1, requested: 2 },
      probes: { passed: 3, failed: 0, lastLatency: 0, meanLatency: 20 / 3 },
      calls: NO_CALLS,
      strayAnswers: 0,
      timeIn: {
        ...NO_TIME,
        connecting: 30 + 20,
        connected: 100,
        reconnecting: 250 + 15 + backoff,
        closing: 5,
      },
      lastError: { code: 'STREAM_LOST', message: 'the stream broke off', details: { code: 'EPIPE' } },
    });
  });

  test('count the time of the present state too', async () => {
    const rig = new Rig();
    await rig.connect();
    await rig.clock.advance(70);
    expect(rig.manager.stats.timeIn).toEqual({ ...NO_TIME, connected: 70 });
    rig.session.lost(exited());
    await rig.clock.advance(30);
    expect(rig.manager.stats.timeIn).toEqual({ ...NO_TIME, connected: 70, reconnecting: 30 });
  });

  test('count a connection asked for anew as a first one', async () => {
    const rig = new Rig({ retryPolicy: { maxAttempts: 0 } });
    await rig.connect();
    await rig.lose();
    expect(rig.status).toBe('failed');
    await rig.connect();
    expect(rig.manager.stats).toMatchObject({
      connects: 2,
      reconnections: 0,
      disconnects: { PROCESS_EXITED: 1 },
    });
  });

  test('time probes by their replies only', async () => {
    const rig = new Rig({ healthCheck: { confirmAfter: 0 } });
    await rig.connect();
    const probe = async (latency: number, end: 'answer' | 'fail') => {
      const checked = rig.manager.checkHealth();
      await rig.clock.advance(latency);
      const asked = rig.session.probes.at(-1);
      if (end === 'fail') asked?.fail(new Error('ill'));
      else asked?.answer();
      await checked;
    };
    await probe(10, 'answer');
    await probe(5, 'fail');
    expect(rig.manager.stats.probes).toEqual({ passed: 2, failed: 1, lastLatency: 10, meanLatency: 5 });
    await probe(20, 'answer');
    // A probe that finds recent traffic asks nothing, and passes.
    rig.session.traffic.receivedAt = rig.clock.now() + 20_000;
    await rig.clock.advance(30_000);
    expect(rig.session.probes).toHaveLength(4);
    expect(rig.manager.stats.probes).toEqual({ passed: 4, failed: 1, lastLatency: 20, meanLatency: 10 });
  });

  test('are a copy', async () => {
    const rig = new Rig();
    const before = rig.manager.stats;
    await rig.connect();
    expect(before).toMatchObject({ connects: 0, probes: { passed: 0 }, calls: NO_CALLS });
  });
});

describe('health', () => {
  test('is unknown at first, and told when it changes', async () => {
    const rig = new Rig({
      healthCheck: { failureThreshold: 2, confirmAfter: 100 },
      retryPolicy: { jitter: 'none' },
    });
    const told = vi.fn();
    rig.manager.on('health', told);
    expect(rig.manager.health).toBeNull();
    await rig.connect();
    const checked = rig.manager.checkHealth();
    await settle();
    rig.session.probes[1]?.fail(new Error('ill'));
    await checked;
    await rig.clock.advance(100);
    rig.session.probes[2]?.fail(new Error('very ill'));
    await settle();
    expect(rig.manager.health).toEqual({
      status: 'unhealthy',
      reason: '2 failed health checks; the last: very ill',
    });
    // It stays so until the connection is back.
    rig.session.finishClosing();
    await settle();
    rig.clock.step();
    await rig.handshake();
    expect(rig.manager.health?.status).toBe('unhealthy');
    await rig.answerProbe();
    expect(rig.manager.health).toEqual({ status: 'healthy' });
    const left = rig.manager.disconnect();
    await settle();
    rig.session.drained();
    rig.session.finishClosing();
    await left;
    expect(rig.manager.health).toBeNull();
    expect(told.mock.calls.map(([health]) => health?.status ?? null)).toEqual([
      'healthy',
      'degraded',
      'unhealthy',
      'healthy',
      null,
    ]);
  });
});

describe('errors', () => {
  /** Ways to fail, what they come as, and whether they are tried again. */
  const ways: [name: string, fail: (rig: Rig) => Promise<void>, code: string, isRetried: boolean][] = [
    ['a server that exits', (rig) => rig.lose(), 'PROCESS_EXITED', true],
    [
      'no such program',
      (rig) => rig.lose(new ConnectionError('COMMAND_NOT_FOUND', 'no program')),
      'COMMAND_NOT_FOUND',
      false,
    ],
    [
      'a version we do not speak',
      async (rig) => {
        rig.session.opened();
        rig.session.answered({ protocolVersion: '1999-01-01' });
        rig.session.finishClosing();
      },
      'UNSUPPORTED_PROTOCOL_VERSION',
      false,
    ],
    [
      'a capability that is missing',
      async (rig) => {
        rig.session.opened();
        rig.session.answered({ capabilities: [] });
        rig.session.finishClosing();
      },
      'CAPABILITY_MISSING',
      false,
    ],
    [
      'a server that never opens',
      async (rig) => {
        await rig.clock.advance(10_000);
        rig.session.finishClosing();
      },
      'TRANSPORT_TIMEOUT',
      true,
    ],
    [
      'a server that never answers',
      async (rig) => {
        rig.session.opened();
        await rig.clock.advance(60_000);
        rig.session.finishClosing();
      },
      'CONNECT_TIMEOUT',
      true,
    ],
    [
      'a server that is never told',
      async (rig) => {
        rig.session.opened();
        rig.session.answered();
        await rig.clock.advance(10_000);
        rig.session.finishClosing();
      },
      'NEGOTIATION_TIMEOUT',
      true,
    ],
    [
      'a server that proves no life',
      async (rig) => {
        await rig.handshake();
        await rig.clock.advance(10_000);
        rig.session.finishClosing();
      },
      'FIRST_PROBE_FAILED',
      true,
    ],
    [
      'a session that does not end',
      async (rig) => {
        rig.session.lost(exited());
        await rig.clock.advance(10_000);
      },
      'RELEASE_FAILED',
      false,
    ],
  ];

  test.each(ways)('%s', async (_, fail, code, isRetried) => {
    const rig = new Rig({ requiredCapabilities: ['tools'], retryPolicy: { initialAttempts: 2 } });
    const outcome = errorOf(rig.manager.connect());
    await settle();
    await fail(rig);
    await settle();
    expect(rig.status).toBe(isRetried ? 'reconnecting' : 'failed');
    expect(rig.manager.stats.lastError).toMatchObject({ code });
    if (isRetried) {
      rig.clock.step();
      await settle();
      await fail(rig);
    }
    const error = await outcome;
    expect(error).toBeInstanceOf(ConnectionError);
    expect(error).toMatchObject({
      name: 'ConnectionError',
      code,
      message: expect.stringMatching(/^files: /),
    });
    expect(rig.manager.state).toMatchObject({ status: 'failed', error: { code } });
  });
});
