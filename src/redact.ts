/** What stands where a secret stood. */
const MASK = '[secret]';

/** Shorter values (`1`, `GET`) are in every text. */
const SHORTEST_SECRET = 4;
/** These are as well, and tell nothing. */
const ORDINARY = new Set(['true', 'false', 'null']);

/** Whether a value that nobody called a secret, of an environment or a header, is worth hiding. */
export function isTelling(value: string): boolean {
  return value.length >= SHORTEST_SECRET && !ORDINARY.has(value);
}

export interface Redactor {
  /**
   * `text` with every secret in it replaced by `[secret]`.
   *
   * @param from leave out what lies before this index. A secret that lies across it is replaced as a
   *   whole, so a text that is cut short shows no end of one. Default 0.
   */
  (text: string, from?: number): string;
  /** Length of the longest secret: how far back one can begin that still reaches an index. */
  readonly longest: number;
}

/**
 * Builds a function that replaces known secrets in text. Secrets are also found as they look inside
 * JSON and inside a URL. Those that overlap in the text are replaced together, so that nothing is
 * left of either. Empty strings are no secrets.
 */
export function createRedactor(secrets: readonly string[]): Redactor {
  const needles = [...new Set(secrets.flatMap(spellings))].filter((needle) => needle !== '');
  const longest = needles.reduce((length, needle) => Math.max(length, needle.length), 0);
  const redact = (text: string, from = 0) => replaceAll(text, from, needles);
  return Object.assign(redact, { longest });
}

/** A secret, and the secret as programs quote it. */
function spellings(secret: string): string[] {
  const inJson = JSON.stringify(secret).slice(1, -1);
  // A lone surrogate has no spelling in a URL.
  return /\p{Surrogate}/u.test(secret) ? [secret, inJson] : [secret, inJson, encodeURIComponent(secret)];
}

function replaceAll(text: string, from: number, needles: readonly string[]): string {
  let redacted = '';
  let at = from;
  for (const { start, end } of findAll(text, needles)) {
    if (end <= at) continue;
    redacted += text.slice(at, Math.max(start, at)) + MASK;
    at = end;
  }
  return redacted + text.slice(at);
}

interface Range {
  start: number;
  end: number;
}

/** Where the needles are, in order, overlapping ones as one range. */
function findAll(text: string, needles: readonly string[]): Range[] {
  const found: Range[] = [];
  for (const needle of needles) {
    // One step at a time: a needle can overlap itself.
    for (let start = text.indexOf(needle); start !== -1; start = text.indexOf(needle, start + 1)) {
      found.push({ start, end: start + needle.length });
    }
  }
  found.sort((one, other) => one.start - other.start);
  const merged: Range[] = [];
  for (const range of found) {
    const last = merged.at(-1);
    if (last !== undefined && range.start < last.end) last.end = Math.max(last.end, range.end);
    else merged.push(range);
  }
  return merged;
}
