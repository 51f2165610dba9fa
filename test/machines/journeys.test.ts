/**
 * Lives of a connection, written by hand, with every place on the way and the end pinned. Generated
 * paths cannot replace them: a wrong target in the chart would change what they expect.
 */
import { describe, expect, test } from 'vitest';
import { Journey } from './journey.js';

const CONNECTING = [
  'queued',
  'connecting.transportSetup',
  'connecting.handshakeStart',
  'connecting.capabilityNegotiation.accepting',
  'connecting.restoring',
  'connecting.healthCheck',
];
const CONNECTED = 'connected: healthy, waiting, settling';
const RETRYING = ['releasing', 'reconnecting'];

/** Connected, with the path so far put aside. */
async function connected(...options: ConstructorParameters<typeof Journey>): Promise<Journey> {
  const journey = new Journey(...options);
  await journey.connect();
  journey.takePath();
  return journey;
}

const steady = {
  retryPolicy: { jitter: 'none', backoffStrategy: { type: 'constant', delay: 1_000 } },
} as const;

describe('coming and going', () => {
  test('up, in use, and away in peace', async () => {
    const journey = new Journey();
    expect(journey.takePath()).toEqual(['disconnected']);
    await journey.connect();
    expect(journey.takePath()).toEqual([...CONNECTING, CONNECTED]);
    expect(journey.commands).toEqual(['session.accept']);
    expect(journey.context).toMatchObject({
      intent: 'connected',
      epoch: 1,
      attempts: 0,
      wasUp: true,
      error: null,
    });

    await journey.send('disconnect');
    expect(journey.commands).toEqual(['session.accept', 'session.drain']);
    await journey.report({ type: 'session.drained' });
    expect(journey.open).toBe(0);
    await journey.released();
    expect(journey.takePath()).toEqual(['draining', 'closing', 'disconnected']);
    expect(journey.clock.delays).toEqual([]);
  });

  test('connect while draining: the old session goes, a new one comes', async () => {
    const journey = await connected();
    await journey.send('disconnect', 'connect');
    await journey.report({ type: 'session.drained' });
    await journey.released();
    await journey.up();
    expect(journey.takePath()).toEqual(['draining', 'closing', ...CONNECTING, CONNECTED]);
    expect(journey.context).toMatchObject({ intent: 'connected', epoch: 2 });
  });

  test('connect, disconnect, connect while closing: the last one counts', async () => {
    const journey = new Journey();
    await journey.send('connect', 'disconnect');
    await journey.send('connect');
    await journey.send('disconnect', 'connect', 'disconnect', 'connect');
    await journey.released();
    expect(journey.takePath()).toEqual([
      'disconnected',
      'queued',
      'disconnected',
      'queued',
      'connecting.transportSetup',
      'closing',
      'queued',
      'connecting.transportSetup',
    ]);
    expect(journey.context.intent).toBe('connected');
  });

  test('terminate while draining cannot be taken back', async () => {
    const journey = await connected();
    await journey.send('disconnect', 'terminate', 'connect', 'reconnect', 'disconnect');
    await journey.report({ type: 'session.drained' });
    await journey.send('connect', 'disconnect');
    await journey.released();
    expect(journey.takePath()).toEqual(['draining', 'closing', 'terminated']);
    expect(journey.actor.getSnapshot().status).toBe('done');
  });

  test('draining has a limit, and a loss ends it', async () => {
    const late = await connected();
    await late.send('disconnect');
    await late.advance(29_999);
    expect(late.place).toBe('draining');
    await late.advance(1);
    expect(late.place).toBe('closing');

    const lost = await connected();
    await lost.send('terminate');
    await lost.lose();
    await lost.released();
    expect(lost.takePath()).toEqual(['draining', 'closing', 'terminated']);
  });

  test('a new session in place of the running one, asked for', async () => {
    const journey = await connected();
    await journey.send('reconnect');
    expect(journey.open).toBe(0);
    await journey.released();
    await journey.up();
    expect(journey.takePath()).toEqual(['releasing', ...CONNECTING, CONNECTED]);
    expect(journey.context).toMatchObject({ epoch: 2, attempts: 0, error: null });
  });
});

