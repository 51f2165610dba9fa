import { chmodSync, chownSync, lstatSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { checkSafeDirectory, ensureSafeDirectory } from '../../src/ipc/safeDirectory.js';
import { makeDirectory, withUmask } from './support.js';

const modeAt = (path: string) => lstatSync(path).mode & 0o7777;

/** A directory of another user, and where nothing but a look is needed for it. */
function foreignDirectory(parent: string): string {
  if (process.geteuid?.() !== 0) return '/usr';
  const path = join(parent, 'foreign');
  mkdirSync(path, { mode: 0o700 });
  chownSync(path, 12345, 12345);
  return path;
}

describe('a safe directory', () => {
  test.each([0o000, 0o022, 0o077, 0o777])('row 58: is 0700 under umask %o', (mask) => {
    const path = join(makeDirectory(), 'run');
    withUmask(mask, () => ensureSafeDirectory(path));
    expect(modeAt(path)).toBe(0o700);
    expect(checkSafeDirectory(path)).toBe(true);
  });

  test('is kept as it is when it is there', () => {
    const path = join(makeDirectory(), 'run');
    ensureSafeDirectory(path);
    writeFileSync(join(path, 'file'), '');
    ensureSafeDirectory(path);
    expect(readdirSync(path)).toEqual(['file']);
  });

  test('is not made by who only looks for it', () => {
    const path = join(makeDirectory(), 'run');
    expect(checkSafeDirectory(path)).toBe(false);
    expect(checkSafeDirectory(join(path, 'deeper'))).toBe(false);
  });

  test('is not made below what is not there', () => {
    const path = join(makeDirectory(), 'none', 'run');
    expect(() => ensureSafeDirectory(path)).toThrowError(expect.objectContaining({ code: 'ENOENT' }));
  });
});

/** Both halves refuse it, in the same words, and leave it. */
function refusal(path: string): unknown {
  const before = lstatSync(path);
  const refusals = [ensureSafeDirectory, checkSafeDirectory].map((look) => {
    try {
      look(path);
    } catch (error) {
      return error;
    }
    throw new Error('it was not refused');
  });
  const after = lstatSync(path);
  expect([after.ino, after.mode, after.uid]).toEqual([before.ino, before.mode, before.uid]);
  expect(refusals[0]).toEqual(refusals[1]);
  return refusals[0];
}

describe('row 57: both halves refuse, and leave as it is,', () => {
  test.each([0o701, 0o710, 0o755, 0o777, 0o1777])('a directory with mode %o', (mode) => {
    const path = join(makeDirectory(), 'run');
    mkdirSync(path);
    chmodSync(path, mode);
    expect(refusal(path)).toMatchObject({ code: 'UNSAFE_PLACE', path, found: `mode 0${mode.toString(8)}` });
  });

  test('a directory of another user', () => {
    const path = foreignDirectory(makeDirectory());
    const user = process.geteuid?.();
    expect(refusal(path)).toMatchObject({
      found: expect.stringMatching(/^owner /),
      expected: `owner ${user}`,
    });
  });

  test('a link to a directory that is safe', () => {
    const parent = makeDirectory();
    ensureSafeDirectory(join(parent, 'real'));
    symlinkSync('real', join(parent, 'run'));
    expect(refusal(join(parent, 'run'))).toMatchObject({ found: 'a symbolic link', expected: 'a directory' });
  });

  test('a file', () => {
    const path = join(makeDirectory(), 'run');
    writeFileSync(path, 'mine');
    const message = `${path}: found a file, expected a directory; nothing was changed`;
    expect(refusal(path)).toMatchObject({ found: 'a file', message });
  });

  test('a directory in one where anybody can rename it', () => {
    const parent = makeDirectory();
    const path = join(parent, 'run');
    ensureSafeDirectory(path);
    chmodSync(parent, 0o777);
    expect(refusal(path)).toMatchObject({ path: parent, found: 'mode 0777' });
    chmodSync(parent, 0o1777);
    expect(checkSafeDirectory(path)).toBe(true);
  });
});
