/**
 * Every option of a pool changes something that can be seen, and is refused by its name when it cannot work. The
 * table is typed by the options themselves: a new one does not compile without an entry here.
 */

import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { describe, expect, test, vi } from 'vitest';
import { ConfigError, ConnectionError } from '../../src/errors.js';
import { createConnectionPool } from '../../src/pool/ConnectionPool.js';
import type { PoolOptions } from '../../src/pool/options.js';
import { ScriptedTransport } from '../../src/testing/scriptedTransport.js';
import { SteppingClock, settle } from '../../src/testing/steppingClock.js';
import { longCall, PoolRig, Watched } from '../rigs/poolRig.js';

const lost = new ConnectionError('PROCESS_EXITED', 'it is gone');

/** The options that every connection has, whoever sets them: what they do is told in test/connection. */
const INHERITED = [
  'clientInfo',
  'capabilities',
  'requiredCapabilities',
  'configureClient',
  'retryPolicy',
  'healthCheck',
  'timeout',
  'keepAlive',
  'authProvider',
  'headers',
  'fetch',
  'secrets',
  'historyLimit',
] as const;

type Own = Exclude<keyof PoolOptions, (typeof INHERITED)[number]>;

const observations: { [Option in Own]: () => Promise<void> } = {
  servers: async () => {
    const rig = new PoolRig({ servers: { one: {}, two: {} } });
    expect(rig.pool.names).toEqual(['one', 'two']);
  },
  maxConnections: async () => {
    const [one, two] = [new PoolRig({ maxConnections: 1 }), new PoolRig({ maxConnections: 2 })];
    for (const rig of [one, two]) {
      longCall(await rig.up('a'));
      await settle();
    }
    const [refused, served] = [one.get('b'), two.get('b')];
    await two.finish('b');
    expect(refused.error).toMatchObject({ code: 'POOL_FULL' });
    expect(served.value.name).toBe('b');
  },
  maxStarts: async () => {
    const [one, two] = [new PoolRig({ maxStarts: 1 }), new PoolRig({ maxStarts: 2 })];
    for (const rig of [one, two]) for (const name of ['a', 'b', 'c']) rig.get(name);
    await settle();
    expect([one.live.length, two.live.length]).toEqual([1, 2]);
  },
  idleTimeout: async () => {
    const rig = new PoolRig({ idleTimeout: 1_500, healthCheck: false });
    await rig.up('a');
    await rig.clock.advance(1_499);
    expect(rig.live).toHaveLength(1);
    await rig.clock.advance(1);
    expect(rig.live).toHaveLength(0);
  },
  freshness: async () => {
    const asked = async (freshness: number | 'unlimited') => {
      const rig = new PoolRig({ freshness, healthCheck: { interval: 100_000 } });
      await rig.up('a');
      await rig.clock.advance(50_000);
      rig.get('a');
      await settle();
      return rig.session('a').probes.length - 1;
    };
    expect([await asked(0), await asked(49_999), await asked(50_000), await asked('unlimited')]).toEqual([
      1, 1, 0, 0,
    ]);
  },
  limits: async () => {
    const rig = new PoolRig({ limits: { drain: 300, close: 400 }, timeout: { drain: 5_000 } });
    longCall(await rig.up('a'));
    const drained = new Watched(rig.pool.drain());
    await rig.clock.advance(300);
    expect(rig.pool.actor.getSnapshot().value).toBe('closing');
    await rig.clock.advance(400);
    expect(drained.error).toMatchObject({ message: expect.stringContaining('400 ms') });
  },
  clock: async () => {
    const rig = new PoolRig();
    rig.get('a', { timeout: 123 });
    expect(rig.clock.delays).toContain(123);
  },
  random: async () => {
    const wait = async (random: number) => {
      const rig = new PoolRig({ random: () => random, retryPolicy: { initialAttempts: 1, minDelay: 1 } });
      rig.get('a');
      await settle();
      rig.session('a').lost(lost);
      await settle();
      return rig.clock.delays;
    };
    expect([await wait(0.2), await wait(0.8)]).toEqual([[100], [400]]);
  },
  inspect: async () => {
    const seen = new Set<string>();
    const rig = new PoolRig({ inspect: ({ rootId }) => seen.add(rootId) });
    await rig.up('a');
    // The pool's chart, the entry's and the connection's.
    expect(seen.size).toBe(3);
  },
  logger: async () => {
    const warn = vi.fn();
    const rig = new PoolRig({
      logger: { debug: () => {}, warn },
      inspect: () => {
        throw new Error('broken');
      },
    });
    await rig.up('a');
    expect(warn).toHaveBeenCalledWith('an inspector threw: broken');
  },
};

test.each(Object.entries(observations))('%s', (_, observation) => observation());

