import type { InspectionFrame } from '../frames.types.js';

/** Two frames as one that tells the same. It is no larger than there are connections. */
export function mergeFrames(first: InspectionFrame, second: InspectionFrame): InspectionFrame {
  // Whatever was known of the one that is looked at is of before.
  if (second.isWhole) return second;
  const rows = new Map(first.rows.map((row) => [row.name, row]));
  const gone = new Set(first.gone);
  for (const name of second.gone) {
    rows.delete(name);
    gone.add(name);
  }
  for (const row of second.rows) {
    gone.delete(row.name);
    rows.set(row.name, row);
  }
  return {
    now: second.now,
    source: second.source,
    isWhole: first.isWhole,
    rows: [...rows.values()],
    // A whole one has nothing to take away from.
    gone: first.isWhole ? [] : [...gone],
    detail: second.detail ?? first.detail,
  };
}
