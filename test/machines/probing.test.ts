/** When the next probe comes, and how urgent it is. */
import { describe, expect, test } from 'vitest';
import type { ConnectionEmitted } from '../../machines/index.js';
import type { ConnectionConfig } from '../../src/connection/options.js';
import { Journey } from './journey.js';

async function connected(config: ConnectionConfig): Promise<Journey> {
  const journey = new Journey(config);
  await journey.send('connect');
  await journey.handshake();
  if (config.healthCheck !== false) await journey.probed();
  return journey;
}

const LATE: ConnectionEmitted = { type: 'probe.unanswered', reason: 'alive, but ill', isAlive: true };

/** What listeners hear from now on. */
function announced(journey: Journey): ConnectionEmitted[] {
  const heard: ConnectionEmitted[] = [];
  journey.actor.on('*', (event) => heard.push(event));
  return heard;
}

describe('the first probe in use comes', () => {
  const interval = 12_345;

  test.each<[string, ConnectionConfig, after: number]>([
    ['when the server may have been silent for too long', { healthCheck: { interval } }, interval],
    [
      'when we may have been, if that is sooner',
      { healthCheck: { interval }, keepAlive: { interval: 5_000 } },
      5_000,
    ],
    [
      'not later because we may be silent for longer',
      { healthCheck: { interval }, keepAlive: { interval: 20_000 } },
      interval,
    ],
    ['for our own silence alone', { healthCheck: false, keepAlive: { interval: 7_000 } }, 7_000],
    [
      'soon enough for a look at how long we have been silent',
      { healthCheck: false, keepAlive: { interval: 45_000 } },
      30_000,
    ],
  ])('%s', async (_, config, after) => {
    const journey = await connected(config);
    const asked = journey.probes.length;
    await journey.advance(after - 1);
    expect(journey.probes).toHaveLength(asked);
    await journey.advance(1);
    expect(journey.probes.slice(asked)).toEqual(['ping routine']);
  });
});

describe('the next one', () => {
  test('is a routine after one that passed, when that one said', async () => {
    const journey = await connected({});
    await journey.send('checkHealth');
    await journey.probed({ nextDelay: 4_321 });
    await journey.advance(4_320);
    expect(journey.probes).toEqual(['ping now', 'ping now']);
    await journey.advance(1);
    expect(journey.probes).toEqual(['ping now', 'ping now', 'ping routine']);
  });

  test('is urgent and soon after one that failed', async () => {
    const journey = await connected({ healthCheck: { confirmAfter: 600 } });
    await journey.advance(30_000);
    await journey.probeFailed();
    await journey.advance(599);
    expect(journey.probes).toEqual(['ping now', 'ping routine']);
    await journey.advance(1);
    expect(journey.probes).toEqual(['ping now', 'ping routine', 'ping now']);
  });

  test('is urgent, at the old pace, where health is not checked', async () => {
    const journey = await connected({ healthCheck: false, keepAlive: { interval: 7_000 } });
    await journey.advance(7_000);
    await journey.probeFailed();
    await journey.advance(6_999);
    expect(journey.probes).toEqual(['ping routine']);
    await journey.advance(1);
    expect(journey.probes).toEqual(['ping routine', 'ping now']);
  });

  test('is urgent, at the pace of our own silence, also after a look that found no silence', async () => {
    const journey = await connected({ healthCheck: false, keepAlive: { interval: 7_000 } });
    await journey.advance(7_000);
    await journey.probed({ nextDelay: 200 });
    await journey.advance(200);
    await journey.probeFailed();
    await journey.advance(6_999);
    expect(journey.probes).toEqual(['ping routine', 'ping routine']);
    await journey.advance(1);
    expect(journey.probes).toEqual(['ping routine', 'ping routine', 'ping now']);
  });

  test.each([
    ['not before the server wants to be asked', 9_000, 9_000],
    ['no sooner for a server that wants it sooner', 100, 600],
    ['no later than a silent one would be asked', 3_600_000, 30_000],
  ])('comes %s', async (_, retryAfter, after) => {
    const journey = await connected({ healthCheck: { confirmAfter: 600 } });
    await journey.send('checkHealth');
    await journey.probeFailed({ retryAfter });
    await journey.advance(after - 1);
    expect(journey.probes).toHaveLength(2);
    await journey.advance(1);
    expect(journey.probes).toHaveLength(3);
  });
});

