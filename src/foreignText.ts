import { escapeText } from './escape.js';

/** Makes text of a stranger fit to be shown. */
export type ShowForeign = (text: string) => string;

const LONGEST = 200;
/** As many causes are followed. */
const DEEPEST = 5;

/**
 * Text of a server, or of an error that may quote one, for messages and logs: without secrets, on one
 * line, its control characters as escapes, and short.
 *
 * @param redact takes secrets out. Default: there are none
 * @param longest most characters. Default 200
 */
export function showForeign(text: string, redact: ShowForeign = (all) => all, longest = LONGEST): string {
  // Secrets first, and in the whole text: one that is escaped or cut would not be found.
  const line = escapeText(redact(text).slice(0, longest + 1));
  if (line.length <= longest) return line;
  // Not in the middle of a character.
  return `${line.slice(0, longest - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}

/**
 * An error that may quote a stranger, for causes and logs: the error itself where all of it may be seen,
 * else what of it may, under the same name and code.
 */
export function showError(error: unknown, show: ShowForeign, depth = 0): unknown {
  if (!(error instanceof Error)) return typeof error === 'string' ? show(error) : error;
  // Causes may go in a circle.
  const cause = depth === DEEPEST ? undefined : showError(error.cause, show, depth + 1);
  const message = show(error.message);
  const code = 'code' in error ? error.code : undefined;
  if (message === error.message && cause === error.cause && isPresentable({ ...error }, show)) return error;
  const shown = new Error(message, cause === undefined ? {} : { cause });
  shown.name = error.name;
  if (typeof code === 'number') return Object.assign(shown, { code });
  return typeof code === 'string' ? Object.assign(shown, { code: show(code) }) : shown;
}

function isPresentable(facts: object, show: ShowForeign): boolean {
  try {
    const text = JSON.stringify(facts);
    return show(text) === text;
  } catch {
    // Nobody can see through it.
    return false;
  }
}
