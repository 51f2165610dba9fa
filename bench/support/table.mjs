const HEADINGS = ['', 'ours', 'beside', 'figure', 'middle half', 'target'];

/**
 * The figures as a table for people. Passing and missing are said as they are.
 *
 * @param {{ node: string, cores: number }} machine
 * @param {Figure[]} figures
 */
export function formatFigures({ node, cores }, figures) {
  const rows = [HEADINGS, ...figures.map(toRow)];
  const widths = HEADINGS.map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column]) : cell.padStart(widths[column])))
      .join('  ')
      .trimEnd(),
  );
  return [`Node ${node}, ${cores} cores`, '', ...lines].join('\n');
}

function toRow({ title, unit, ours, theirs, kind, value, spread, target }) {
  const show = kind === 'difference' ? (size) => `${size.toFixed(1)} ${unit}` : (ratio) => ratio.toFixed(2);
  return [
    title,
    `${ours.toFixed(1)} ${unit}`,
    `${theirs.toFixed(1)} ${unit}`,
    show(value),
    spread.map((end) => show(end)).join(' – '),
    target === null ? '' : `≤ ${show(target)} ${value <= target ? 'met ' : 'MISSED'}`,
  ];
}