describe('a probe that could not be asked, on a session that is heard of', () => {
  test.each([1, 3])('costs nothing, where %d failures are the end', async (failureThreshold) => {
    const journey = await connected({ healthCheck: { failureThreshold, confirmAfter: 600 } });
    const heard = announced(journey);
    for (let asked = 0; asked < 4; asked += 1) {
      await journey.send('checkHealth');
      await journey.report({ type: 'session.heard', at: 1, time: 2 });
      await journey.probeFailed({ retryAfter: 9_000 });
      expect(journey.place).toBe('connected: degraded, confirming, settling');
      expect(journey.context).toMatchObject({
        probeFailures: 0,
        probeFailure: 'alive, but ill',
        probeDelay: 9_000,
      });
    }
    expect(heard).toEqual(Array.from({ length: 4 }, () => LATE));
  });

  test('costs nothing where health is not checked', async () => {
    const journey = await connected({ healthCheck: false, keepAlive: { interval: 7_000 } });
    const heard = announced(journey);
    await journey.advance(7_000);
    await journey.report({ type: 'session.heard', at: 1, time: 2 });
    await journey.probeFailed();
    expect(journey.place).toBe('connected: degraded, waiting, settling');
    expect(journey.context).toMatchObject({
      probeFailures: 0,
      probeFailure: 'alive, but ill',
      probeDelay: 7_000,
    });
    expect(heard).toEqual([LATE]);
  });

  test('leaves its pace to one that is asked by hand only', async () => {
    const journey = await connected({ healthCheck: false });
    const { probeDelay } = journey.context;
    await journey.send('checkHealth');
    await journey.probeFailed();
    expect(probeDelay).toBeGreaterThan(0);
    expect(journey.context.probeDelay).toBe(probeDelay);
  });

  test('after it was silent does not count as one more failure', async () => {
    const journey = await connected({ healthCheck: { failureThreshold: 2 } });
    await journey.send('checkHealth');
    await journey.probeFailed();
    await journey.send('checkHealth');
    await journey.report({ type: 'session.heard', at: 1, time: 2 });
    await journey.probeFailed();
    await journey.send('checkHealth');
    await journey.probeFailed();
    expect(journey.context.probeFailures).toBe(1);
    await journey.send('checkHealth');
    await journey.probeFailed();
    expect(journey.place).toBe('releasing');
  });
});

test('a question of one’s own has no alternative, also in mid-session', async () => {
  const journey = new Journey({}, { probe: 'custom' });
  await journey.connect();
  await journey.send('checkHealth');
  await journey.advance(5_000);
  expect(journey.place).toBe('connected: degraded, confirming, settling');
  await journey.send('checkHealth');
  expect(journey.probes).toEqual(['custom now', 'custom now', 'custom now']);
});

describe('a machine that slept', () => {
  test.each([
    [0, 0],
    [0.25, 500],
    [0.75, 1_500],
  ])('asks within two seconds, spread by chance (%d: %d ms)', async (random, after) => {
    const journey = await connected({ healthCheck: { failureThreshold: 2 } });
    await journey.send('checkHealth');
    await journey.probeFailed();
    await journey.wake(random);
    expect(journey.context).toMatchObject({ probeFailures: 0, probeDelay: after });
    await journey.advance(after);
    expect(journey.probes).toEqual(['ping now', 'ping now', 'ping now']);
    // What failed before the sleep does not count.
    await journey.probeFailed();
    expect(journey.place).toBe('connected: degraded, confirming, settling');
  });

  test.each([
    [0, 1],
    [0.25, 500],
    [0.9, 1_000],
  ])('goes on with what it backed off from, sooner but never later (%d: %d ms)', async (random, after) => {
    const journey = await connected({
      retryPolicy: { jitter: 'none', backoffStrategy: { type: 'constant', delay: 1_000 } },
    });
    await journey.loseAndRelease();
    await journey.wake(random);
    expect(journey.context).toMatchObject({ backoffDelay: after, attempts: 1, lostAt: 0 });
  });

  test.each([
    [0, 1],
    [0.9, 1_800],
  ])('begins anew with what was given up (%d: %d ms)', async (random, after) => {
    const journey = await connected({ retryPolicy: { maxAttempts: 0 } });
    await journey.loseAndRelease();
    expect(journey.place).toBe('failed');
    await journey.wake(random);
    expect(journey.place).toBe('reconnecting');
    expect(journey.context).toMatchObject({ backoffDelay: after, attempts: 0, lostAt: null, failure: null });
  });
});