describe('coming back', () => {
  test('a crash loop climbs the backoff and ends in failed', async () => {
    const journey = new Journey({ retryPolicy: { maxAttempts: 3, jitter: 'none' } });
    await journey.connect();
    journey.takePath();
    const waits: number[] = [];
    for (let round = 0; round < 3; round += 1) {
      // Up for a moment each time, which resets nothing.
      await journey.advance(50);
      await journey.loseAndRelease();
      waits.push(journey.context.backoffDelay);
      await journey.elapse();
      await journey.up();
    }
    await journey.loseAndRelease();
    expect(waits).toEqual([500, 1_000, 2_000]);
    const round = [...RETRYING, ...CONNECTING, CONNECTED];
    expect(journey.takePath()).toEqual([...round, ...round, ...round, 'releasing', 'failed']);
    expect(journey.context).toMatchObject({
      failure: 'exhausted',
      attempts: 3,
      error: { code: 'PROCESS_EXITED', details: { attempts: 3 } },
    });
    expect(journey.clock.delays).toEqual([]);
  });

  test('a connection that never came up gives up after its attempts', async () => {
    const journey = new Journey(steady);
    await journey.send('connect');
    await journey.loseAndRelease();
    await journey.elapse();
    await journey.loseAndRelease();
    await journey.elapse();
    await journey.loseAndRelease();
    const attempt = ['queued', 'connecting.transportSetup'];
    expect(journey.takePath()).toEqual([
      'disconnected',
      ...attempt,
      ...RETRYING,
      ...attempt,
      ...RETRYING,
      ...attempt,
      'releasing',
      'failed',
    ]);
    expect(journey.context).toMatchObject({ failure: 'exhausted', error: { details: { attempts: 3 } } });
  });

  test('a stable connection is back at once, the next time after a wait', async () => {
    const journey = await connected(steady);
    await journey.becomeStable();
    expect(journey.clock.now()).toBe(60_000);
    expect(journey.context).toMatchObject({ wasStable: true, attempts: 0 });
    journey.takePath();
    await journey.loseAndRelease();
    expect(journey.takePath()).toEqual(['releasing', 'queued', 'connecting.transportSetup']);
    expect(journey.context.attempts).toBe(1);
    await journey.loseAndRelease();
    expect(journey.takePath()).toEqual(RETRYING);
    expect(journey.context.attempts).toBe(2);
  });

  test('once stable, the retries of an earlier loss are forgotten: the next series has all of its own', async () => {
    const journey = await connected({
      retryPolicy: { ...steady.retryPolicy, maxAttempts: 2, timeout: 90_000 },
    });
    await journey.loseAndRelease();
    await journey.elapse();
    await journey.up();
    expect(journey.context).toMatchObject({ attempts: 1, lostAt: 0, wasStable: false });
    await journey.becomeStable();
    expect(journey.context).toMatchObject({ attempts: 0, lostAt: null, wasStable: true });
    await journey.advance(10_000);
    const lostAt = journey.clock.now();
    await journey.loseAndRelease();
    await journey.loseAndRelease();
    expect(journey.context).toMatchObject({ attempts: 2, lostAt });
    expect(journey.place).toBe('reconnecting');
    await journey.elapse();
    await journey.loseAndRelease();
    expect(journey.place).toBe('failed');
    expect(journey.context).toMatchObject({ failure: 'exhausted', error: { details: { attempts: 2 } } });
  });

  test('stable needs a proof of life from after the time, not from before', async () => {
    const journey = await connected({ retryPolicy: { stableAfter: 40_000 } });
    await journey.advance(30_000);
    await journey.probed();
    await journey.advance(10_000);
    expect(journey.place).toBe('connected: healthy, waiting, settled');
    await journey.advance(20_000);
    await journey.probed({ evidence: 'traffic', evidenceAt: 39_999 });
    expect(journey.place).toBe('connected: healthy, waiting, settled');
    await journey.advance(30_000);
    await journey.probed({ evidence: 'traffic', evidenceAt: 40_000 });
    expect(journey.place).toBe('connected: healthy, waiting, stable');
  });

  test('R12: a session the server forgot is replaced at once, the first time', async () => {
    const journey = await connected(steady);
    await journey.loseAndRelease('SESSION_EXPIRED');
    expect(journey.takePath()).toEqual(['releasing', 'queued', 'connecting.transportSetup']);
    await journey.up();
    journey.takePath();
    await journey.loseAndRelease('SESSION_EXPIRED');
    expect(journey.takePath()).toEqual(RETRYING);
  });

  test('row 29: a server that says when to come back is heard, within the cap', async () => {
    const journey = new Journey(steady);
    await journey.send('connect');
    await journey.lose('HTTP_ERROR', 1e9);
    await journey.released();
    expect(journey.context.backoffDelay).toBe(1_000);
    const patient = new Journey();
    await patient.send('connect');
    await patient.lose('HTTP_ERROR', 7_000);
    await patient.released();
    expect(patient.context.backoffDelay).toBe(7_000);
    // Facts of an error are whatever a transport says; only a number is a time.
    const talkative = new Journey({ retryPolicy: { jitter: 'none' } });
    await talkative.send('connect');
    const error = { code: 'HTTP_ERROR', message: 'busy', details: { retryAfter: '7000' } } as const;
    await talkative.report({ type: 'session.lost', error });
    await talkative.released();
    expect(talkative.context.backoffDelay).toBe(500);
  });

  test('a series of retries has an end in time, counted from the loss', async () => {
    const journey = await connected({ retryPolicy: { ...steady.retryPolicy, timeout: 1_500 } });
    await journey.loseAndRelease();
    await journey.elapse();
    await journey.up();
    await journey.advance(600);
    // Up again, but never stable: it is still the same loss that is answered.
    await journey.loseAndRelease();
    expect(journey.place).toBe('failed');
    expect(journey.context).toMatchObject({ failure: 'exhausted', lostAt: 0 });
  });
});

