import { lstatSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { checkLimits } from '../../src/daemon/checkLimits.js';
import { daemonEnvironment } from '../../src/daemon/client/daemonEnvironment.js';
import { DEFAULT_LIMITS } from '../../src/daemon/Daemon.js';
import { LogFile } from '../../src/daemon/logFile.js';
import { readLimits } from '../../src/daemon/readLimits.js';
import { serveDaemon } from '../../src/daemon/serveDaemon.js';
import { daemonPlaces, VersionPointer } from '../../src/daemon/versionPointer.js';
import { surroundings } from '../../src/ipc/places.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lifeline-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('the log', () => {
  test('row 61: has one line for each thing, whatever is in its text', () => {
    const path = join(folder, 'log');
    const log = new LogFile(path);
    log.write('one\ntwo\u001b[31m');
    log.write('three');
    const lines = readFileSync(path, 'utf8').split('\n');
    expect(lines).toHaveLength(3);
    expect(lines[0]).toMatch(/^\S+Z \d+ one\\ntwo\\x1b\[31m$/);
    expect(lstatSync(path).mode & 0o777).toBe(0o600);
  });

  test('begins anew at its limit, and keeps the one before', () => {
    const path = join(folder, 'log');
    const log = new LogFile(path, 1000);
    for (let line = 0; line < 100; line += 1) log.write(`line ${line}`);
    expect(lstatSync(path).size).toBeLessThanOrEqual(1000);
    expect(lstatSync(`${path}.old`).size).toBeLessThanOrEqual(1000);
    expect(readFileSync(path, 'utf8')).toContain('line 99');
  });

  test('goes on behind what an earlier daemon wrote', () => {
    const path = join(folder, 'log');
    new LogFile(path).write('first');
    new LogFile(path).write('second');
    expect(readFileSync(path, 'utf8')).toMatch(/first\n.*second\n$/);
  });

  test('is there again when somebody has cleared it up', () => {
    const path = join(folder, 'log');
    const log = new LogFile(path);
    rmSync(path);
    log.reopen();
    log.write('there');
    expect(readFileSync(path, 'utf8')).toMatch(/there\n$/);
  });

  test('does not grow beyond the length of a line', () => {
    const path = join(folder, 'log');
    new LogFile(path).write('x'.repeat(100_000));
    expect(lstatSync(path).size).toBeLessThan(5000);
  });

  test('row 57: is not written through a link, nor into a folder', () => {
    const [link, target] = [join(folder, 'link'), join(folder, 'target')];
    writeFileSync(target, '');
    symlinkSync(target, link);
    expect(() => new LogFile(link)).toThrow('ELOOP');
    mkdirSync(join(folder, 'log'));
    expect(() => new LogFile(join(folder, 'log'))).toThrow('EISDIR');
    expect(readFileSync(target, 'utf8')).toBe('');
  });
});

describe('the pointer to a version', () => {
  const pointer = (version: string, fingerprint = 'print') =>
    new VersionPointer({ fingerprint, version }, around());
  const around = () => ({ ...surroundings(), env: { MCP_LIFELINE_RUNTIME_DIR: folder } });

  test('is of the one that wrote last', () => {
    const [one, two] = [pointer('1'), pointer('2')];
    expect([one.isOurs(), two.isOurs()]).toEqual([true, true]);
    one.write();
    expect([one.isOurs(), two.isOurs()]).toEqual([true, false]);
    two.write();
    expect([one.isOurs(), two.isOurs()]).toEqual([false, true]);
    expect(pointer('1', 'other').isOurs()).toBe(true);
  });

  test('is beside daemons that have nothing in common', () => {
    const [one, two] = ['1', '2'].map((version) => daemonPlaces({ fingerprint: 'print', version }, around()));
    expect(one?.lock).not.toBe(two?.lock);
    expect(one?.socket).not.toBe(two?.socket);
  });
});

describe('limits of the environment', () => {
  const limits = (value: string) => readLimits({ MCP_LIFELINE_IDLE_TIMEOUT: value });

  test('are milliseconds, or none', () => {
    expect(limits('1500')).toEqual({ idle: 1500 });
    expect(limits('unlimited')).toEqual({ idle: 'unlimited' });
    expect(limits('')).toEqual({});
    expect(readLimits({})).toEqual({});
  });

  test.each(['0', '-1', 'soon', 'NaN', '1e10', 'Infinity'])('are not %s', (value) => {
    expect(() => limits(value)).toThrow('MCP_LIFELINE_IDLE_TIMEOUT: found');
  });
});

describe('limits of a host', () => {
  test('are milliseconds; those that say nothing are left out', () => {
    expect(checkLimits({})).toEqual({});
    expect(checkLimits({ idle: undefined, drain: 1, stop: 2 ** 31 - 1 })).toEqual({
      drain: 1,
      stop: 2 ** 31 - 1,
    });
    expect(checkLimits({ idle: 'unlimited' })).toEqual({ idle: 'unlimited' });
  });

  test.each(Object.keys(DEFAULT_LIMITS))('are checked, %s too', async (name) => {
    const values = [Number.POSITIVE_INFINITY, Number.NaN, -1, 0, 2 ** 31, '5s', null];
    if (name !== 'idle') values.push('unlimited');
    for (const value of values) {
      const limits = Object.fromEntries([[name, value]]);
      await expect(serveDaemon({ config: '/nowhere', limits })).rejects.toMatchObject({
        name: 'ConfigError',
      });
      await expect(serveDaemon({ config: '/nowhere', limits })).rejects.toThrow(`limits.${name}: found`);
    }
  });

  test('are known by name', () => {
    const limits = Object.fromEntries([['idel', 5]]);
    expect(() => checkLimits(limits)).toThrow('limits.idel');
  });
});

describe('the environment of a daemon', () => {
  test('is that of whoever starts it, with what it is to be', () => {
    expect(daemonEnvironment('print', { env: { A: '1' }, versions: { node: '20' } })).toEqual({
      A: '1',
      MCP_LIFELINE_FINGERPRINT: 'print',
    });
  });

  test('has an application of Electron’s run as Node', () => {
    expect(daemonEnvironment('print', { env: {}, versions: { electron: '30' } })).toMatchObject({
      ELECTRON_RUN_AS_NODE: '1',
    });
  });
});
