import { escapeText } from '../escape.js';
import type { Output, Tone } from './Output.js';
import { cutTo, widthOf } from './width.js';

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
  // Painted without the blanks behind it, which the line's end takes away.
  const place = (text: string, column: number, tone?: Tone) => {
    const shown = column === last ? cutTo(text, room) : text;
    const blanks = ' '.repeat(Math.max(0, (widths[column] ?? 0) - widthOf(text)));
    return (
      (tone === undefined || shown === '' ? shown : output.paint(tone, shown)) +
      (column === last ? '' : blanks)
    );
  };
  const say = (cells: readonly string[]) => output.line(cells.join(GAP).trimEnd());
  if (heading.some((title) => title !== '')) say(heading.map((title, column) => place(title, column, 'dim')));
  lines.forEach((line, index) => {
    say(
      line.map((text, column) => {
        const cell = rows[index]?.[column];
        return place(text, column, typeof cell === 'object' ? cell.tone : undefined);
      }),
    );
  });
}