describe('what is not tried again', () => {
  test('a version we do not speak', async () => {
    const journey = new Journey();
    await journey.send('connect');
    await journey.handshake({ protocolVersion: '1999-01-01' });
    await journey.released();
    expect(journey.takePath().slice(3)).toEqual(['connecting.handshakeStart', 'releasing', 'failed']);
    expect(journey.commands).toEqual([]);
    expect(journey.context).toMatchObject({
      failure: 'fatal',
      error: { code: 'UNSUPPORTED_PROTOCOL_VERSION', message: expect.stringContaining('1999-01-01') },
    });
  });

  test('a capability that is missing', async () => {
    const journey = new Journey({}, { requiredCapabilities: ['tools', 'prompts.listChanged'] });
    await journey.send('connect');
    await journey.handshake({ capabilities: ['tools', 'prompts'] });
    await journey.released();
    expect(journey.place).toBe('failed');
    expect(journey.context.error).toEqual({
      code: 'CAPABILITY_MISSING',
      message: 'the server does not offer prompts.listChanged (requiredCapabilities)',
    });
  });

  test.each(['COMMAND_NOT_FOUND', 'HTTP_REJECTED', 'NOT_MCP'] as const)(
    '%s before the connection was ever up; later it is, for it was right once',
    async (code) => {
      const never = new Journey();
      await never.send('connect');
      await never.loseAndRelease(code);
      expect(never.place).toBe('failed');
      const once = await connected();
      await once.loseAndRelease();
      await once.elapse();
      await once.loseAndRelease(code);
      expect(once.place).toBe('reconnecting');
      expect(once.context).toMatchObject({ failure: null, attempts: 2, error: { code } });
      // Somebody asks: it is a first time again.
      await once.send('disconnect');
      await once.send('connect');
      await once.loseAndRelease(code);
      expect(once.place).toBe('failed');
    },
  );

  test('a session that did not end: a connect ends it first', async () => {
    const journey = await connected();
    await journey.lose();
    await journey.elapse();
    expect(journey.takePath()).toEqual(['releasing', 'failed']);
    expect(journey.clock.now()).toBe(10_000);
    expect(journey.context).toMatchObject({ failure: 'unreleased', error: { code: 'RELEASE_FAILED' } });
    await journey.wake();
    expect(journey.place).toBe('failed');

    await journey.send('connect');
    expect(journey.takePath()).toEqual(['closing']);
    await journey.unreleased();
    expect(journey.place).toBe('failed');
    await journey.send('reconnect');
    await journey.released();
    expect(journey.takePath()).toEqual(['failed', 'closing', 'queued', 'connecting.transportSetup']);
  });

  test('a session that did not end, when the user leaves for good: terminated all the same', async () => {
    const journey = await connected();
    await journey.lose();
    await journey.elapse();
    await journey.send('terminate');
    await journey.elapse();
    expect(journey.takePath()).toEqual(['releasing', 'failed', 'closing', 'terminated']);
    expect(journey.context).toMatchObject({ failure: 'unreleased', error: { code: 'RELEASE_FAILED' } });
  });
});

