/** `lifeline certify`: what it says, of whom, and what it leaves behind. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { isAlive } from '../support/isAlive.js';
import { buildCommand, User } from './support.js';

const command = buildCommand();
const root = fileURLToPath(new URL('../..', import.meta.url));
const bareClient = join(root, 'docs/examples/certify/sdk-1.mjs');

/** An adapter in the user's project, which finds this package and the SDK. */
function write(user: User, code: string): string {
  const file = join(user.project, 'adapter.mjs');
  const sdk = pathToFileURL(join(root, 'node_modules/@modelcontextprotocol/sdk/dist/esm/client/')).href;
  writeFileSync(
    file,
    code
      .replaceAll(
        "from 'mcp-lifeline'",
        `from '${pathToFileURL(join(command.path, '../../src/index.js')).href}'`,
      )
      .replaceAll("'@modelcontextprotocol/sdk/client/", `'${sdk}`),
  );
  return file;
}

describe('a subject', () => {
  test('that does what it has to passes', async () => {
    const user = new User(command);
    const file = write(user, readFileSync(join(root, 'docs/examples/certify/lifeline.mjs'), 'utf8'));
    const { code, stdout, stderr } = await user.lifeline(['certify', file, '--only', 'five calls']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toBe(
      [
        'passed\tstdio\tconnect → five calls at once\t',
        'passed\thttp\tconnect → five calls at once\t',
        '',
        'mcp-lifeline: 2 passed, 0 failed, 0 not applicable',
        '',
      ].join('\n'),
    );
  });

  test('that does not is told what broke, and where', async () => {
    const user = new User(command);
    const words = ['certify', bareClient, '--transport', 'http', '--only', 'the session expires'];
    const { code, stdout } = await user.lifeline([...words, '--patience', '3s']);
    expect(code).toBe(2);
    expect(stdout).toContain(
      'failed\thttp\tconnect → the session expires → it renews its session\trenews-its-session\n',
    );
    expect(stdout).toContain(
      [
        'http: connect → the session expires → it renews its session',
        '  ✓ 1. connect',
        '  ✓ 2. the session expires',
        '  ✗ 3. it renews its session',
        '    expected  when the session is answered with 404, a new one is begun and calls are served (renews-its-session)',
        '    seen      each of ',
      ].join('\n'),
    );
    expect(stdout).toContain('2 passed, 1 failed, 0 not applicable');
  });

  test('that claims less is asked less', async () => {
    const user = new User(command);
    const { code, stdout } = await user.lifeline(['certify', bareClient, '--only', 'it gives up → call']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^not applicable\tstdio\t.*\tit does not claim `givesUp`$/m);
  });

  test('does not disturb what is printed, and what nobody handles counts', async () => {
    const user = new User(command);
    const code = `import { createSubject as make } from '${pathToFileURL(bareClient).href}';
      export function createSubject(task) {
        console.log('noise');
        process.stdout.write('more of it');
        const subject = make(task);
        const close = async () => {
          void Promise.reject(new Error('nobody waits for me'));
          await subject.close();
        };
        return { ...subject, close };
      }`;
    const words = ['certify', write(user, code), '--transport', 'http', '--only', 'five calls', '--json'];
    const result = await user.lifeline(words);
    expect(result).toMatchObject({ code: 2, stderr: expect.stringContaining('noise\nmore of it') });
    expect(JSON.parse(result.stdout)).toMatchObject({
      subject: 'adapter.mjs',
      failed: 0,
      passed: 1,
      unhandled: ['nobody waits for me'],
    });
  });
});

describe('an adapter that cannot be used', () => {
  const members = 'connect: async () => {}, close: async () => {}, call: async () => {}';

  test.each([
    ['nothing that can be read', 'export {', 'cannot be loaded: '],
    ['a module that throws', "throw new Error('not today')", 'cannot be loaded: not today'],
    ['no factory', 'export const make = 1', 'createSubject: found nothing of that name (there are make)'],
    ['no function', 'export const createSubject = 1', 'createSubject: found a number, expected a function'],
    [
      'a factory that throws',
      "export const createSubject = () => { throw new Error('no') }",
      'createSubject threw "no"',
    ],
    ['no subject', 'export const createSubject = () => 1', 'the subject: found a number, expected an object'],
    [
      'a subject without a member',
      'export const createSubject = () => ({ connect: async () => {}, close: async () => {} })',
      'the subject: call: found nothing, expected a function',
    ],
    [
      'a state that is no function',
      `export const createSubject = () => ({ ${members}, state: 'connected' })`,
      'the subject: state: found a string, expected a function, or nothing',
    ],
    [
      'a claim that nobody knows',
      'export const claims = { flies: true }; export const createSubject = () => ({})',
      'claims: found flies, expected some of joins, recovers, replaces, reopens, givesUp',
    ],
    [
      'a transport that nobody knows',
      "export const transports = ['sse']; export const createSubject = () => ({})",
      'transports: found ["sse"], expected a list of stdio and http',
    ],
  ])('is refused: %s', async (_what, code, said) => {
    const user = new User(command);
    const file = write(user, code);
    const result = await user.lifeline(['certify', file, '--only', 'five calls']);
    expect(result).toMatchObject({ code: 1, stdout: '' });
    expect(result.stderr).toMatch(/^lifeline: .*\n$/);
    expect(result.stderr).toContain(`${file}: ${said}`);
  });

  test.each([
    ['never loads', 'await new Promise(() => {}); export const createSubject = () => ({})'],
    ['ends the process', `export const createSubject = () => process.exit(0)`],
  ])('one that %s has passed nothing', async (_what, code) => {
    const user = new User(command);
    const words = ['certify', write(user, code), '--only', 'five calls'];
    const told = await user.lifeline(words);
    expect(told).toMatchObject({ code: 1, stdout: '' });
    expect(told.stderr).toContain('found the end of the process (exit code 0) before that of the stories');
    const { stdout } = await user.lifeline([...words, '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'USAGE', exitCode: 1 } });
  });

  test('one that has no such transport is not asked for it', async () => {
    const user = new User(command);
    const code = `export const transports = ['stdio']; export const createSubject = () => ({ ${members} })`;
    const { code: exit, stderr } = await user.lifeline(['certify', write(user, code), '--transport', 'http']);
    expect(exit).toBe(1);
    expect(stderr).toBe(
      'lifeline: --transport: found "http", expected stdio, which is all that the adapter has\n',
    );
  });

  test.each([
    [['certify'], 'certify needs the file of an adapter'],
    [['certify', 'gone.mjs'], 'gone.mjs: found no file, expected an adapter'],
    [['certify', bareClient, '--transport', 'sse'], '--transport: found "sse", expected stdio or http'],
    [['certify', bareClient, '--only', 'xyzzy'], '--only: found "xyzzy", expected words of a story'],
    [['certify', bareClient, '--patience', 'long'], '--patience: found "long", expected milliseconds'],
  ])('nor is %j', async (words, said) => {
    const user = new User(command);
    const { code, stderr } = await user.lifeline(words);
    expect(code).toBe(1);
    expect(stderr).toContain(said);
  });
});

describe('an interruption', () => {
  test('leaves nothing behind', async () => {
    const user = new User(command);
    const code = readFileSync(bareClient, 'utf8').replace(
      'transport = next;',
      "transport = next; console.log('process', next.pid, '.');",
    );
    const words = ['certify', write(user, code), '--transport', 'stdio', '--only', 'will not end by itself'];
    const { child, ended, said } = user.start(words);
    await said(' .\n');
    child.kill('SIGINT');
    const result = await ended;
    expect(result).toMatchObject({ code: 130, stdout: '' });
    const pids = [...result.stderr.matchAll(/process (\d+) \./g)].map(([, pid]) => Number(pid));
    expect(pids).toHaveLength(1);
    expect(pids.filter(isAlive)).toEqual([]);
  });

  test('comes by itself when the time is over', async () => {
    const user = new User(command);
    const words = ['certify', bareClient, '--only', 'will not end by itself', '--timeout', '300', '--json'];
    const { code, stdout } = await user.lifeline(words);
    expect(code).toBe(5);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'REQUEST_TIMEOUT' } });
  });
});
