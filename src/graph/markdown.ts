/** Text that a cell of a Markdown table shows as it is. */
export function escapeCell(text: string): string {
  return text.replace(/[\\|`*_<>]/g, (character) => `\\${character}`).replace(/\s+/g, ' ');
}

/** Code in a cell of a Markdown table. */
export function codeCell(text: string): string {
  // Even in code a bar would divide the cell.
  return `\`${text.replace(/`/g, "'").replace(/\|/g, '\\|').replace(/\s+/g, ' ')}\``;
}

/** A table; the cells are Markdown already. */
export function markdownTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return `${[line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n')}\n`;
}
