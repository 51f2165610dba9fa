/** A row of docs/faults.md. */
export interface FaultRow {
  number: number;
  /** Whether it is marked as one that no test names yet. */
  isOpen: boolean;
}

/** The mark of a row that no test names yet. */
const open = '○';

export function faultRows(markdown: string): FaultRow[] {
  return [...markdown.matchAll(/^\| (\d+) \|([^|]*)\|/gm)].map(([, number, mark]) => ({
    number: Number(number),
    isOpen: mark?.trim() === open,
  }));
}
