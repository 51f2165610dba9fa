import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { ConfigSource } from '../../src/config/findConfig.js';
import { forgetTrust, recordTrust, trustOf } from '../../src/config/trust.js';
import { compileSources } from '../support/compileSources.js';
import { put, refusal, testFolder } from './support.js';

const SENTINEL = 'hunter2-is-a-secret';

function scene() {
  const home = testFolder();
  const directory = join(home, 'state', 'mcp-lifeline', 'trust');
  const path = put(join(home, 'project', '.mcp.json'));
  const of = (text: string, source: ConfigSource = 'project', file = path) =>
    trustOf({ path: file, source, text, directory });
  return { home, directory, path, of };
}

/** The only record there is. */
function onlyRecord(directory: string): string {
  const [name, ...others] = readdirSync(directory);
  expect(others).toEqual([]);
  return join(directory, String(name));
}

describe('a project’s file', () => {
  test('is not trusted before somebody says so, and then as it was', () => {
    const { path, directory, of } = scene();
    expect(of('{}')).toEqual({ trusted: false, reason: 'unknown' });
    recordTrust({ path, text: '{}', directory });
    expect(of('{}')).toEqual({ trusted: true });
    expect(of('{ }')).toEqual({ trusted: false, reason: 'changed' });
  });

  test('is trusted in the last version that was looked at alone', () => {
    const { path, directory, of } = scene();
    recordTrust({ path, text: 'one', directory });
    recordTrust({ path, text: 'two', directory });
    expect(of('two')).toEqual({ trusted: true });
    expect(of('one')).toEqual({ trusted: false, reason: 'changed' });
  });

  test('is not trusted because the same stands elsewhere', () => {
    const { home, path, directory, of } = scene();
    recordTrust({ path, text: '{}', directory });
    const copy = put(join(home, 'copy', '.mcp.json'));
    expect(of('{}', 'project', copy)).toEqual({ trusted: false, reason: 'unknown' });
  });

  test('is trusted by whichever way one comes to it', () => {
    const { home, path, directory, of } = scene();
    recordTrust({ path, text: '{}', directory });
    symlinkSync('project', join(home, 'link'));
    expect(of('{}', 'project', join(home, 'link', '.mcp.json'))).toEqual({ trusted: true });
  });

  test('can be forgotten', () => {
    const { path, directory, of } = scene();
    expect(forgetTrust({ path, directory })).toBe(false);
    recordTrust({ path, text: '{}', directory });
    expect(forgetTrust({ path, directory })).toBe(true);
    expect(of('{}')).toEqual({ trusted: false, reason: 'unknown' });
    expect(forgetTrust({ path, directory })).toBe(false);
  });
});

test.each<ConfigSource>(['flag', 'environment', 'user'])(
  'a file by %s is trusted without a record',
  (source) => {
    const { directory, of } = scene();
    expect(of('{}', source)).toEqual({ trusted: true });
    expect(() => statSync(directory)).toThrow('ENOENT');
  },
);

