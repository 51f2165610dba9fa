/** Row 61: nothing that a server says gets to the terminal as it is, whichever command shows it. */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { buildCommand, hostileServer, User } from './support.js';

const command = buildCommand();
const ESCAPE = '\u001b';
/** As in `escapeText`, with the escapes that the command itself writes taken out before. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u;
const escapeOf = new RegExp(`${ESCAPE}\\[(?:1|2|22|31|32|33|39)m|\\r${ESCAPE}\\[K`, 'g');

/** What is unsafe in a text beside line breaks and tabs. */
function unsafeIn(text: string): string[] {
  return text.split('\n').filter((line) => UNSAFE.test(line.replaceAll('\t', '')));
}

/** On a terminal, lines end with both, and our own colours and cleared lines are there. */
const asSeen = (text: string) => text.replaceAll('\r\n', '\n').replaceAll(escapeOf, '');

function withHostile(): User {
  const user = new User(command);
  const hostile = { command: process.execPath, args: [hostileServer], retryPolicy: { initialAttempts: 1 } };
  user.configure({ hostile, gone: { ...hostile, args: [hostileServer, '--exit'] } });
  return user;
}

/** Commands that show texts of a server, with something that shows that they do, and their exit code. */
const CASES: readonly (readonly [words: readonly string[], shown: string, exit: number])[] = [
  [['tools', 'hostile'], 'a description', 0],
  [['tools', 'hostile', 'rude'], 'key', 0],
  [['tools', 'hostile', 'rud'], 'did you mean rude?', 1],
  [['call', 'hostile', 'rude'], 'the end', 0],
  [['call', 'hostile', 'fails'], 'the end', 2],
  [['call', 'hostile', 'throws'], 'no', 2],
  [['call', 'hostile', 'nme'], 'has no tool', 2],
  [['call', 'hostile', 'dies'], 'last words', 3],
  [['call', 'gone', 'rude'], 'last words', 3],
  [['resources', 'hostile'], 'a://b/', 0],
  [['read', 'hostile', 'a://b/'], 'the end', 0],
  [['read', 'hostile', 'a://none'], 'no', 2],
  [['prompts', 'hostile'], 'p', 0],
  [['prompt', 'hostile', 'p'], 'the end', 0],
  [['ping'], 'last words', 3],
  [['servers'], 'hostile', 0],
  [['status'], 'hostile', 0],
  [['stats'], 'hostile', 0],
  [['logs'], 'last words', 0],
  [['doctor'], 'last words', 3],
];

describe('row 61: text of a server', () => {
  test('is safe in every command, in a pipe', async () => {
    const user = withHostile();
    for (const [words, shown, exit] of CASES) {
      const { code, stdout, stderr } = await user.lifeline(words);
      expect({ words, code, unsafe: unsafeIn(stdout + stderr) }).toEqual({ words, code: exit, unsafe: [] });
      expect(stdout + stderr, words.join(' ')).toContain(shown);
    }
  }, 60_000);

  test('is safe in every command, as JSON', async () => {
    const user = withHostile();
    for (const [words, , exit] of CASES) {
      const { code, stdout, stderr } = await user.lifeline([...words, '--json']);
      expect({ words, code, stderr, unsafe: unsafeIn(stdout) }).toEqual({
        words,
        code: exit,
        stderr: '',
        unsafe: [],
      });
      for (const line of stdout.trimEnd().split('\n')) expect(() => JSON.parse(line)).not.toThrow();
      expect(stdout.length).toBeGreaterThan(2);
    }
  }, 60_000);

  test('is safe in every command, on a terminal', async () => {
    const user = withHostile();
    for (const [words, shown, exit] of CASES) {
      const { code, stdout } = await user.onTerminal(words, { columns: 300 });
      expect({ words, code, unsafe: unsafeIn(asSeen(stdout)) }).toEqual({ words, code: exit, unsafe: [] });
      expect(stdout, words.join(' ')).toContain(shown);
    }
  }, 60_000);

  test('is safe in what happens, and in the progress of a call', async () => {
    const user = withHostile();
    const watching = user.start(['events']);
    const asJson = user.start(['events', '--json']);
    // Nobody is told when they begin to watch.
    let areTold = false;
    const told = Promise.all([watching.said('notifications/'), asJson.said('notifications/')]).then(() => {
      areTold = true;
    });
    while (!areTold) await user.lifeline(['call', 'hostile', 'rude']);
    await told;
    await user.lifeline(['down']);
    for (const { stdout, stderr } of await Promise.all([watching.ended, asJson.ended])) {
      expect(stderr).toBe('');
      expect(unsafeIn(stdout)).toEqual([]);
    }
    const calling = user.startOnTerminal(['call', 'hostile', 'slow']);
    await calling.said('1/2 working\\x1b[2J');
    await user.lifeline(['call', 'hostile', 'rude']);
    const { stdout } = await calling.ended;
    expect(stdout).toContain('the end');
    expect(unsafeIn(asSeen(stdout))).toEqual([]);
  });

  test('is found where it is not safe: by a check that can fail', () => {
    expect(unsafeIn('a\tb\nc')).toEqual([]);
    for (const text of [
      '\u001b[2J',
      '\r',
      '\u009b31m',
      '\u202e',
      '\u0000',
      '\u2028',
      '\u{e0041}',
      '\ud800',
    ]) {
      expect(unsafeIn(`a${text}b`)).toHaveLength(1);
      expect(unsafeIn(asSeen(`a${text}b`))).toHaveLength(1);
    }
    expect(asSeen(`${ESCAPE}[31ma${ESCAPE}[39m\r\n\r${ESCAPE}[Kb`)).toBe('a\nb');
  });
});

test('row 61: names of a configuration are safe, too', async () => {
  const user = new User(command);
  const name = `na${ESCAPE}[2Jme\u202e`;
  const path = user.configure(
    { [name]: { command: `no${ESCAPE}[2J\r`, args: ['\u0007'] } },
    'project/.mcp.json',
  );
  const all = [
    await user.lifeline(['trust', '--yes']),
    await user.lifeline(['servers']),
    await user.lifeline(['ping']),
    await user.lifeline(['call', name, 'x']),
    await user.lifeline(['call', `${name}x`, 'x']),
    await user.lifeline(['restart', name]),
    await user.lifeline(['doctor']),
    await user.lifeline(['logs']),
    await user.lifeline(['--config', join(path, ESCAPE), 'servers']),
    await user.lifeline([`cal${ESCAPE}l`]),
    await user.lifeline([`--op${ESCAPE}tion`]),
  ];
  for (const { stdout, stderr } of all) {
    expect(unsafeIn(stdout + stderr)).toEqual([]);
    expect(stdout + stderr).not.toBe('');
  }
});