test.each([
  ['disconnect', 'disconnected'],
  ['terminate', 'terminated'],
] as const)('a session that breaks down while the user leaves (%s) keeps nobody', async (verb, end) => {
  const journey = new Journey();
  await journey.connect();
  await journey.send(verb);
  expect(journey.place).toBe('draining');
  await journey.breakDown();
  await journey.released();
  expect(journey.place).toBe(end);
});

describe('authorization', () => {
  test('401: waits for the user, takes the code, and goes on; it was no attempt', async () => {
    const journey = new Journey({ retryPolicy: { initialAttempts: 1 } });
    await journey.send('connect');
    await journey.loseAndRelease('AUTHORIZATION_REQUIRED');
    expect(journey.takePath().slice(2)).toEqual([
      'connecting.transportSetup',
      'releasing',
      'authorizing.waiting',
    ]);
    expect(journey.clock.delays).toEqual([]);
    await journey.send('authorize', 'authorize');
    await journey.refused();
    await journey.send('authorize');
    await journey.authorized();
    await journey.up();
    expect(journey.takePath()).toEqual([
      'authorizing.exchanging.limited',
      'authorizing.waiting',
      'authorizing.exchanging.limited',
      ...CONNECTING,
      CONNECTED,
    ]);
    expect(journey.context).toMatchObject({ attempts: 0, epoch: 2, error: null });
  });

  test('an exchange that does not end is given up, and may be tried again', async () => {
    const journey = new Journey({ timeout: { connect: 700 } });
    await journey.send('connect');
    await journey.loseAndRelease('AUTHORIZATION_REQUIRED');
    await journey.send('authorize');
    await journey.advance(700);
    expect(journey.place).toBe('authorizing.waiting');
    expect(journey.context.error).toMatchObject({ code: 'AUTHORIZATION_FAILED' });
    await journey.wake();
    await journey.send('authorize', 'disconnect');
    expect(journey.place).toBe('disconnected');
  });

  test('who connects while the code is exchanged joins the exchange', async () => {
    const journey = new Journey();
    await journey.send('connect');
    await journey.loseAndRelease('AUTHORIZATION_REQUIRED');
    await journey.send('authorize', 'connect', 'reconnect');
    expect(journey.place).toBe('authorizing.exchanging.limited');
    await journey.authorized();
    expect(journey.place).toBe('connecting.transportSetup');
  });

  test('the machine sleeps during the exchange: its limit begins anew, and it is not made twice', async () => {
    const journey = new Journey();
    await journey.send('connect');
    await journey.loseAndRelease('AUTHORIZATION_REQUIRED');
    await journey.send('authorize');
    await journey.advance(50_000);
    await journey.wake();
    await journey.advance(50_000);
    expect(journey.place).toBe('authorizing.exchanging.limited');
    await journey.authorized();
    expect(journey.place).toBe('connecting.transportSetup');
  });

  test('what came before it counts no more: neither attempts nor the time that the user took', async () => {
    const journey = await connected({ retryPolicy: { ...steady.retryPolicy, timeout: 10_000 } });
    await journey.loseAndRelease();
    await journey.elapse();
    await journey.loseAndRelease('AUTHORIZATION_REQUIRED');
    expect(journey.place).toBe('authorizing.waiting');
    await journey.advance(3_600_000);
    await journey.send('authorize');
    await journey.authorized();
    expect(journey.context).toMatchObject({ attempts: 0, lostAt: null });
    await journey.loseAndRelease();
    expect(journey.place).toBe('reconnecting');
    const never = new Journey({ retryPolicy: { ...steady.retryPolicy, initialAttempts: 3 } });
    await never.send('connect');
    for (const code of ['PROCESS_EXITED', 'PROCESS_EXITED', 'AUTHORIZATION_REQUIRED'] as const) {
      await never.loseAndRelease(code);
      if (never.place === 'reconnecting') await never.elapse();
    }
    await never.send('authorize');
    await never.authorized();
    await never.loseAndRelease();
    expect(never.place).toBe('reconnecting');
    expect(never.context.attempts).toBe(1);
  });

  test('the user may leave, or try without a code', async () => {
    const journey = new Journey();
    await journey.send('connect');
    await journey.loseAndRelease('AUTHORIZATION_REQUIRED');
    await journey.send('connect');
    expect(journey.place).toBe('connecting.transportSetup');
    await journey.loseAndRelease('AUTHORIZATION_REQUIRED');
    await journey.send('terminate');
    expect(journey.place).toBe('terminated');
  });
});

