/** What the shells are given to complete words. */
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { SCRIPTS } from '../../src/cli/completionScripts.js';
import { run } from '../support/run.js';
import { buildCommand, hostileServer, User } from './support.js';

const command = buildCommand();

async function complete(user: User, ...words: string[]): Promise<string[]> {
  const { code, stdout, stderr } = await user.lifeline(['completion', 'words', '--', ...words]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout.split('\n').slice(0, -1);
}

/** Without what they are. */
const wordsOf = (lines: readonly string[]) => lines.map((line) => line.split('\t')[0]);

describe('words that may follow', () => {
  test('are commands, options, and what these take', async () => {
    const user = new User(command);
    expect(wordsOf(await complete(user, 're'))).toEqual(['resources', 'read', 'restart']);
    expect(await complete(user, 'help', 'gra')).toEqual(['graph\tA statechart of this program, as it runs']);
    expect(await complete(user, 'status', '--w')).toEqual(['--watch']);
    expect(await complete(user, 'completion', '')).toEqual(['bash', 'zsh', 'fish']);
    expect(await complete(user, 'graph', 'pool')).toEqual(['pool', 'poolEntry']);
    expect(await complete(user, 'graph', '--format', 's')).toEqual(['svg']);
    expect(await complete(user, 'call', '--config', '')).toEqual([':files']);
    expect(await complete(user, 'trust', '')).toEqual([':files']);
    expect(await complete(user, 'down', '')).toEqual([]);
    expect(await complete(user, 'nonsense', '')).toEqual([]);
    expect(await complete(user, '--nonsense', 'call', '--', '--')).toEqual([]);
  });

  test('are servers, without starting anything, and in a project that nobody trusts', async () => {
    const user = new User(command);
    const servers = {
      files: { command: 'x' },
      fetch: { command: 'x' },
      gone: { command: 'x', disabled: true },
    };
    writeFileSync(join(user.project, '.mcp.json'), JSON.stringify({ mcpServers: servers }));
    expect(await complete(user, 'call', '')).toEqual(['files', 'fetch']);
    expect(await complete(user, 'call', 'files', '')).toEqual([]);
    expect(await complete(user, 'call', 'files/')).toEqual([]);
    const path = user.configure({ other: { command: 'x' } }, 'other.json');
    expect(await complete(user, '-c', path, 'tools', '')).toEqual(['other']);
    expect(await complete(user, `--config=${path}`, 'ping', 'o')).toEqual(['other']);
    expect(existsSync(user.runtime)).toBe(false);
  });

  test('are what a connected server has', async () => {
    const user = new User(command);
    await user.lifeline(['up']);
    expect(await complete(user, 'call', 'demo', '')).toEqual([]);
    expect((await user.lifeline(['servers'])).stdout).toContain('disconnected');
    await user.lifeline(['ping', 'demo']);
    expect(wordsOf(await complete(user, 'call', 'demo', ''))).toEqual(['echo', 'add', 'slow', 'fail']);
    expect(await complete(user, 'call', 'demo/ec')).toEqual(['demo/echo\tSays what it is told.']);
    expect(await complete(user, 'call', 'demo', 'add', '')).toEqual(['a=', 'b=']);
    expect(await complete(user, 'call', 'demo/add', 'a=1', 'b')).toEqual(['b=']);
    expect(await complete(user, 'read', 'demo', 'demo:')).toEqual(['demo://greeting\tA text to read.']);
    expect(wordsOf(await complete(user, 'prompt', 'demo', ''))).toEqual(['greet']);
    expect(await complete(user, 'prompt', 'demo', 'greet', '')).toEqual(['name=']);
    expect(await complete(user, 'call', 'dmo', '')).toEqual([]);
  });

  test('are nothing where something is wrong, and nothing is said of it', async () => {
    const user = new User(command);
    const path = user.configure({ real: { command: 'x' } });
    writeFileSync(path, '{ "mcpServers": ');
    expect(await complete(user, 'call', '')).toEqual([]);
    expect(await complete(user, '-c', 'none.json', 'call', '')).toEqual([]);
  });
});

/** The script is at work in a bash: what it makes of each line up to the cursor. */
async function inBash(
  user: User,
  lines: readonly string[],
): Promise<{ replies: string[][]; stderr: string }> {
  const folder = join(user.home, 'bin');
  mkdirSync(folder, { recursive: true });
  const program = join(folder, 'lifeline');
  writeFileSync(program, `#!/bin/sh\nexec '${process.execPath}' '${command.path}' "$@"\n`);
  chmodSync(program, 0o755);
  const script = join(user.home, 'try.bash');
  const tries = `eval "$(lifeline completion bash)"
for line in "$@"; do
  COMP_LINE="$line" COMP_POINT="\${#line}"
  _lifeline
  printf '%s\\0' "\${COMPREPLY[@]}" "--"
done
`;
  writeFileSync(script, tries);
  const { code, stdout, stderr } = await run('bash', ['--norc', script, ...lines], {
    cwd: user.project,
    env: { ...user.env, PATH: `${folder}:${user.env.PATH}` },
  });
  expect(code).toBe(0);
  const replies = stdout.split('--\0').slice(0, -1);
  return { replies: replies.map((reply) => reply.split('\0').filter((word) => word !== '')), stderr };
}

describe('in bash', () => {
  test('words are completed, as far as bash replaces them', async () => {
    const user = new User(command);
    await user.lifeline(['ping']);
    writeFileSync(join(user.project, 'a file.json'), '{}');
    const { replies, stderr } = await inBash(user, [
      'lifeline ca',
      'lifeline call ',
      'lifeline call demo/e',
      'lifeline call demo s',
      'lifeline call demo add a',
      'lifeline read demo demo:',
      'lifeline read demo demo://gre',
      'lifeline --config a',
      'lifeline servers ',
    ]);
    expect(replies).toEqual([
      ['call'],
      ['demo'],
      ['demo/echo'],
      ['slow'],
      ['a='],
      ['//greeting'],
      ['//greeting'],
      ['a file.json'],
      [],
    ]);
    expect(stderr).toBe('');
  });

  test('names of a server are no commands', async () => {
    const user = new User(command);
    const mark = join(user.home, 'mark');
    user.configure({
      rude: { command: process.execPath, args: [hostileServer, '--tool', `$(touch ${mark})`] },
    });
    await user.lifeline(['ping']);
    const listed = await user.lifeline(['tools', 'rude']);
    expect(listed.stdout).toContain('$(touch');
    const { replies } = await inBash(user, [
      'lifeline call rude ',
      'lifeline call rude $',
      'lifeline call rude/',
    ]);
    expect(replies).toEqual([['harmless'], [], ['rude/harmless']]);
    expect(existsSync(mark)).toBe(false);
  });
});

/** Quotes and brackets of a shell's script that are not closed, as far as our scripts use them. */
function leftOpen(script: string, blocks: readonly (readonly [open: RegExp, close: RegExp])[]): string[] {
  const code = script
    .split('\n')
    .map((line) => line.replace(/(^|\s)#(?!#).*$/, ''))
    .join('\n');
  const count = (pattern: RegExp) => [...code.matchAll(pattern)].length;
  const uneven = ['"', "'"].filter((quote) => count(new RegExp(`(?<!\\\\)${quote}`, 'g')) % 2 !== 0);
  const unclosed = blocks.filter(([open, close]) => count(open) !== count(close));
  return [...uneven, ...unclosed.map(([open, close]) => `${open} ${count(open)}, ${close} ${count(close)}`)];
}

const BRACES = [/\{/g, /\}/g] as const;
const POSIX = [BRACES, [/\bdo\b/g, /\bdone\b/g], [/\bif\b/g, /\bfi\b/g], [/\bcase\b/g, /\besac\b/g]] as const;
const FISH = [
  [/\(/g, /\)/g],
  [/^\s*(?:function|for|if|switch|while|begin)\b/gm, /^\s*end\b/gm],
] as const;

describe('the scripts', () => {
  test('are what the command says', async () => {
    const user = new User(command);
    for (const shell of ['bash', 'zsh', 'fish']) {
      expect(await user.lifeline(['completion', shell])).toMatchObject({
        code: 0,
        stdout: `${SCRIPTS[shell]}\n`,
      });
      const { stdout } = await user.lifeline(['completion', shell, '--json']);
      expect(JSON.parse(stdout)).toEqual({ shell, script: SCRIPTS[shell] });
    }
    const { code, stderr } = await user.lifeline(['completion', 'fis']);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: 'lifeline: completion: found "fis", expected bash, zsh, fish; did you mean fish?\n',
    });
  });

  test('are scripts: bash says so itself', async () => {
    const user = new User(command);
    const path = join(user.home, 'script');
    writeFileSync(path, SCRIPTS.bash ?? '');
    expect(await run('bash', ['-n', path])).toMatchObject({ code: 0, stderr: '' });
    writeFileSync(path, (SCRIPTS.bash ?? '').replace('done', ''));
    expect((await run('bash', ['-n', path])).code).not.toBe(0);
  });

  test.each([
    ['bash', POSIX],
    ['zsh', POSIX],
    ['fish', FISH],
  ] as const)('leave nothing open: %s', (shell, blocks) => {
    const script = SCRIPTS[shell] ?? '';
    expect(leftOpen(script, blocks)).toEqual([]);
    for (const [, close] of blocks) {
      // The check is one that finds something.
      expect(leftOpen(script.replace(new RegExp(close.source, 'm'), ''), blocks)).not.toEqual([]);
    }
  });

  // Whoever changes one looks at it in that shell before they change this.
  test.each(['zsh', 'fish'])('are as they were when they were tried in %s', (shell) => {
    const tried = readFileSync(new URL(`tried/completion.${shell}`, import.meta.url), 'utf8');
    expect(`${SCRIPTS[shell]}\n`).toBe(tried);
  });
});
