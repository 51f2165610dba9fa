/**
 * What a terminal could take for a command or a reader could not see: control characters, format
 * characters (text direction, zero width), line separators, halves of surrogate pairs.
 */
const UNSAFE = '[\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}\\p{Cs}]';

/** Made when it is needed: even to read such an expression takes a fraction of a millisecond, once in each process. */
let expression: RegExp | undefined;

/** Most texts. */
const PLAIN = /^[ -~]*$/;

const SHORT: { [character: string]: string } = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** Text of a stranger for a terminal or a log: one line, its unsafe characters as escapes. */
export function escapeText(text: string): string {
  if (PLAIN.test(text)) return text;
  return text.replace(unsafe(), (character) => SHORT[character] ?? codePoint(character));
}

/**
 * A value as JSON on one line that is safe to look at, too: `JSON.stringify` leaves DEL, C1 controls
 * and format characters as they are.
 */
export function toSafeJson(value: unknown): string {
  const text = JSON.stringify(value);
  if (PLAIN.test(text)) return text;
  // All that is unsafe in it lies within its strings.
  return text.replace(unsafe(), (character) =>
    character
      .split('')
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
      .join(''),
  );
}

function unsafe(): RegExp {
  expression ??= new RegExp(UNSAFE, 'gu');
  return expression;
}

function codePoint(character: string): string {
  const code = (character.codePointAt(0) ?? 0).toString(16);
  return code.length <= 2 ? `\\x${code.padStart(2, '0')}` : `\\u{${code}}`;
}
