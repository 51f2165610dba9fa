/** What a question for health, an authorization and a sleep of the machine do in each place. */
import { describe, expect, test } from 'vitest';
import { alive, FIRST_STEP, type Way, ways } from './places.js';

describe('a probe that is asked for', () => {
  const probed: Way[] = ['connected', 'degraded'];

  test.each(probed)('is asked at once: %s', async (way) => {
    const journey = await ways[way]();
    const asked = journey.probes.length;
    await journey.send('checkHealth');
    expect(journey.place).toMatch(/checking/);
    expect(journey.probes.slice(asked)).toEqual(['ping now']);
  });

  test.each(alive.filter((way) => !probed.includes(way)))('is not asked: %s', async (way) => {
    const journey = await ways[way]();
    const { place, context } = journey;
    const asked = journey.probes.length;
    await journey.send('checkHealth');
    expect(journey.place).toBe(place);
    expect(journey.context).toEqual(context);
    expect(journey.probes).toHaveLength(asked);
  });
});

test.each(alive.filter((way) => way !== 'authorizing'))('%s: there is nothing to authorize', async (way) => {
  const journey = await ways[way]();
  const { place, context } = journey;
  await journey.send('authorize');
  expect(journey.place).toBe(place);
  expect(journey.context).toEqual(context);
});

describe('a machine that slept', () => {
  /** Where it is then, for how long at most, and where it goes after that. */
  const woken: { [Place in Way]?: [place: string, limit: number, next: string] } = {
    transportSetup: [FIRST_STEP, 10_000, 'releasing'],
    handshakeStart: ['connecting.handshakeStart', 60_000, 'releasing'],
    accepting: ['connecting.capabilityNegotiation.accepting', 10_000, 'releasing'],
    restoring: ['connecting.restoring', 10_000, 'connecting.healthCheck'],
    healthCheck: ['connecting.healthCheck', 5_000, 'connecting.healthCheck'],
    connected: ['connected: healthy, confirming, settling', 1_000, 'connected: healthy, checking, settling'],
    checking: ['connected: healthy, confirming, settling', 1_000, 'connected: healthy, checking, settling'],
    degraded: ['connected: degraded, confirming, settling', 1_000, 'connected: degraded, checking, settling'],
    draining: ['draining', 30_000, 'closing'],
    releasing: ['releasing', 10_000, 'failed'],
    reconnecting: ['reconnecting', 1_000, FIRST_STEP],
    exchanging: ['authorizing.exchanging.limited', 60_000, 'authorizing.waiting'],
    closing: ['closing', 10_000, 'failed'],
    'failed, given up': ['reconnecting', 1_000, FIRST_STEP],
  };

  test.each(alive)('%s', async (way) => {
    const journey = await ways[way]();
    const { place, context } = journey;
    const limits = journey.clock.delays;
    // Short of every limit, so that one that does not begin anew is told from one that does.
    await journey.advance(900);
    await journey.wake(0.5);
    const outcome = woken[way];
    if (outcome === undefined) {
      expect(journey.place).toBe(place);
      expect(journey.context).toEqual(context);
      expect(journey.clock.delays).toEqual(limits);
      return;
    }
    const [now, limit, next] = outcome;
    const asked = journey.probes.length;
    await journey.advance(limit - 1);
    expect(journey.place).toBe(now);
    expect(journey.probes).toHaveLength(asked);
    await journey.advance(1);
    expect(journey.place).toBe(next);
    // The first probe is asked again in the same place, in other words.
    if (way === 'healthCheck') expect(journey.probes.at(-1)).toBe('alternative now');
  });
});
