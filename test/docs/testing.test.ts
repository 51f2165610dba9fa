/** What the guide to the test kit says of its server. Its examples are run with those of the other guides. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { faultyServer } from '../support/faultyServer.js';
import { runOrThrow } from '../support/run.js';
import { optionsTable } from './optionsTable.js';

const guide = readFileSync(new URL('../../docs/testing.md', import.meta.url), 'utf8');
describe('the options of the faulty server in the guide', () => {
  const [, table = ''] = /<!-- options: begin -->\n\n([\s\S]*)\n\n<!-- options: end -->/.exec(guide) ?? [];

  test('are all there are', () => {
    expect(table).toBe(optionsTable());
  });

  test('are those that it tells itself, in the same words', async () => {
    const { stdout } = await runOrThrow(process.execPath, [faultyServer, '--help']);
    // What goes on below its beginning is one text.
    const lines = stdout.replaceAll(/\n {10,}/g, ' ').matchAll(/^ {2}(--\S+(?: \S+)?) {2,}(.+)$/gm);
    const told = [...lines].map(([, option, help]) => `| \`${option}\` | ${help} |`);
    expect(told.length).toBeGreaterThan(40);
    expect(table.split('\n').filter((line) => line.startsWith('| `'))).toEqual(told);
  });
});
