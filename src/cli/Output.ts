import { escapeText, toSafeJson } from '../escape.js';

type Tone = 'bold' | 'dim' | 'good' | 'bad' | 'busy';

const CODES: { readonly [tone in Tone]: readonly [on: number, off: number] } = {
  bold: [1, 22],
  dim: [2, 22],
  good: [32, 39],
  bad: [31, 39],
  busy: [33, 39],
};

/** One field of a table: text of whomever, and how it is shown on a terminal. */
export type Cell = string | { text: string; tone: Tone };

/** What the command says. Texts of others go through here as they are, and come out safe for a terminal. */
export class Output {
  /** Whether results are wanted as JSON. */
  readonly isJson: boolean;
  #pending: Promise<void> = Promise.resolve();

  constructor(isJson: boolean) {
    this.isJson = isJson;
  }

  get isTerminal(): boolean {
    return process.stdout.isTTY === true;
  }

  /** Lines of text; breaks and tabs in it are kept. */
  text(text: string): void {
    this.#write(`${escapeLines(text)}\n`);
  }

  json(value: unknown): void {
    this.#write(`${toSafeJson(value)}\n`);
  }

  /** Aligned and with a heading on a terminal; else fields with tabs between them, nothing else. */
  table(heading: readonly string[], rows: readonly (readonly Cell[])[]): void {
    const lines = rows.map((row) =>
      row.map((cell) => escapeText(typeof cell === 'string' ? cell : cell.text)),
    );
    if (!this.isTerminal) {
      for (const line of lines) this.#write(`${line.join('\t')}\n`);
      return;
    }
    if (lines.length === 0) return;
    const widths = heading.map((title, column) =>
      Math.max(title.length, ...lines.map((line) => line[column]?.length ?? 0)),
    );
    const pad = (text: string, column: number) =>
      text.padEnd(column === widths.length - 1 ? 0 : (widths[column] ?? 0));
    this.#write(`${heading.map((title, column) => this.paint('dim', pad(title, column))).join('  ')}\n`);
    lines.forEach((line, index) => {
      const cells = line.map((text, column) => {
        const cell = rows[index]?.[column];
        const padded = pad(text, column);
        return typeof cell === 'object' ? this.paint(cell.tone, padded) : padded;
      });
      this.#write(`${cells.join('  ').trimEnd()}\n`);
    });
  }

  /** For a terminal alone. */
  paint(tone: Tone, text: string): string {
    if (!this.isTerminal || !process.stdout.hasColors()) return text;
    const [on, off] = CODES[tone];
    return `\u001b[${on}m${text}\u001b[${off}m`;
  }

  /** Begins the screen anew, where there is one. */
  clear(): void {
    if (this.isTerminal) this.#write('\u001b[2J\u001b[H');
  }

  /** Something beside the result, for people. */
  note(text: string): void {
    process.stderr.write(`${escapeLines(text)}\n`);
  }

  /** How far a long call is, on one line that is written over. Nothing unless people look. */
  progress(text: string | null): void {
    if (process.stderr.isTTY !== true) return;
    // Some terminals say that they have none.
    const room = Math.max(1, (process.stderr.columns || 80) - 1);
    process.stderr.write(`\r\u001b[K${text === null ? '' : escapeText(text).slice(0, room)}`);
  }

  /** Resolves when everything that was said is out. */
  flushed(): Promise<void> {
    return this.#pending;
  }

  #write(text: string): void {
    this.#pending = new Promise((resolve) => {
      process.stdout.write(text, () => resolve());
    });
  }
}

/** Text of a stranger for a terminal: its line breaks and tabs are kept, all else that is unsafe is escaped. */
export function escapeLines(text: string): string {
  return text
    .split(/\r?\n/)
    .map((line) => line.split('\t').map(escapeText).join('\t'))
    .join('\n');
}
