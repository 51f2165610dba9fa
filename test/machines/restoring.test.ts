/** What stands between the handshake and the first probe, and before the first step. */
import { describe, expect, test } from 'vitest';
import type { ConnectionConfig } from '../../src/connection/options.js';
import { Journey } from './journey.js';

describe('what the session before had set up is put back', () => {
  async function restoring(config: ConnectionConfig = {}): Promise<Journey> {
    const journey = new Journey(config, { holdsRestore: true });
    await journey.send('connect');
    await journey.handshake();
    expect(journey.place).toBe('connecting.restoring');
    return journey;
  }

  test('before the first probe', async () => {
    const journey = await restoring();
    expect(journey.probes).toEqual([]);
    await journey.restored();
    expect(journey.place).toBe('connecting.healthCheck');
    expect(journey.probes).toEqual(['ping now']);
  });

  test('as far as possible: a failure is no reason to stay away', async () => {
    const journey = await restoring();
    await journey.unrestored();
    expect(journey.place).toBe('connecting.healthCheck');
    expect(journey.context.error).toBeNull();
  });

  test('as far as there is time', async () => {
    const journey = await restoring({ timeout: { negotiation: 321 } });
    await journey.advance(320);
    expect(journey.place).toBe('connecting.restoring');
    await journey.advance(1);
    expect(journey.place).toBe('connecting.healthCheck');
    expect(journey.context.error).toBeNull();
  });

  test('before the connection is used, also where health is not checked', async () => {
    const journey = await restoring({ healthCheck: false });
    await journey.restored();
    expect(journey.place).toBe('connected: healthy, waiting, settling');
    expect(journey.probes).toEqual([]);
  });

  test('unless the session is lost meanwhile', async () => {
    const journey = await restoring();
    await journey.lose();
    expect(journey.place).toBe('releasing');
    expect(journey.context.error).toMatchObject({ code: 'PROCESS_EXITED' });
  });
});

test('a gate that refuses a connection fails it, and is not asked again', async () => {
  const journey = new Journey({}, { isGated: true });
  await journey.send('connect');
  await journey.shutOut();
  expect(journey.place).toBe('failed');
  expect(journey.context).toMatchObject({
    failure: 'fatal',
    error: { code: 'INTERNAL_ERROR', message: 'the gate is shut' },
  });
  await journey.wake();
  expect(journey.place).toBe('failed');
  expect(journey.open).toBe(0);
});
