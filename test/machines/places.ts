/** Journeys to every place of the connection chart. */
import type { ConnectionConfig } from '../../src/connection/options.js';
import { Journey } from './journey.js';

const steady = { jitter: 'none', backoffStrategy: { type: 'constant', delay: 1_000 } } as const;
const ANSWER = { protocolVersion: '2025-11-25', serverInfo: { name: 'a', version: '1' }, capabilities: [] };
export const CONNECTED = 'connected: healthy, waiting, settling';
export const FIRST_STEP = 'connecting.transportSetup';

/** Was up, was lost, and backs off. */
async function reconnecting(
  config: ConnectionConfig = {},
  options: ConstructorParameters<typeof Journey>[1] = {},
): Promise<Journey> {
  const retryPolicy = { ...steady, ...(config.retryPolicy === false ? {} : config.retryPolicy) };
  const journey = new Journey({ ...config, retryPolicy }, options);
  await journey.send('connect');
  if (options.isGated) await journey.entered();
  await journey.handshake();
  if (options.holdsRestore) await journey.restored();
  await journey.probed();
  await journey.loseAndRelease();
  return journey;
}

async function connecting(...options: Parameters<typeof reconnecting>): Promise<Journey> {
  const journey = await reconnecting(...options);
  await journey.elapse();
  return journey;
}

async function connected(config?: ConnectionConfig): Promise<Journey> {
  const journey = await connecting(config);
  await journey.up();
  return journey;
}

/** The ways to every place, each in a second attempt: what is forgotten there can be seen. */
export const ways = {
  disconnected: async () => {
    const journey = await connecting();
    await journey.send('disconnect');
    await journey.released();
    return journey;
  },
  queued: () => connecting({}, { isGated: true }),
  transportSetup: () => connecting(),
  handshakeStart: async () => {
    const journey = await connecting();
    await journey.report({ type: 'transport.opened' });
    return journey;
  },
  accepting: async () => {
    const journey = await connecting();
    await journey.report({ type: 'transport.opened' });
    await journey.report({ type: 'handshake.answered', answer: ANSWER });
    return journey;
  },
  restoring: async () => {
    const journey = await connecting({}, { holdsRestore: true });
    await journey.handshake();
    return journey;
  },
  healthCheck: async () => {
    const journey = await connecting();
    await journey.handshake();
    return journey;
  },
  connected: () => connected(),
  checking: async () => {
    const journey = await connected();
    await journey.send('checkHealth');
    return journey;
  },
  degraded: async () => {
    const journey = await connected();
    await journey.send('checkHealth');
    await journey.probeFailed();
    return journey;
  },
  draining: async () => {
    const journey = await connected();
    await journey.send('disconnect');
    return journey;
  },
  releasing: async () => {
    const journey = await connected();
    await journey.lose();
    return journey;
  },
  reconnecting: () => reconnecting(),
  authorizing: async () => {
    const journey = await connecting();
    await journey.loseAndRelease('AUTHORIZATION_REQUIRED');
    return journey;
  },
  exchanging: async () => {
    const journey = await connecting();
    await journey.loseAndRelease('AUTHORIZATION_REQUIRED');
    await journey.send('authorize');
    return journey;
  },
  closing: async () => {
    const journey = await connecting();
    await journey.send('disconnect');
    return journey;
  },
  'failed, as nothing helps': async () => {
    const journey = await connecting();
    await journey.loseAndRelease('FORBIDDEN');
    return journey;
  },
  'failed, given up': async () => {
    const journey = await connecting({ retryPolicy: { maxAttempts: 1 } });
    await journey.loseAndRelease();
    return journey;
  },
  'failed, not released': async () => {
    const journey = await connecting();
    await journey.lose();
    await journey.unreleased();
    return journey;
  },
  terminated: async () => {
    const journey = await reconnecting();
    await journey.send('terminate');
    return journey;
  },
} satisfies { [place: string]: () => Promise<Journey> };

export type Way = keyof typeof ways;

export const places = Object.keys(ways).map((way) => way as Way);
/** Where something can still happen. */
export const alive = places.filter((way) => way !== 'terminated');
