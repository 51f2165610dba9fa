/** A configuration that cannot work is refused when the manager is built, by the name of the field. */
import { describe, expect, test } from 'vitest';
import { DEFAULT_CONFIG } from '../../machines/index.js';
import { ConnectionManager } from '../../src/connection/ConnectionManager.js';
import { resolveConfig } from '../../src/connection/config.js';
import { connectionInput } from '../../src/connection/connectionInput.js';
import type { ConnectionConfig } from '../../src/connection/options.js';
import { ConfigError, isLifelineError } from '../../src/errors.js';
import { Rig, unreachable } from './support.js';

/** What the constructor says to options as they come from JavaScript or from a file. */
function refusal(options: unknown): ConfigError {
  try {
    Reflect.construct(ConnectionManager, [options]);
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error(`nobody objected to ${JSON.stringify(options)}`);
}

const complete = { name: 'files', server: unreachable };
const SENTINEL = 'hunter2-is-a-secret';

describe('a duration', () => {
  const broken: [string, unknown][] = [
    ['NaN', Number.NaN],
    ['-1', -1],
    ['Infinity', Number.POSITIVE_INFINITY],
    ['2147483648', 2 ** 31],
    ['"5"', '5'],
    ['null', null],
    ['true', true],
    ['{}', {}],
    ['10', 10n],
  ];
  const strategies = {
    initial: (initial: unknown) => ({ type: 'exponential', initial, multiplier: 2, maxDelay: 1 }),
    maxDelay: (maxDelay: unknown) => ({ type: 'exponential', initial: 1, multiplier: 2, maxDelay }),
    delay: (delay: unknown) => ({ type: 'constant', delay }),
    linearDelay: (delay: unknown) => ({ type: 'linear', delay }),
    linearMaxDelay: (maxDelay: unknown) => ({ type: 'linear', delay: 1, maxDelay }),
  };
  const retry = (field: string) => (value: unknown) => ({ retryPolicy: { [field]: value } });
  const backoff = (make: (value: unknown) => object) => (value: unknown) => ({
    retryPolicy: { backoffStrategy: make(value) },
  });
  const fields: [field: string, least: number, options: (value: unknown) => object][] = [
    ['retryPolicy.timeout', 0, retry('timeout')],
    ['retryPolicy.minDelay', 0, retry('minDelay')],
    ['retryPolicy.stableAfter', 0, retry('stableAfter')],
    ['retryPolicy.backoffStrategy.initial', 1, backoff(strategies.initial)],
    ['retryPolicy.backoffStrategy.maxDelay', 1, backoff(strategies.maxDelay)],
    ['retryPolicy.backoffStrategy.delay', 1, backoff(strategies.delay)],
    ['retryPolicy.backoffStrategy.delay', 1, backoff(strategies.linearDelay)],
    ['retryPolicy.backoffStrategy.maxDelay', 1, backoff(strategies.linearMaxDelay)],
    ['healthCheck.interval', 1, (value) => ({ healthCheck: { interval: value } })],
    ['healthCheck.timeout', 1, (value) => ({ healthCheck: { timeout: value } })],
    ['healthCheck.confirmAfter', 0, (value) => ({ healthCheck: { confirmAfter: value } })],
    ['keepAlive.interval', 1, (value) => ({ keepAlive: { interval: value } })],
    ...Object.keys(DEFAULT_CONFIG.timeout).map((name): (typeof fields)[number] => [
      `timeout.${name}`,
      1,
      (value) => ({ timeout: { [name]: value } }),
    ]),
  ];

  test.each(fields)(
    'row 40: %s is at least %i and at most what a timer can wait',
    (field, least, options) => {
      for (const [shown, value] of [...broken, [String(least - 0.5), least - 0.5] as const]) {
        const error = refusal({ ...complete, ...options(value) });
        expect(error.field).toBe(field);
        expect(error.message).toContain(
          `${field}: found ${shown}, expected milliseconds from ${least} to 2147483647`,
        );
      }
      for (const value of [least, 2 ** 31 - 1]) {
        expect(Reflect.construct(ConnectionManager, [{ ...complete, ...options(value) }])).toBeInstanceOf(
          ConnectionManager,
        );
      }
    },
  );
});

describe('a number of attempts', () => {
  test.each([
    [
      'retryPolicy.initialAttempts',
      'initialAttempts',
      [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '3', null],
    ],
    [
      'retryPolicy.maxAttempts',
      'maxAttempts',
      [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 'infinite', true],
    ],
  ])('%s is a whole number', (field, name, values) => {
    for (const value of values) {
      const error = refusal({ ...complete, retryPolicy: { [name]: value } });
      expect(error.field).toBe(field);
      expect(error.message).toContain("or 'unlimited'");
    }
  });

  test('healthCheck.failureThreshold is a whole number of at least 1', () => {
    for (const failureThreshold of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '3', null]) {
      expect(refusal({ ...complete, healthCheck: { failureThreshold } }).field).toBe(
        'healthCheck.failureThreshold',
      );
    }
  });

  test('retryPolicy.backoffStrategy.multiplier is at least 1', () => {
    for (const multiplier of [0.99, 0, -2, Number.NaN, Number.POSITIVE_INFINITY, '2', undefined]) {
      const backoffStrategy = { type: 'exponential', initial: 1, multiplier, maxDelay: 1 };
      expect(refusal({ ...complete, retryPolicy: { backoffStrategy } }).field).toBe(
        'retryPolicy.backoffStrategy.multiplier',
      );
    }
  });
});

