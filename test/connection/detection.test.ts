/** How long a server may have been dead before the connection knows. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { HealthCheckConfig } from '../../machines/index.js';
import { settle } from '../../src/testing/steppingClock.js';
import { Rig } from './support.js';

/** As the documentation of `HealthCheckConfig` states it. Milliseconds after the last frame. */
function bound({ interval, timeout, failureThreshold, confirmAfter }: HealthCheckConfig): number {
  return Math.max(interval, timeout) + failureThreshold * (timeout + confirmAfter);
}

/** Connects with these health checks; the server says something at each of these times, and then nothing. */
async function silence(healthCheck: HealthCheckConfig, frames: readonly number[]) {
  const rig = new Rig({ healthCheck });
  const session = await rig.connect();
  for (const wait of frames) {
    await rig.clock.advance(wait);
    session.traffic.receivedAt = rig.clock.now();
    session.heard();
    await settle();
  }
  const last = frames.length === 0 ? 0 : rig.clock.now();
  expect(rig.status).toBe('connected');
  while (rig.status === 'connected') {
    rig.clock.step();
    await settle();
  }
  expect(rig.manager.health).toMatchObject({ status: 'unhealthy' });
  const took = rig.clock.now() - last;
  session.finishClosing();
  await rig.manager.terminate();
  return took;
}

test('by default a server that fell silent is left within 48 s', async () => {
  const healthCheck = { interval: 30_000, timeout: 5_000, failureThreshold: 3, confirmAfter: 1_000 };
  expect(bound(healthCheck)).toBe(48_000);
  // Three probes and the waits between them, the last of which is not needed.
  expect(await silence(healthCheck, [])).toBe(30_000 + 3 * 5_000 + 2 * 1_000);
});

test('whatever the settings, and whenever it was heard last', async () => {
  const settings = fc.record({
    interval: fc.integer({ min: 1, max: 60_000 }),
    timeout: fc.integer({ min: 1, max: 30_000 }),
    failureThreshold: fc.integer({ min: 1, max: 5 }),
    confirmAfter: fc.integer({ min: 0, max: 10_000 }),
  });
  // Not so long apart that it is dead in between.
  const frames = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(settings, frames, async (healthCheck, shares) => {
      const { timeout } = healthCheck;
      const waits = shares.map((share) => Math.floor(share * timeout));
      expect(await silence(healthCheck, waits)).toBeLessThanOrEqual(bound(healthCheck));
    }),
    { numRuns: 100 },
  );
});
