import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { CONFIG_LIMIT, describeFailure, readConfigText } from '../../src/config/readConfigText.js';
import { put, refusal, testFolder } from './support.js';

const file = (content: string | Uint8Array) => put(join(testFolder(), 'config.json'), content);

describe('the text of a configuration', () => {
  test('is what is in the file', () => {
    expect(readConfigText(file('{ "a": "ü" }\n'))).toBe('{ "a": "ü" }\n');
    expect(readConfigText(file(''))).toBe('');
  });

  test('has no byte order mark', () => {
    expect(readConfigText(file('\ufeff{}'))).toBe('{}');
  });

  test('can be as long as the limit, and not longer', () => {
    expect(readConfigText(file(' '.repeat(CONFIG_LIMIT)))).toHaveLength(CONFIG_LIMIT);
    const path = file(' '.repeat(CONFIG_LIMIT + 1));
    expect(refusal(() => readConfigText(path)).message).toBe(
      `${path}: found more than 1048576 bytes, expected at most 1048576`,
    );
  });

  test.each([
    ['UTF-16', new Uint8Array(Buffer.from('\ufeff{}', 'utf16le'))],
    ['Latin-1', new Uint8Array(Buffer.from('{ "ü": 1 }', 'latin1'))],
  ])('is not in %s', (_encoding, bytes) => {
    expect(refusal(() => readConfigText(file(bytes))).message).toContain('expected JSON in UTF-8');
  });
});

describe('a file that cannot be read', () => {
  test('is named', () => {
    const missing = join(testFolder(), 'a.json');
    const error = refusal(() => readConfigText(missing));
    expect(error.file).toBe(missing);
    expect(error.message).toBe(`${missing}: found nothing there, expected a file that can be read`);
  });

  test('is a folder', () => {
    expect(refusal(() => readConfigText(testFolder())).message).toContain('found a folder, expected a file');
  });

  test('is a pipe that nobody writes to: there is no waiting for it', () => {
    const pipe = join(testFolder(), 'pipe');
    execFileSync('mkfifo', [pipe]);
    expect(refusal(() => readConfigText(pipe)).message).toContain('found a pipe or a device');
  });

  test('is one that may not be read', () => {
    expect(describeFailure(Object.assign(new Error('no'), { code: 'EACCES' }))).toBe(
      'one that you may not read',
    );
    expect(describeFailure(Object.assign(new Error('no'), { code: 'EMFILE' }))).toBe('EMFILE');
    expect(describeFailure(new Error('no'))).toBe('no');
  });
});