test.each([
  ['options', undefined, 'undefined'],
  ['options', null, 'null'],
  ['options', 'files', 'a string'],
  ['name', {}, 'undefined'],
  ['name', { name: '' }, '""'],
  ['name', { name: 7 }, 'a number'],
  ['server', { name: 'files' }, 'undefined'],
  ['server', { ...complete, server: null }, 'null'],
  ['server', { ...complete, server: 'npx server' }, 'a string'],
  ['server', { ...complete, server: [] }, 'a list'],
  ['server', { ...complete, server: {} }, 'an object with nothing'],
  ['server', { ...complete, server: { args: [], env: { KEY: SENTINEL } } }, 'an object with args, env'],
  [
    'server',
    { ...complete, server: { command: 'a', url: 'http://a', headers: { key: SENTINEL } } },
    'an object with command, url, headers',
  ],
  ['server.command', { ...complete, server: { command: '' } }, '""'],
  ['server.command', { ...complete, server: { command: ['node', 'server.js'] } }, 'a list'],
  ['server.arg', { ...complete, server: { command: 'node', arg: [] } }, 'a list'],
  ['server.args', { ...complete, server: { command: 'node', args: 'server.js' } }, 'a string'],
  ['server.args[1]', { ...complete, server: { command: 'node', args: ['--port', 80] } }, 'a number'],
  ['server.env', { ...complete, server: { command: 'node', env: [`KEY=${SENTINEL}`] } }, 'a list'],
  ['server.env.KEY', { ...complete, server: { command: 'node', env: { KEY: { SENTINEL } } } }, 'an object'],
  ['server.env.KEY', { ...complete, server: { command: 'node', env: { KEY: undefined } } }, 'undefined'],
  ['server.cwd', { ...complete, server: { command: 'node', cwd: '' } }, '""'],
  ['server.cwd', { ...complete, server: { command: 'node', cwd: 1 } }, 'a number'],
  ['server.url', { ...complete, server: { url: 'localhost' } }, '"9 characters"'],
  ['server.url', { ...complete, server: { url: `${SENTINEL}@localhost/mcp` } }, 'characters'],
  ['server.url', { ...complete, server: { url: `ws://user:${SENTINEL}@localhost/mcp` } }, '"ws:"'],
  ['server.url', { ...complete, server: { url: { href: 'http://localhost' } } }, 'an object'],
  ['server.type', { ...complete, server: { url: 'http://localhost', type: 'websocket' } }, '"websocket"'],
  ['server.token', { ...complete, server: { url: 'http://localhost', token: SENTINEL } }, 'a string'],
  ['server.headers', { ...complete, server: { url: 'http://localhost', headers: SENTINEL } }, 'a string'],
  [
    'server.headers.key',
    { ...complete, server: { url: 'http://localhost', headers: { key: 1 } } },
    'a number',
  ],
  [
    'server.headers.key',
    { ...complete, server: { url: 'http://localhost', headers: { key: `${SENTINEL}\nb: c` } } },
    'a string',
  ],
  ['clientInfo', { ...complete, clientInfo: 'me' }, 'a string'],
  ['clientInfo.name', { ...complete, clientInfo: { version: '1' } }, 'undefined'],
  ['clientInfo.version', { ...complete, clientInfo: { name: 'me', version: 1 } }, 'a number'],
  ['capabilities', { ...complete, capabilities: ['roots'] }, 'a list'],
  ['requiredCapabilities', { ...complete, requiredCapabilities: 'tools' }, 'a string'],
  ['requiredCapabilities', { ...complete, requiredCapabilities: { tools: true } }, 'an object'],
  ['requiredCapabilities[1]', { ...complete, requiredCapabilities: ['tools', true] }, 'a boolean'],
  ['requiredCapabilities', { ...complete, requiredCapabilities: [''] }, '[""]'],
  ['configureClient', { ...complete, configureClient: {} }, 'an object'],
  ['authProvider', { ...complete, authProvider: SENTINEL }, 'a string'],
  ['headers', { ...complete, headers: SENTINEL }, 'a string'],
  ['headers.a b', { ...complete, headers: { 'a b': SENTINEL } }, 'a string'],
  ['fetch', { ...complete, fetch: 'node-fetch' }, 'a string'],
  ['secrets', { ...complete, secrets: SENTINEL }, 'a string'],
  ['secrets[1]', { ...complete, secrets: [SENTINEL, null] }, 'null'],
  ['clock', { ...complete, clock: Date }, 'a function'],
  ['clock.setTimeout', { ...complete, clock: { now: Date.now, time: Date.now } }, 'undefined'],
  ['random', { ...complete, random: 0.5 }, 'a number'],
  ['inspect', { ...complete, inspect: {} }, 'an object'],
  ['logger', { ...complete, logger: () => {} }, 'a function'],
  ['logger.warn', { ...complete, logger: { debug: () => {} } }, 'undefined'],
  ['historyLimit', { ...complete, historyLimit: -1 }, '-1'],
  ['historyLimit', { ...complete, historyLimit: 1.5 }, '1.5'],
  ['historyLimit', { ...complete, historyLimit: Number.NaN }, 'NaN'],
  ['historyLimit', { ...complete, historyLimit: Number.POSITIVE_INFINITY }, 'Infinity'],
  ['historyLimit', { ...complete, historyLimit: '100' }, '"100"'],
  ['gate', { ...complete, gate: async () => {} }, 'a function'],
  ['gate.enter', { ...complete, gate: {} }, 'undefined'],
  ['createSession', { ...complete, createSession: {} }, 'an object'],
  ['retries', { ...complete, retries: 5 }, 'a number'],
  ['header', { ...complete, header: { authorization: SENTINEL } }, 'an object'],
  ['retryPolicy', { ...complete, retryPolicy: true }, 'true'],
  ['retryPolicy', { ...complete, retryPolicy: null }, 'null'],
  ['retryPolicy.attempts', { ...complete, retryPolicy: { attempts: 3 } }, 'a number'],
  ['retryPolicy.jitter', { ...complete, retryPolicy: { jitter: true } }, 'true'],
  ['retryPolicy.jitter', { ...complete, retryPolicy: { jitter: 'some' } }, '"some"'],
  [
    'retryPolicy.backoffStrategy',
    { ...complete, retryPolicy: { backoffStrategy: 'exponential' } },
    '"exponential"',
  ],
  ['retryPolicy.backoffStrategy', { ...complete, retryPolicy: { backoffStrategy: null } }, 'null'],
  ['retryPolicy.backoffStrategy.type', { ...complete, retryPolicy: { backoffStrategy: {} } }, 'undefined'],
  [
    'retryPolicy.backoffStrategy.type',
    { ...complete, retryPolicy: { backoffStrategy: { type: 'fibonacci', delay: 1 } } },
    '"fibonacci"',
  ],
  [
    'retryPolicy.backoffStrategy.type',
    { ...complete, retryPolicy: { backoffStrategy: { type: 'toString' } } },
    '"toString"',
  ],
  [
    'retryPolicy.backoffStrategy.maxDelay',
    { ...complete, retryPolicy: { backoffStrategy: { type: 'constant', delay: 1, maxDelay: 5 } } },
    'a number',
  ],
  ['healthCheck', { ...complete, healthCheck: true }, 'true'],
  ['healthCheck', { ...complete, healthCheck: null }, 'null'],
  ['healthCheck.treshold', { ...complete, healthCheck: { treshold: 1 } }, 'a number'],
  ['healthCheck.probe', { ...complete, healthCheck: { probe: '' } }, '""'],
  ['healthCheck.probe', { ...complete, healthCheck: { probe: { method: 'ping' } } }, 'an object'],
  ['keepAlive', { ...complete, keepAlive: true }, 'true'],
  ['keepAlive', { ...complete, keepAlive: 30_000 }, '30000'],
  ['keepAlive.interval', { ...complete, keepAlive: {} }, 'undefined'],
  ['keepAlive.every', { ...complete, keepAlive: { interval: 1, every: 1 } }, 'a number'],
  ['timeout', { ...complete, timeout: 5_000 }, '5000'],
  ['timeout.handshake', { ...complete, timeout: { handshake: 1 } }, 'a number'],
])('%s is refused: %o', (field, options, found) => {
  const error = refusal(options);
  expect(error).toMatchObject({ name: 'ConfigError', code: 'CONFIG_INVALID', field });
  expect(error.message).toMatch(/^[^ ]+( [^ ]+)?: found .+, expected .+/);
  expect(error.message).toContain(found);
  expect(error.message).not.toContain(SENTINEL);
  expect(isLifelineError(error)).toBe(true);
});

