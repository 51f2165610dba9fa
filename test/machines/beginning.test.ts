import { expect, test } from 'vitest';
import { Journey } from './journey.js';

test('before anything was asked for, nothing is wanted, known, counted or held against the server', () => {
  const { context } = new Journey();
  const { name, handle, config, supportedVersions, requiredCapabilities, probe, ...rest } = context;
  expect({ name, handle, supportedVersions, requiredCapabilities, probe }).toEqual({
    name: 'journey',
    handle: {},
    supportedVersions: ['2025-11-25'],
    requiredCapabilities: [],
    probe: 'ping',
  });
  expect(config.retryPolicy.initialAttempts).toBe(3);
  expect(rest).toEqual({
    intent: 'disconnected',
    epoch: 0,
    attempts: 0,
    wasUp: false,
    wasStable: false,
    lostAt: null,
    connectedSince: null,
    backoffDelay: 0,
    error: null,
    failure: null,
    answer: null,
    connectedAt: null,
    probeFailures: 0,
    probeFailure: null,
    probeMethod: 'ping',
    probeUrgency: 'now',
    isHeard: false,
    isPingless: false,
    probeDelay: 0,
  });
});

test('every session begins with nothing known of its server', async () => {
  const journey = new Journey();
  await journey.connect();
  expect(journey.context).toMatchObject({ answer: { serverInfo: { name: 'a' } }, connectedSince: 0 });
  await journey.loseAndRelease();
  await journey.elapse();
  expect(journey.place).toBe('connecting.transportSetup');
  expect(journey.context).toMatchObject({
    epoch: 2,
    answer: null,
    connectedAt: null,
    connectedSince: null,
    probeUrgency: 'now',
  });
});
