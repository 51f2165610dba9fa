/**
 * How deeply a frame may be nested. Far more than any message needs, and well below the depth (some
 * thousands) at which `JSON.stringify`, `structuredClone` and every recursive reader overflow the stack.
 */
export const MAX_DEPTH = 1000;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * The JSON text with everything deeper than `MAX_DEPTH` replaced by `null`; null when nothing is that
 * deep. Cheap for the texts that come by the thousand: one that is short or has few brackets cannot be
 * deep and is not looked at any further.
 */
export function pruneDepth(text: string): string | null {
  if (text.length <= 2 * MAX_DEPTH || !hasManyBrackets(text)) return null;
  let depth = 0;
  let pruned = '';
  let keptFrom = 0;
  let isPruned = false;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      at = endOfString(text, at);
    } else if (isOpening(code)) {
      depth += 1;
      if (depth === MAX_DEPTH + 1) {
        pruned += `${text.slice(keptFrom, at)}null`;
        isPruned = true;
      }
    } else if (isClosing(code)) {
      if (depth === MAX_DEPTH + 1) keptFrom = at + 1;
      depth -= 1;
    }
  }
  if (!isPruned) return null;
  return depth > MAX_DEPTH ? pruned : pruned + text.slice(keptFrom);
}

function hasManyBrackets(text: string): boolean {
  let count = 0;
  for (const bracket of ['[', '{']) {
    for (let at = text.indexOf(bracket); at !== -1; at = text.indexOf(bracket, at + 1)) {
      count += 1;
      if (count > MAX_DEPTH) return true;
    }
  }
  return false;
}

/** The index of the quote that ends the string which begins at `start`. */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === BACKSLASH) at += 1;
    else if (code === QUOTE) return at;
  }
  return text.length;
}

/** `[` or `{`. */
function isOpening(code: number): boolean {
  return code === 0x5b || code === 0x7b;
}

/** `]` or `}`. */
function isClosing(code: number): boolean {
  return code === 0x5d || code === 0x7d;
}