describe('a message', () => {
  test('shows a long value in part, and one that cannot be shown not at all', () => {
    const long = 'x'.repeat(500);
    expect(refusal({ ...complete, server: { url: 'http://a', type: long } }).message.length).toBeLessThan(
      200,
    );
    const circular: { self?: unknown } = {};
    circular.self = circular;
    expect(refusal({ ...complete, historyLimit: circular }).message).toContain('found an object');
  });

  test('tells which fields there are', () => {
    expect(refusal({ ...complete, retryPolicy: { attempts: 3 } }).message).toContain(
      'expected one of the fields initialAttempts, maxAttempts',
    );
  });
});

describe('a configuration that can work', () => {
  test('gets every default', () => {
    expect(resolveConfig({})).toEqual(DEFAULT_CONFIG);
    const undefineds: ConnectionConfig = {
      retryPolicy: { maxAttempts: undefined, backoffStrategy: undefined },
      healthCheck: { interval: undefined, probe: undefined },
      timeout: { connect: undefined },
      keepAlive: undefined,
    };
    expect(resolveConfig(undefineds)).toEqual(DEFAULT_CONFIG);
  });

  test('may say false', () => {
    expect(resolveConfig({ retryPolicy: false, healthCheck: false, keepAlive: false })).toMatchObject({
      retryPolicy: { initialAttempts: 1, maxAttempts: 0 },
      healthCheck: false,
      keepAlive: false,
    });
  });

  test('may say unlimited', () => {
    const retryPolicy = {
      initialAttempts: 'unlimited',
      maxAttempts: 'unlimited',
      timeout: 'unlimited',
    } as const;
    expect(resolveConfig({ retryPolicy }).retryPolicy).toMatchObject(retryPolicy);
  });

  test('is the connection’s own from then on', () => {
    const backoffStrategy = { type: 'constant' as const, delay: 5 };
    const options = { retryPolicy: { backoffStrategy }, requiredCapabilities: ['tools'] };
    const rig = new Rig(options);
    const before = structuredClone(rig.manager.actor.getSnapshot().context);
    backoffStrategy.delay = Number.NaN;
    options.requiredCapabilities.push('prompts');
    expect(rig.manager.actor.getSnapshot().context).toEqual(before);
  });

  test('needs no server where the sessions are of another make', () => {
    const { server: _, ...rest } = complete;
    const createSession = () => {
      throw new Error('never made');
    };
    expect(Reflect.construct(ConnectionManager, [{ ...rest, createSession }])).toBeInstanceOf(
      ConnectionManager,
    );
  });

  test('is refused for a machine of one’s own in the same way', () => {
    expect(() => connectionInput({ name: 'a', server: { command: '' } })).toThrow(ConfigError);
  });
});