describe('the records', () => {
  test('are their user’s alone, whatever the umask', () => {
    const { path, directory } = scene();
    const before = process.umask(0o000);
    onTestFinished(() => {
      process.umask(before);
    });
    recordTrust({ path, text: '{}', directory });
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    expect(statSync(onlyRecord(directory)).mode & 0o777).toBe(0o600);
  });

  test('row 63: hold nothing of what the file says', () => {
    const { path, directory } = scene();
    recordTrust({ path, text: `{"env": "${SENTINEL}"}`, directory });
    const record = readFileSync(onlyRecord(directory), 'utf8');
    expect(record).toContain(path);
    expect(record).not.toContain(SENTINEL);
  });

  test('are not believed when they are broken', () => {
    const { path, directory, of } = scene();
    recordTrust({ path, text: '{}', directory });
    put(onlyRecord(directory), '');
    expect(of('{}')).toEqual({ trusted: false, reason: 'changed' });
  });

  test('are not read where others can write', () => {
    const { path, directory, of } = scene();
    recordTrust({ path, text: '{}', directory });
    const record = onlyRecord(directory);
    chmodSync(record, 0o620);
    expect(refusal(() => of('{}')).message).toBe(
      `${record}: found permissions 620, expected a file that only you can write`,
    );
    chmodSync(record, 0o600);
    chmodSync(directory, 0o777);
    const expected = `${directory}: found permissions 777, expected a folder that only you can write to`;
    expect(refusal(() => of('{}')).message).toBe(expected);
    expect(refusal(() => recordTrust({ path, text: '{}', directory })).message).toBe(expected);
    chmodSync(directory, 0o700);
    expect(of('{}')).toEqual({ trusted: true });
  });

  test('are not looked for behind a link', () => {
    const { home, path, directory, of } = scene();
    recordTrust({ path, text: '{}', directory });
    const record = onlyRecord(directory);
    renameSync(record, join(home, 'elsewhere'));
    symlinkSync(join(home, 'elsewhere'), record);
    expect(refusal(() => of('{}')).message).toBe(
      `${record}: found a symbolic link, expected a file of yours`,
    );

    renameSync(directory, join(home, 'folder'));
    symlinkSync(join(home, 'folder'), directory);
    const expected = `${directory}: found a symbolic link, expected a folder that only you can write to`;
    expect(refusal(() => of('{}')).message).toBe(expected);
    expect(refusal(() => recordTrust({ path, text: '{}', directory })).message).toBe(expected);
    expect(readdirSync(join(home, 'folder'))).toHaveLength(1);
  });

  test('are no folders', () => {
    const { path, directory, of } = scene();
    recordTrust({ path, text: '{}', directory });
    const record = onlyRecord(directory);
    forgetTrust({ path, directory });
    mkdirSync(record);
    expect(refusal(() => of('{}')).message).toBe(`${record}: found a folder, expected a file of yours`);
    // Nothing is left of the attempt.
    expect(() => recordTrust({ path, text: '{}', directory })).toThrow();
    expect(readdirSync(directory)).toHaveLength(1);
  });

  test('survive many writers at once: none is lost, and none is ever seen half', async () => {
    const { home, path, directory, of } = scene();
    const compiled = await compileSources();
    onTestFinished(() => compiled.remove());
    const trust = pathToFileURL(join(compiled.directory, 'src', 'config', 'trust.js')).href;
    const own = (index: number) => join(home, `own-${index}`, '.mcp.json');
    const program = `
      import { recordTrust, trustOf } from ${JSON.stringify(trust)};
      const [path, own, directory, text] = process.argv.slice(1);
      recordTrust({ path, text, directory });
      process.stdout.write('ready');
      process.stdin.once('data', () => {
        for (let round = 0; round < 300; round++) {
          recordTrust({ path, text, directory });
          recordTrust({ path: own, text, directory });
          const trust = trustOf({ path, source: 'project', text, directory });
          // Another's word may stand there, but always somebody's.
          if (!trust.trusted && trust.reason !== 'changed') process.exit(3);
          if (!trustOf({ path: own, source: 'project', text, directory }).trusted) process.exit(4);
        }
        process.exit(0);
      });`;
    const writers = [0, 1, 2, 3].map((index) =>
      spawn(
        process.execPath,
        ['--input-type=module', '-e', program, path, own(index), directory, `text ${index}`],
        {
          stdio: ['pipe', 'pipe', 'inherit'],
        },
      ),
    );
    onTestFinished(() => {
      for (const writer of writers) writer.kill('SIGKILL');
    });
    const ends = writers.map((writer) => once(writer, 'exit'));
    await Promise.all(writers.map((writer) => once(writer.stdout, 'data')));
    for (const writer of writers) writer.stdin.write('go');
    expect(await Promise.all(ends)).toEqual(writers.map(() => [0, null]));

    expect(readdirSync(directory)).toHaveLength(5);
    for (const index of [0, 1, 2, 3])
      expect(of(`text ${index}`, 'project', own(index))).toEqual({ trusted: true });
    const held = [0, 1, 2, 3].filter((index) => of(`text ${index}`).trusted);
    expect(held).toHaveLength(1);
  });
});
