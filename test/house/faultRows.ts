/** A row of docs/faults.md. */
export interface FaultRow {
  number: number;
  /** What goes wrong. */
  fault: string;
  /** Whether the matrix plays it, with the conditions that all rows have in common. */
  isPlayed: boolean;
}

/** The mark of a row that the matrix does not play. */
const notPlayed = '○';

export function faultRows(markdown: string): FaultRow[] {
  return [...markdown.matchAll(/^\| (\d+) \|([^|]*)\|([^|]*)\|/gm)].map(([, number, mark, fault = '']) => ({
    number: Number(number),
    fault: fault.trim(),
    isPlayed: mark?.trim() !== notPlayed,
  }));
}
