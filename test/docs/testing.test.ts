/** The guide to the test kit does what it says. */
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { markedExample } from '../house/example.js';
import { faultyServer } from '../support/faultyServer.js';
import { GuideExamples } from '../support/guideExamples.js';
import { runOrThrow } from '../support/run.js';
import { optionsTable } from './optionsTable.js';

const guide = readFileSync(new URL('../../docs/testing.md', import.meta.url), 'utf8');
const names = [...guide.matchAll(/<!-- example: (\S+) -->/g)].map(([, name = '']) => name);

/** What each example prints. */
const said: { readonly [name: string]: string } = {
  clock: 'after 5000 ms of no time at all\n',
  sessions: 'session 2, of 2\n',
  faults: 'close at message 3\n',
  seed: 'garble the body of the 11th sent message\ndrop the 21st sent message\nhang from the 14th sent message on\n',
  pool: 'get files, get files\n',
  calls: 'slow pending\nquick fulfilled\nslow fulfilled\n',
  commands: 'it keeps its promises\n',
  plans: 'every call settles, whatever happens to its messages\n',
  server: '2 sessions\n',
};

describe('the examples of the guide to the test kit', () => {
  const examples = new GuideExamples(
    Object.fromEntries(names.map((name) => [name, markedExample(guide, name)])),
  );
  const commands = mkdtempSync(join(tmpdir(), 'mcp-lifeline-commands-'));

  beforeAll(() => {
    // As a script of npm has it, which is how tests are run.
    const command = join(commands, 'mcp-lifeline-faulty-server');
    writeFileSync(command, `#!/bin/sh\nexec '${process.execPath}' '${faultyServer}' "$@"\n`);
    chmodSync(command, 0o755);
  });

  afterAll(() => {
    examples.remove();
    rmSync(commands, { recursive: true });
  });

  test('are all of them here', () => {
    expect(names).toEqual(Object.keys(said));
    expect(guide.match(/^```ts$/gm)).toHaveLength(names.length);
  });

  test('compile', async () => {
    expect(await examples.compile()).toBe('');
  });

  test.for(names)('%s runs', async (name, { signal }) => {
    const path = `${commands}${delimiter}${process.env.PATH ?? ''}`;
    expect(await examples.run(name, { env: { PATH: path }, signal })).toEqual({
      code: 0,
      signal: null,
      stdout: said[name],
      stderr: '',
    });
  });
});

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
