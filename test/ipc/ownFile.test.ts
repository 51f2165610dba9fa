import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createOwnFile, readOwnFile, replaceOwnFile } from '../../src/ipc/ownFile.js';
import { isToken, readToken, writeToken } from '../../src/ipc/token.js';
import { makeDirectory, withUmask } from './support.js';

const modeAt = (path: string) => lstatSync(path).mode & 0o7777;
const refused = (found: string) => expect.objectContaining({ code: 'UNSAFE_PLACE', found });

describe('a file of our own', () => {
  test.each([0o000, 0o777])('row 58: is 0600 under umask %o, new and replaced', (mask) => {
    const path = join(makeDirectory(), 'file');
    withUmask(mask, () => createOwnFile(path, 'one'));
    expect([modeAt(path), readOwnFile(path, 10)]).toEqual([0o600, 'one']);
    withUmask(mask, () => replaceOwnFile(path, 'two'));
    expect([modeAt(path), readOwnFile(path, 10)]).toEqual([0o600, 'two']);
  });

  test('is put in place whole: who has the old one open still reads that, and nothing is left beside it', () => {
    const directory = makeDirectory();
    const path = join(directory, 'file');
    replaceOwnFile(path, 'one');
    const before = lstatSync(path).ino;
    replaceOwnFile(path, 'two');
    expect(lstatSync(path).ino).not.toBe(before);
    expect(readdirSync(directory)).toEqual(['file']);
  });

  test('is not made over one that is there, or through a link', () => {
    const directory = makeDirectory();
    const path = join(directory, 'file');
    symlinkSync('target', path);
    expect(() => createOwnFile(path, 'x')).toThrowError(expect.objectContaining({ code: 'EEXIST' }));
    expect(readdirSync(directory)).toEqual(['file']);
  });

  test('may be missing', () => {
    expect(readOwnFile(join(makeDirectory(), 'file'), 10)).toBeNull();
  });
});

describe('row 57: a file is refused, and left, that is', () => {
  test.each([0o601, 0o640, 0o666])('open to others: mode %o', (mode) => {
    const path = join(makeDirectory(), 'file');
    writeFileSync(path, 'x');
    chmodSync(path, mode);
    expect(() => readOwnFile(path, 10)).toThrowError(refused(`mode 0${mode.toString(8)}`));
  });

  test('a link, to read from or to replace', () => {
    const path = join(makeDirectory(), 'file');
    createOwnFile(`${path}-real`, 'x');
    symlinkSync(`${path}-real`, path);
    expect(() => readOwnFile(path, 10)).toThrowError(refused('a symbolic link'));
    expect(() => replaceOwnFile(path, 'y')).toThrowError(refused('a symbolic link'));
    expect(readFileSync(`${path}-real`, 'utf8')).toBe('x');
  });

  test('a directory, to read from or to replace', () => {
    const path = join(makeDirectory(), 'file');
    mkdirSync(path, { mode: 0o700 });
    expect(() => readOwnFile(path, 10)).toThrowError(refused('a directory'));
    expect(() => replaceOwnFile(path, 'y')).toThrowError(refused('a directory'));
  });

  test('a pipe, on which a reader would wait for ever', () => {
    const path = join(makeDirectory(), 'file');
    execFileSync('mkfifo', ['-m', '600', path]);
    expect(() => readOwnFile(path, 10)).toThrowError(refused('a device or pipe'));
  });

  test('larger than it can be', () => {
    const path = join(makeDirectory(), 'file');
    createOwnFile(path, 'x'.repeat(11));
    expect(() => readOwnFile(path, 10)).toThrowError(refused('11 bytes'));
  });
});

describe('a token', () => {
  const makePlace = () => ({ token: join(makeDirectory(), 'token') });

  test('row 58: is 32 random bytes in a file that is 0600 under umask 000', () => {
    const place = makePlace();
    const token = withUmask(0, () => writeToken(place));
    expect(Buffer.from(token, 'base64url')).toHaveLength(32);
    expect(modeAt(place.token)).toBe(0o600);
    expect(readToken(place)).toBe(token);
    expect(writeToken(place)).not.toBe(token);
  });

  test('row 59: is itself and nothing else', () => {
    const token = writeToken(makePlace());
    expect(isToken(token, token)).toBe(true);
    for (const other of [token.slice(1), `${token}x`, '', undefined, null, 0, [token], { token }]) {
      expect(isToken(token, other)).toBe(false);
    }
  });
});
