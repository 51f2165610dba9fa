import { describe, expect, test } from 'vitest';
import { readCommandLine } from '../../src/cli/commandLine.js';

describe('a command line', () => {
  test('has options anywhere, and values beside or behind them', () => {
    const words = ['--json', 'call', 'files', '--config', 'a.json', 'read', '--timeout=30s', 'path=x'];
    expect(readCommandLine(words)).toEqual({
      command: 'call',
      args: ['files', 'read', 'path=x'],
      options: { json: true, config: 'a.json', timeout: 30_000 },
    });
  });

  test('has no options behind --', () => {
    expect(readCommandLine(['call', '--', '--json', '-x']).args).toEqual(['--json', '-x']);
  });

  test('takes a lone - as an argument', () => {
    expect(readCommandLine(['call', 'a', 'b', '-']).args).toEqual(['a', 'b', '-']);
  });

  test.each([
    ['-j', { json: true }],
    ['-h', { help: true }],
    ['-V', { version: true }],
  ])('knows %s', (letter, options) => {
    expect(readCommandLine([letter]).options).toEqual(options);
  });

  test.each<[string, object]>([
    ['-jw', { json: true, watch: true }],
    ['-jt5s', { json: true, timeout: 5000 }],
    ['-t5s', { timeout: 5000 }],
    ['-ca.json', { config: 'a.json' }],
  ])('takes letters together: %s', (word, options) => {
    expect(readCommandLine([word]).options).toEqual(options);
  });

  test('takes the value of the last of some letters from behind them', () => {
    expect(readCommandLine(['-jc', 'a.json', 'tools'])).toEqual({
      command: 'tools',
      args: [],
      options: { json: true, config: 'a.json' },
    });
  });

  test.each([
    ['1500', 1500],
    ['1500ms', 1500],
    ['2m', 120_000],
    ['0.5s', 500],
  ])('reads %s as %d milliseconds', (text, timeout) => {
    expect(readCommandLine(['--timeout', text]).options).toEqual({ timeout });
  });

  test.each([
    ['an unknown option', ['--jsn'], 'unknown option --jsn; did you mean --json?'],
    ['an unknown letter', ['-x'], 'unknown option -x; `lifeline help` lists them'],
    ['an unknown letter among others', ['-jx'], 'unknown option -x'],
    ['letters of which one lacks its value', ['-jt'], '-t needs a value'],
    [
      'an argument with dashes',
      ['call', 'a', 'b', '--text=x'],
      'arguments are written without dashes: text=…',
    ],
    ['an argument with dashes, its value behind it', ['call', 'a', 'b', '--text', 'x'], 'text=…'],
    ['such in another command', ['tools', '--text=x'], 'unknown option --text; `lifeline help` lists them'],
    ['a name of the prototype', ['--constructor'], 'unknown option --constructor'],
    ['a flag with a value', ['--json=yes'], '--json takes no value'],
    ['an option without its value', ['call', '--config'], '--config needs a value'],
    ['a time that is none', ['--timeout', 'soon'], '--timeout: found "soon", expected'],
    ['no time at all', ['--timeout', '0'], '--timeout: found "0", expected'],
    ['a time that timers do not have', ['--timeout', '99999999m'], 'expected'],
  ])('is refused for %s', (_what, words, message) => {
    expect(() => readCommandLine(words)).toThrow(message);
  });
});