describe('what all connections have', () => {
  test('holds for each, field by field, where a server has nothing of its own', async () => {
    const rig = new PoolRig({
      servers: { a: {}, b: { healthCheck: { timeout: 900 } }, c: { healthCheck: false } },
      healthCheck: { timeout: 700, interval: 12_345 },
    });
    const configOf = async (name: string) => {
      const { healthCheck } = (await rig.up(name)).actor.getSnapshot().context.config;
      return healthCheck === false ? false : [healthCheck.timeout, healthCheck.interval];
    };
    expect([await configOf('a'), await configOf('b'), await configOf('c')]).toEqual([
      [700, 12_345],
      [900, 12_345],
      false,
    ]);
  });

  test('reaches the connection, and the server’s own comes before it', async () => {
    const clients: Client[] = [];
    const answering = () => new ScriptedTransport();
    const pool = createConnectionPool({
      servers: { a: answering, b: { server: answering, requiredCapabilities: ['experimental.nothing'] } },
      requiredCapabilities: [],
      configureClient: (client) => void clients.push(client),
      healthCheck: false,
      retryPolicy: false,
      clock: new SteppingClock(),
    });
    await pool.get('a');
    await expect(pool.get('b')).rejects.toMatchObject({ code: 'CAPABILITY_MISSING' });
    expect(clients).toHaveLength(2);
    await pool.drain();
  });
});

test('row 63: secrets of the pool are hidden by servers that have their own, too', async () => {
  const failing = (secrets?: string[]) => ({
    server: {
      command: process.execPath,
      args: ['-e', 'console.error("POOL-SECRET OWN-SECRET"); process.exit(3)'],
    },
    ...(secrets && { secrets }),
  });
  await using pool = createConnectionPool({
    servers: { none: failing(), empty: failing([]), own: failing(['OWN-SECRET']) },
    secrets: ['POOL-SECRET'],
    retryPolicy: false,
  });
  const tellOf = async (name: string) => {
    const error: unknown = await pool.get(name).catch((failure: unknown) => failure);
    if (!(error instanceof ConnectionError)) throw new Error('it has not failed');
    return JSON.stringify([error.message, error.details]);
  };
  for (const name of ['none', 'empty', 'own']) {
    const told = await tellOf(name);
    expect(told).toContain('[secret]');
    expect(told).not.toContain('POOL-SECRET');
    expect(told.includes('OWN-SECRET')).toBe(name !== 'own');
  }
});

const server = { command: 'none' };

describe('is refused by its name', () => {
  const cases: [field: string, options: { [option: string]: unknown }][] = [
    ['servers', { servers: undefined }],
    ['servers', { servers: 'none' }],
    ['servers.a.server', { servers: { a: 1 } }],
    ['servers.a.server.command', { servers: { a: { command: '' } } }],
    ['servers.a.server.url', { servers: { a: { server: { url: 'nothing' } } } }],
    ['servers.a.healthCheck.timeout', { servers: { a: { server, healthCheck: { timeout: -1 } } } }],
    ['servers.a.retryPolicy.maxAttempts', { servers: { a: { server, retryPolicy: { maxAttempts: 0.5 } } } }],
    ['servers.a.secrets', { servers: { a: { server, secrets: 'x' } } }],
    ['maxConnections', { maxConnections: 0 }],
    ['maxConnections', { maxConnections: 1.5 }],
    ['maxConnections', { maxConnections: Number.NaN }],
    ['maxStarts', { maxStarts: 0 }],
    ['maxStarts', { maxStarts: 'unlimited' }],
    ['idleTimeout', { idleTimeout: 0 }],
    ['idleTimeout', { idleTimeout: 2 ** 31 }],
    ['freshness', { freshness: -1 }],
    ['freshness', { freshness: Number.POSITIVE_INFINITY }],
    ['limits', { limits: 5 }],
    ['limits.drain', { limits: { drain: 0 } }],
    ['limits.close', { limits: { close: 2 ** 31 } }],
    ['limits.other', { limits: { other: 1 } }],
    ['healthCheck.interval', { healthCheck: { interval: 0 } }],
    ['timeout.call', { timeout: { call: Number.NaN } }],
    ['clock', { clock: {} }],
    ['random', { random: 1 }],
    ['logger', { logger: {} }],
    ['inspect', { inspect: true }],
    ['maxConnection', { maxConnection: 1 }],
    ['name', { name: 'a' }],
    ['server', { server }],
    ['gate', { gate: { enter: async () => () => {} } }],
    ['createSession', { createSession: () => {} }],
    ['servers.a.name', { servers: { a: { server, name: 'b' } } }],
    ['servers.a.gate', { servers: { a: { server, gate: { enter: async () => () => {} } } } }],
    ['servers.a.clock', { servers: { a: { server, clock: new SteppingClock() } } }],
    ['servers.a.maxConnections', { servers: { a: { server, maxConnections: 1 } } }],
  ];

  test.each(cases)('%s: %j', (field, options) => {
    let error: unknown;
    try {
      Reflect.apply(createConnectionPool, undefined, [{ servers: { a: server }, ...options }]);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(ConfigError);
    expect(error).toMatchObject({
      field: expect.stringMatching(new RegExp(`^${field.replaceAll('.', '\\.')}`)),
    });
  });

  test('and what was meant is told of the fields of a pool', () => {
    expect(() =>
      Reflect.apply(createConnectionPool, undefined, [{ servers: { a: server }, maxConnection: 1 }]),
    ).toThrow(/one of the fields .*maxConnections/);
  });
});
