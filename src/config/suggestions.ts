/** What hosts call things that have another name here. */
const FOREIGN = new Map([
  ['serverUrl', 'url'],
  ['httpUrl', 'url'],
  ['uri', 'url'],
  ['endpoint', 'url'],
  ['transport', 'type'],
  ['transportType', 'type'],
  ['environment', 'env'],
  ['arguments', 'args'],
  ['workingDirectory', 'cwd'],
  ['enabled', 'disabled'],
  ['tools', 'allowedTools'],
  ['includeTools', 'allowedTools'],
  ['enabledTools', 'allowedTools'],
  ['excludeTools', 'disabledTools'],
  ['blockedTools', 'disabledTools'],
]);

/** The name that was probably meant, of those there are. */
export function suggestName(name: string, known: readonly string[]): string | undefined {
  const foreign = FOREIGN.get(name);
  if (foreign !== undefined && known.includes(foreign)) return foreign;
  // Whoever writes so much by mistake did not mean a name of ours; and comparing takes the square.
  if (name.length > 32) return undefined;
  const [best] = known
    .map((candidate) => ({
      candidate,
      changes: distance(normalize(name), normalize(candidate)),
      grown: Math.abs(name.length - candidate.length),
    }))
    .filter(({ candidate, changes }) => changes <= (candidate.length > 4 ? 2 : 1))
    // Of two that are as near, the one of the same length: it lost nothing.
    .sort((one, other) => one.changes - other.changes || one.grown - other.grown);
  return best?.candidate;
}

/** `; did you mean url?`, or nothing. */
export function didYouMean(name: string, known: readonly string[]): string {
  const suggestion = suggestName(name, known);
  return suggestion === undefined ? '' : `; did you mean ${suggestion}?`;
}

/** `allowed_tools`, `allowed-tools` and `AllowedTools` are one wish. */
function normalize(name: string): string {
  return name.replace(/[_-]/g, '').toLowerCase();
}

/** How many characters to insert, remove, replace or swap with their neighbour to make one of the other. */
function distance(one: string, other: string): number {
  let before: number[] = [];
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let i = 1; i <= one.length; i++) {
    const next = [i];
    for (let j = 1; j <= other.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (one[i - 1] === other[j - 1] ? 0 : 1);
      const isSwap = i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1];
      const swapped = isSwap ? (before[j - 2] ?? 0) + 1 : replaced;
      next.push(Math.min(replaced, swapped, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    before = row;
    row = next;
  }
  return row.at(-1) ?? 0;
}
