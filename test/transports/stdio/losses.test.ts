import { describe, expect, test } from 'vitest';
import {
  closed,
  excerpt,
  frameTooLarge,
  pipeBroken,
  processExited,
} from '../../../src/transports/stdio/losses.js';

const NOTHING = { stderr: '', garbage: null };

test.each([
  [
    processExited({ exitCode: 3, signal: null }, NOTHING),
    'PROCESS_EXITED',
    'the server process exited with code 3',
  ],
  [
    processExited({ exitCode: null, signal: 'SIGSEGV' }, NOTHING),
    'PROCESS_EXITED',
    'the server process was ended by SIGSEGV',
  ],
  [pipeBroken('stdin', NOTHING), 'PIPE_BROKEN', 'the server closed its stdin'],
  [frameTooLarge(1_000, NOTHING), 'FRAME_TOO_LARGE', 'the server sent a line of more than 1000 bytes'],
  [closed(), 'CONNECTION_CLOSED', 'the transport was closed'],
])('a loss says what happened: %s', (error, code, message) => {
  expect(error).toMatchObject({ code, message });
});

describe('the last words of a server', () => {
  const said = (stderr: string, garbage: string | null = null) =>
    /it said (.*)$/.exec(pipeBroken('stdout', { stderr, garbage }).message)?.[1];

  test.each([
    [
      'one that names a fault, whatever follows',
      'starting\n  TypeError: no such thing  \n    at main\nbye',
      'TypeError: no such thing',
    ],
    ['the last of those', 'error: one\npanic: two\nbye', 'panic: two'],
    ['the last of all where none does', 'hello\nbye', 'bye'],
  ])('are %s', (_, stderr, line) => {
    expect(said(stderr)).toBe(JSON.stringify(line));
  });

  test('are what it wrote to stdout where it wrote nothing else, and facts for programs', () => {
    expect(said('', 'usage: server')).toBe('"usage: server"');
    expect(said('why', 'usage: server')).toBe('"why"');
    const { details } = pipeBroken('stdout', { stderr: 'why', garbage: 'usage: server' });
    expect(details).toEqual({ pipe: 'stdout', stderr: 'why', stdout: 'usage: server' });
    expect(pipeBroken('stdin', NOTHING).details).toEqual({ pipe: 'stdin' });
  });
});

test('an excerpt has at most 200 characters, the last of which says that there was more', () => {
  expect(excerpt('x'.repeat(200))).toBe(JSON.stringify('x'.repeat(200)));
  expect(excerpt('x'.repeat(201))).toBe(JSON.stringify(`${'x'.repeat(199)}…`));
});
