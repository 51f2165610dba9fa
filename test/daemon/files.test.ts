import { lstatSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { LogFile } from '../../src/daemon/logFile.js';
import { readLimits } from '../../src/daemon/readLimits.js';
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