describe('health', () => {
  test('degraded, and back', async () => {
    const journey = await connected();
    await journey.advance(30_000);
    await journey.probeFailed();
    expect(journey.context).toMatchObject({ probeFailures: 1, probeFailure: 'ill' });
    await journey.elapse();
    await journey.probed();
    expect(journey.takePath()).toEqual([
      'connected: healthy, checking, settling',
      'connected: degraded, confirming, settling',
      'connected: degraded, checking, settling',
      CONNECTED,
    ]);
    expect(journey.clock.now()).toBe(31_000);
    expect(journey.probes).toEqual(['ping now', 'ping routine', 'ping now']);
    expect(journey.context).toMatchObject({ probeFailures: 0, probeFailure: null });
  });

  test('three failures in a row end the session, two do not', async () => {
    const journey = await connected();
    await journey.send('checkHealth');
    await journey.probeFailed();
    await journey.elapse();
    await journey.probeFailed();
    expect(journey.place).toBe('connected: degraded, confirming, settling');
    await journey.elapse();
    await journey.probeFailed();
    expect(journey.place).toBe('releasing');
    expect(journey.open).toBe(0);
    expect(journey.context.error).toEqual({
      code: 'UNHEALTHY',
      message: '3 failed health checks; the last: ill',
    });
    await journey.released();
    expect(journey.place).toBe('reconnecting');
  });

  test('at a threshold of one the first failure ends it, by error or by time', async () => {
    const failing = await connected({ healthCheck: { failureThreshold: 1 } });
    await failing.send('checkHealth');
    await failing.probeFailed();
    const silent = await connected({ healthCheck: { failureThreshold: 1 } });
    await silent.send('checkHealth');
    await silent.advance(5_000);
    for (const journey of [failing, silent]) {
      expect(journey.takePath()).toEqual(['connected: healthy, checking, settling', 'releasing']);
      expect(journey.context.error).toMatchObject({ code: 'UNHEALTHY' });
    }
  });

  test.each([1, 3])(
    'late is not dead: what lives is degraded and kept, at a threshold of %i',
    async (failureThreshold) => {
      const journey = await connected({ healthCheck: { failureThreshold } });
      await journey.send('checkHealth');
      for (let round = 0; round < 5; round += 1) {
        await journey.heard();
        await journey.advance(5_000);
        expect(journey.place).toBe('connected: degraded, confirming, settling');
        expect(journey.context).toMatchObject({
          probeFailures: 0,
          probeFailure: 'alive, but no answer within 5000 ms',
        });
        await journey.advance(1_000);
        expect(journey.place).toBe('connected: degraded, checking, settling');
      }
      await journey.probed();
      expect(journey.place).toBe(CONNECTED);
      expect(journey.context.probeFailure).toBeNull();
    },
  );

  test('what was heard before the question says nothing about the time after it', async () => {
    const journey = await connected({ healthCheck: { failureThreshold: 1 } });
    await journey.send('checkHealth');
    await journey.heard();
    await journey.advance(5_000);
    await journey.advance(1_000);
    await journey.advance(5_000);
    expect(journey.place).toBe('releasing');
  });

  test('late answers to ping: it is asked something else, and ping no more', async () => {
    const journey = await connected();
    await journey.send('checkHealth');
    await journey.heard();
    await journey.advance(6_000);
    await journey.probed();
    await journey.send('checkHealth');
    expect(journey.probes).toEqual(['ping now', 'ping now', 'alternative now', 'alternative now']);
  });

  test('a frame is the proof of life that the first probe waits for', async () => {
    const journey = new Journey();
    await journey.send('connect');
    await journey.handshake();
    await journey.advance(4_000);
    await journey.heard();
    expect(journey.place).toBe(CONNECTED);
    expect(journey.context).toMatchObject({ connectedSince: 4_000, probeMethod: 'ping', isPingless: false });
  });

  test('ping is never answered, something else is: it is asked from then on, on the next session too', async () => {
    const journey = new Journey();
    await journey.send('connect');
    await journey.handshake();
    await journey.advance(5_000);
    expect(journey.place).toBe('connecting.healthCheck');
    await journey.probed();
    expect(journey.place).toBe(CONNECTED);
    await journey.send('checkHealth');
    await journey.probed();
    await journey.loseAndRelease();
    await journey.elapse();
    await journey.handshake();
    expect(journey.probes).toEqual(['ping now', 'alternative now', 'alternative now', 'alternative now']);
  });

  test('ping stops being answered in mid-session: one failure, then something else', async () => {
    const journey = await connected();
    await journey.send('checkHealth');
    await journey.advance(5_000);
    await journey.advance(1_000);
    await journey.probed();
    expect(journey.place).toBe(CONNECTED);
    await journey.send('checkHealth');
    expect(journey.probes).toEqual(['ping now', 'ping now', 'alternative now', 'alternative now']);
  });

  test('nothing is answered at first: the attempt fails; a question of one’s own has no alternative', async () => {
    const journey = new Journey();
    await journey.send('connect');
    await journey.handshake();
    await journey.advance(10_000);
    expect(journey.context.error).toEqual({
      code: 'FIRST_PROBE_FAILED',
      message: 'the first probe failed: no answer within 5000 ms',
    });
    const custom = new Journey({}, { probe: 'custom' });
    await custom.send('connect');
    await custom.handshake();
    await custom.advance(5_000);
    expect(custom.place).toBe('releasing');
    expect(custom.probes).toEqual(['custom now']);
  });

  test('keepAlive alone: probes come, failures show, the session stays', async () => {
    const journey = new Journey({ healthCheck: false, keepAlive: { interval: 10_000 } });
    await journey.send('connect');
    await journey.handshake();
    expect(journey.place).toBe(CONNECTED);
    for (let round = 0; round < 5; round += 1) {
      await journey.advance(10_000);
      await journey.probeFailed();
    }
    expect(journey.place).toBe('connected: degraded, waiting, settling');
    expect(journey.context.probeFailures).toBe(5);
    await journey.advance(10_000);
    await journey.advance(5_000);
    expect(journey.context.probeFailures).toBe(6);
    expect(journey.place).toBe('connected: degraded, waiting, settled');
    // Nothing came in time: perhaps it is ping that this server does not know.
    await journey.advance(10_000);
    await journey.heard();
    await journey.advance(5_000);
    expect(journey.context).toMatchObject({ probeFailures: 0, probeMethod: 'alternative' });
    expect(journey.place).toBe('connected: degraded, waiting, settled');
    await journey.advance(10_000);
    await journey.probed();
    expect(journey.place).toBe('connected: healthy, waiting, stable');
  });

  test('no health checks at all: connected by the handshake alone, stable by time alone', async () => {
    const journey = new Journey({ healthCheck: false });
    await journey.send('connect');
    await journey.handshake();
    expect(journey.takePath().at(-1)).toBe(CONNECTED);
    await journey.wake();
    await journey.advance(60_000);
    expect(journey.place).toBe('connected: healthy, waiting, stable');
    expect(journey.probes).toEqual([]);
    expect(journey.clock.delays).toEqual([]);
  });
});

