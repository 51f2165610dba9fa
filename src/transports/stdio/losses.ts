import { ConnectionError } from '../../errors.js';
import { toSafeJson } from '../../escape.js';
import type { ProcessExit } from './supervisedProcess.js';

/** What the server left for people to read, free of secrets. */
export interface LastWords {
  /** The end of its stderr. */
  stderr: string;
  /** The first line on stdout that was none of MCP's; null when all were. */
  garbage: string | null;
}

/** Longest excerpt of a server's own words in a message. */
const EXCERPT = 200;
/** A line that names what went wrong; a stack trace or a farewell often follows it. */
const TELLING = /\b(\w*error|\w*exception|panic|fatal|cannot|not found|denied)\b/i;

export function processExited(exit: ProcessExit, words: LastWords): ConnectionError {
  const end = exit.signal === null ? `exited with code ${exit.exitCode}` : `was ended by ${exit.signal}`;
  return lost('PROCESS_EXITED', `the server process ${end}`, words, { ...exit });
}

/** The server lives, but one of its pipes does not: nothing can be sent, or nothing received. */
export function pipeBroken(pipe: 'stdin' | 'stdout', words: LastWords): ConnectionError {
  return lost('PIPE_BROKEN', `the server closed its ${pipe}`, words, { pipe });
}

export function frameTooLarge(limit: number, words: LastWords): ConnectionError {
  return lost('FRAME_TOO_LARGE', `the server sent a line of more than ${limit} bytes`, words, { limit });
}

export function closed(): ConnectionError {
  return new ConnectionError('CONNECTION_CLOSED', 'the transport was closed');
}

/** A server's text for one line of a message: short, quoted, control characters escaped. */
export function excerpt(text: string): string {
  return toSafeJson(text.length > EXCERPT ? `${text.slice(0, EXCERPT - 1)}…` : text);
}

function lost(
  code: 'PROCESS_EXITED' | 'PIPE_BROKEN' | 'FRAME_TOO_LARGE',
  what: string,
  words: LastWords,
  facts: NonNullable<ConnectionError['details']>,
): ConnectionError {
  const said = words.stderr === '' ? words.garbage : tellingLine(words.stderr);
  return new ConnectionError(code, said === null ? what : `${what}; it said ${excerpt(said)}`, {
    details: {
      ...facts,
      ...(words.stderr === '' ? {} : { stderr: words.stderr }),
      ...(words.garbage === null ? {} : { stdout: words.garbage }),
    },
  });
}

/** The last line that names a fault, or else the last line. */
function tellingLine(stderr: string): string {
  const lines = stderr.split('\n').map((line) => line.trim());
  return lines.findLast((line) => TELLING.test(line)) ?? lines.at(-1) ?? '';
}
