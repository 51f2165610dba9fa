import { readFileSync } from 'node:fs';

export const root = new URL('../../', import.meta.url);

export function readText(path: string): string {
  return readFileSync(new URL(path, root), 'utf8');
}

/** Every table that stands right behind a mark `<!-- what: name -->`, by its name: rows of cells, by their heading. */
export function markedTables(markdown: string, what: string): Map<string, { [heading: string]: string }[]> {
  const marks = [...markdown.matchAll(new RegExp(`<!-- ${what}: ([^>]*?) -->\\n((?:\\|.*\\n)+)`, 'g'))];
  return new Map(marks.map(([, name = '', table = '']) => [name, rowsOf(table)]));
}

export function rowsOf(table: string): { [heading: string]: string }[] {
  const [head = '', , ...lines] = table.trimEnd().split('\n');
  const headings = cellsOf(head);
  return lines.map((line) => {
    const cells = cellsOf(line);
    if (cells.length !== headings.length)
      throw new Error(`${cells.length} cells under ${headings.length}: ${line}`);
    return Object.fromEntries(headings.map((heading, index) => [heading, cells[index] ?? '']));
  });
}

function cellsOf(line: string): string[] {
  return line
    .replace(/^\| ?/, '')
    .replace(/ ?\|$/, '')
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim().replaceAll('\\|', '|'));
}

/** What a cell shows as code; undefined where it is not all code. */
export function codeIn(cell: string): string | undefined {
  return /^`([^`]+)`$/.exec(cell)?.[1];
}

/** The codes of all cells under a heading. */
export function codesUnder(rows: readonly { [heading: string]: string }[], heading: string): string[] {
  return rows.map((row) => {
    const code = codeIn(row[heading] ?? '');
    if (code === undefined) throw new Error(`${JSON.stringify(row[heading])} is no code`);
    return code;
  });
}