describe('limits of an attempt', () => {
  test.each([
    ['CONNECT_TIMEOUT', 60_000, 'connecting.handshakeStart'],
    ['TRANSPORT_TIMEOUT', 10_000, 'connecting.transportSetup'],
    ['NEGOTIATION_TIMEOUT', 10_000, 'connecting.capabilityNegotiation.accepting'],
  ] as const)('%s after %i ms in %s', async (code, limit, place) => {
    const journey = new Journey();
    await journey.send('connect');
    if (code !== 'TRANSPORT_TIMEOUT') await journey.report({ type: 'transport.opened' });
    if (code === 'NEGOTIATION_TIMEOUT') {
      const answer = {
        protocolVersion: '2025-11-25',
        serverInfo: { name: 'a', version: '1' },
        capabilities: [],
      };
      await journey.report({ type: 'handshake.answered', answer });
    }
    await journey.advance(limit - 1);
    expect(journey.place).toBe(place);
    await journey.advance(1);
    expect(journey.place).toBe('releasing');
    expect(journey.context.error).toMatchObject({ code });
  });
});

describe('the machine slept', () => {
  test('while connecting: the same phase, with fresh limits', async () => {
    const journey = new Journey();
    await journey.send('connect');
    await journey.report({ type: 'transport.opened' });
    await journey.advance(59_000);
    await journey.wake();
    await journey.advance(59_000);
    expect(journey.place).toBe('connecting.handshakeStart');
    expect(journey.open).toBe(1);
    await journey.advance(1_000);
    expect(journey.place).toBe('releasing');
  });

  test('while connected: failures of the gap do not count, and one probe comes soon', async () => {
    const journey = await connected();
    await journey.send('checkHealth');
    await journey.probeFailed();
    await journey.elapse();
    expect(journey.context.probeFailures).toBe(1);
    await journey.wake(0.25);
    // The verdict of the probe that was running is not heard.
    await journey.advance(499);
    expect(journey.place).toBe('connected: degraded, confirming, settling');
    await journey.wake(0.1);
    await journey.advance(200);
    expect(journey.context.probeFailures).toBe(0);
    await journey.probed();
    expect(journey.place).toBe(CONNECTED);
    expect(journey.probes).toHaveLength(4);
  });

  test('while backing off: the next attempt comes soon, never later than planned', async () => {
    const journey = await connected({
      retryPolicy: { jitter: 'none', backoffStrategy: { type: 'constant', delay: 30_000 } },
    });
    await journey.loseAndRelease();
    await journey.advance(10_000);
    await journey.wake(0.5);
    expect(journey.context.backoffDelay).toBe(1_000);
    await journey.wake(0.9);
    expect(journey.context.backoffDelay).toBe(1_000);
    await journey.advance(1_000);
    expect(journey.place).toBe('connecting.transportSetup');
    expect(journey.context.attempts).toBe(1);
  });

  test('after giving up: a new series of attempts; not where trying again cannot help', async () => {
    const journey = new Journey({ retryPolicy: { initialAttempts: 1 } });
    await journey.send('connect');
    await journey.loseAndRelease();
    expect(journey.place).toBe('failed');
    await journey.wake(0);
    expect(journey.takePath().slice(-2)).toEqual(['failed', 'reconnecting']);
    expect(journey.context).toMatchObject({ attempts: 0, failure: null, backoffDelay: 1 });
    await journey.elapse();
    await journey.up();
    expect(journey.place).toBe(CONNECTED);

    const fatal = new Journey();
    await fatal.send('connect');
    await fatal.loseAndRelease('COMMAND_NOT_FOUND');
    await fatal.wake();
    expect(fatal.place).toBe('failed');
  });

  test('while leaving: draining and closing get their time again', async () => {
    const journey = await connected();
    await journey.send('disconnect');
    await journey.advance(29_000);
    await journey.wake();
    await journey.advance(29_000);
    expect(journey.place).toBe('draining');
    await journey.advance(1_000);
    await journey.advance(9_000);
    await journey.wake();
    await journey.advance(9_000);
    expect(journey.place).toBe('closing');
    await journey.released();
    expect(journey.place).toBe('disconnected');
  });

  test('while releasing: the release gets its time again', async () => {
    const journey = await connected();
    await journey.lose();
    await journey.advance(9_000);
    await journey.wake();
    await journey.advance(9_999);
    expect(journey.place).toBe('releasing');
    await journey.advance(1);
    expect(journey.place).toBe('failed');
  });

  test('elsewhere: nothing', async () => {
    const journey = new Journey({}, { isGated: true });
    await journey.wake();
    expect(journey.place).toBe('disconnected');
    await journey.send('connect');
    await journey.wake();
    expect(journey.place).toBe('queued');
    expect(journey.clock.delays).toEqual([]);
  });
});

describe('the gate', () => {
  test('every attempt waits for its turn, and leaving the queue is free', async () => {
    const journey = new Journey(steady, { isGated: true });
    await journey.send('connect', 'disconnect', 'connect');
    await journey.entered();
    await journey.loseAndRelease();
    await journey.elapse();
    expect(journey.place).toBe('queued');
    await journey.send('terminate');
    expect(journey.place).toBe('terminated');
    expect(journey.context.epoch).toBe(1);
  });
});
