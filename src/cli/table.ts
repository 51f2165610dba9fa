import { escapeText } from '../escape.js';
import type { Output, Tone } from './Output.js';
import { cutTo, padTo, widthOf } from './width.js';

/** One field of a table: text of whomever, and how it is shown on a terminal. */
export type Cell = string | { text: string; tone: Tone };

const GAP = '  ';

/**
 * Aligned and with a heading on a terminal, each row on one line; else fields with tabs between them, nothing else.
 */
export function writeTable(
  output: Output,
  heading: readonly string[],
  rows: readonly (readonly Cell[])[],
): void {
  const lines = rows.map((row) => row.map((cell) => escapeText(typeof cell === 'string' ? cell : cell.text)));
  if (!output.isTerminal) {
    for (const line of lines) output.line(line.join('\t'));
    return;
  }
  if (lines.length === 0) return;
  const widths = heading.map((title, column) =>
    Math.max(title.length, ...lines.map((line) => widthOf(line[column] ?? ''))),
  );
  const last = widths.length - 1;
  const before = widths.slice(0, last).reduce((sum, width) => sum + width + GAP.length, 0);
  // A last column that is cut to nothing says nothing: then the terminal may break the line.
  const room = output.width - before >= 20 ? output.width - before : Number.POSITIVE_INFINITY;
  const place = (text: string, column: number) =>
    column === last ? cutTo(text, room) : padTo(text, widths[column] ?? 0);
  if (heading.some((title) => title !== '')) {
    const titles = heading.map((title, column) =>
      title === '' ? place('', column) : output.paint('dim', place(title, column)),
    );
    output.line(titles.join(GAP).trimEnd());
  }
  lines.forEach((line, index) => {
    const cells = line.map((text, column) => {
      const cell = rows[index]?.[column];
      const placed = place(text, column);
      return typeof cell === 'object' ? output.paint(cell.tone, placed) : placed;
    });
    output.line(cells.join(GAP).trimEnd());
  });
}
