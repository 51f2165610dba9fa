import { describe, expect, test } from 'vitest';
import { readCommandLine, UsageError, wantsJson } from '../../src/tour/commandLine.js';

describe('the command line of the tour', () => {
  test.each([
    [[], { kind: 'everything', json: false }],
    [['--json'], { kind: 'everything', json: true }],
    [['--help', '--json'], { kind: 'help' }],
  ])('%j', (args, request) => {
    expect(readCommandLine(args)).toEqual(request);
  });

  test('takes a command with its arguments, or a URL', () => {
    const defaults = { kind: 'own', json: false, call: null, timeout: 60_000 };
    const command = { command: 'npx', args: ['-y', 'server', '--json', '--'] };
    expect(readCommandLine(['npx', '-y', 'server', '--json', '--'])).toEqual({
      ...defaults,
      server: command,
    });
    expect(readCommandLine(['--', 'npx', '-y', 'server', '--json', '--'])).toEqual({
      ...defaults,
      server: command,
    });
    const url = { url: 'http://127.0.0.1:3001/mcp' };
    expect(readCommandLine([url.url])).toEqual({ ...defaults, server: url });
  });

  test('takes its own options before the command', () => {
    const args = ['--json', '--call', 'add', '--arguments', '{"a":1}', '--timeout=250', 'server', '--call'];
    expect(readCommandLine(args)).toEqual({
      kind: 'own',
      json: true,
      server: { command: 'server', args: ['--call'] },
      call: { tool: 'add', arguments: { a: 1 } },
      timeout: 250,
    });
  });

  test.each([
    ['an unknown option', ['--nope'], "Unknown option '--nope'; --help tells the options"],
    ['a call without its tool', ['--call'], /^Option '--call <value>' argument missing; --help/],
    ['a flag with a value', ['--json=yes'], /^Option '--json' does not take an argument; --help/],
    ['a call without a server', ['--call', 'echo'], '--call needs a server of yours: a command or a URL'],
    ['arguments without a call', ['--arguments', '{}', 'cat'], '--arguments needs --call <tool>'],
    ['arguments that are no JSON', ['--call', 'x', '--arguments', '{', 'cat'], /^--arguments is no JSON$/],
    ['a list of arguments', ['--call', 'x', '--arguments', '[]', 'cat'], '--arguments is no JSON object'],
    ['a limit of no time', ['--timeout', '0', 'cat'], '--timeout is no number of milliseconds'],
    ['arguments of a URL', ['http://127.0.0.1/mcp', 'x'], 'a URL takes no arguments; options go before it'],
  ])('refuses %s', (_what, args, sentence) => {
    expect(() => readCommandLine(args)).toThrow(UsageError);
    expect(() => readCommandLine(args)).toThrow(sentence);
  });

  test('tells whether JSON is wanted even where the rest is wrong', () => {
    expect(wantsJson(['--json', '--nope'])).toBe(true);
    expect(wantsJson(['server', '--json'])).toBe(false);
  });
});
