import { describe, expect, test } from 'vitest';
import { DEFAULT_CONFIG, DEFAULT_HEALTH_CHECK } from '../../machines/index.js';
import { FIELDS } from '../../src/config/schema.js';
import { DEFAULT_LIMITS } from '../../src/daemon/Daemon.js';
import { readPoolOptions } from '../../src/pool/options.js';
import { literalsOf, membersOf } from './declarations.js';
import { codeIn, codesUnder, markedTables, readText, rowsOf } from './tables.js';

const tables = markedTables(readText('docs/options.md'), 'options');

/** Where each table's options are declared. */
const DECLARED: { readonly [name: string]: string } = {
  ConnectionOptions: 'src/connection/options.ts',
  ConnectionConfig: 'src/connection/options.ts',
  StdioServer: 'src/transports/createTransport.ts',
  HttpServer: 'src/transports/createTransport.ts',
  RetryPolicy: 'machines/connection/connection.types.ts',
  HealthCheckConfig: 'machines/connection/connection.types.ts',
  TimeoutConfig: 'machines/connection/connection.types.ts',
  KeepAliveConfig: 'machines/connection/connection.types.ts',
  CallOptions: 'src/connection/call.types.ts',
  PoolOptions: 'src/pool/options.ts',
  GetOptions: 'src/pool/pool.types.ts',
  ServeDaemonOptions: 'src/daemon/serveDaemon.ts',
  DaemonLimits: 'machines/daemon/daemon.types.ts',
  DaemonClientOptions: 'src/daemon/client/DaemonClient.ts',
  DaemonRequestOptions: 'src/daemon/client/DaemonClient.ts',
};

/** The defaults as the program has them. */
const DEFAULTS: { readonly [name: string]: { readonly [option: string]: unknown } } = {
  ConnectionConfig: { keepAlive: DEFAULT_CONFIG.keepAlive },
  RetryPolicy: { ...DEFAULT_CONFIG.retryPolicy },
  HealthCheckConfig: { ...DEFAULT_HEALTH_CHECK },
  TimeoutConfig: { ...DEFAULT_CONFIG.timeout },
  PoolOptions: { ...readPoolOptions({ servers: {} }).settings },
  DaemonLimits: { ...DEFAULT_LIMITS },
};

function tableOf(name: string) {
  const rows = tables.get(name);
  if (rows === undefined) throw new Error(`docs/options.md has no table of ${name}`);
  return rows;
}

/** Types that are written out in the sources, and named in the text. */
const SHORTENED = [
  'ConnectionConfig.retryPolicy',
  'ConnectionConfig.healthCheck',
  'ConnectionConfig.timeout',
  'PoolOptions.limits',
  'ServeDaemonOptions.limits',
  // It says more than the file has: a function, too.
  'HealthCheckConfig.probe',
];

const plain = (type: string) =>
  type
    .replaceAll(/\|\s*undefined\b/g, '')
    .replaceAll(/\s+/g, '')
    .replace(/^\|/, '');

describe('docs/options.md', () => {
  test('has the tables that are compared, and no other', () => {
    expect([...tables.keys()].sort()).toEqual(
      [...Object.keys(DECLARED), 'BackoffStrategy', 'configuration file'].sort(),
    );
  });

  test.each(Object.entries(DECLARED))('tells of every option of %s, and of no other', (name, file) => {
    const declared = [...membersOf(file, name).keys()];
    // The policies name it as a field of their own.
    if (name === 'HealthCheckConfig') declared.push('probe');
    expect(codesUnder(tableOf(name), 'option').sort()).toEqual(declared.sort());
  });

  test.each(Object.entries(DECLARED))('tells the types of %s', (name, file) => {
    const members = membersOf(file, name);
    const wrong = tableOf(name).flatMap(({ option = '', type = '' }) => {
      const field = codeIn(option) ?? '';
      const [said, is] = [plain(codeIn(type) ?? ''), plain(members.get(field) ?? '')];
      return SHORTENED.includes(`${name}.${field}`) || said === is ? [] : [`${field}: ${said} is ${is}`];
    });
    expect(wrong).toEqual([]);
  });

  test.each(Object.entries(DEFAULTS))('has the defaults of %s', (name, defaults) => {
    const rows = new Map(tableOf(name).map((row) => [codeIn(row.option ?? ''), row.default ?? '']));
    for (const [option, value] of Object.entries(defaults)) {
      const shown = codeIn(rows.get(option) ?? '');
      expect(JSON.parse(shown ?? 'null'), `${name}.${option}`).toEqual(value);
    }
    // A number that is shown as a default and is none of the program's would be a guess.
    const guessed = [...rows].filter(
      ([option, shown]) => /^`["\d{]/.test(shown) && !Object.hasOwn(defaults, option ?? ''),
    );
    expect(guessed).toEqual([]);
  });

  test('has the length of the history', () => {
    const row = tableOf('ConnectionOptions').find(({ option }) => option === '`historyLimit`');
    const [, length] = /DEFAULT_HISTORY = (\d+);/.exec(readText('src/connection/ConnectionManager.ts')) ?? [];
    expect(codeIn(row?.default ?? '')).toBe(length);
  });

  test('tells of every field of a backoff strategy, and of the configuration file', () => {
    expect(codesUnder(tableOf('BackoffStrategy'), 'option').sort()).toEqual(
      [...FIELDS.backoffStrategy].sort(),
    );
    expect(codesUnder(tableOf('configuration file'), 'field').sort()).toEqual([...FIELDS.server].sort());
    for (const policy of ['retryPolicy', 'healthCheck', 'timeout', 'keepAlive'] as const) {
      const name = {
        retryPolicy: 'RetryPolicy',
        healthCheck: 'HealthCheckConfig',
        timeout: 'TimeoutConfig',
        keepAlive: 'KeepAliveConfig',
      }[policy];
      expect(codesUnder(tableOf(name), 'option').sort()).toEqual([...FIELDS[policy]].sort());
    }
  });

  test('tells what changes, of each', () => {
    const silent = [...tables].flatMap(([name, rows]) =>
      rows
        .filter((row) => row['what changes'] === '' && name !== 'configuration file')
        .map((row) => row.option),
    );
    expect(silent).toEqual([]);
  });
});

describe('a comparison', () => {
  test('reads tables with bars in their cells', () => {
    expect(rowsOf('| a | b |\n|---|---|\n| `x \\| y` | 1 |\n')).toEqual([{ a: '`x | y`', b: '1' }]);
    expect(() => rowsOf('| a | b |\n|---|---|\n| 1 |\n')).toThrow('1 cells under 2');
  });

  test('knows what is declared', () => {
    expect([...membersOf('machines/connection/connection.types.ts', 'KeepAliveConfig')]).toEqual([
      ['interval', 'number'],
    ]);
    expect(() => membersOf('src/errors.ts', 'Nothing')).toThrow('no interface Nothing');
    expect(literalsOf('machines/connection/connection.types.ts', 'Jitter')).toEqual([
      'full',
      'equal',
      'none',
    ]);
    expect(() => literalsOf('src/errors.ts', 'Nothing')).toThrow('no type Nothing');
  });
});
