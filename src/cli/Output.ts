import { escapeText, toSafeJson } from '../escape.js';
import { isTerminal, stderr, stdout, writeToFile } from './streams.js';

export type Tone = 'bold' | 'dim' | 'good' | 'bad' | 'busy';

const CODES: { readonly [tone in Tone]: readonly [on: number, off: number] } = {
  bold: [1, 22],
  dim: [2, 22],
  good: [32, 39],
  bad: [31, 39],
  busy: [33, 39],
};

/** What the command says. Texts of others go through here as they are, and come out safe for a terminal. */
export class Output {
  /** Whether results are wanted as JSON. */
  readonly isJson: boolean;
  #hasProgress = false;
  /** Writes that are not out yet, and who waits for them. */
  #unwritten = 0;
  #waiting: (() => void)[] = [];

  constructor(isJson: boolean) {
    this.isJson = isJson;
  }

  get isTerminal(): boolean {
    return isTerminal(1);
  }

  /** Characters that fit on a line of the terminal; no limit where there is none. */
  get width(): number {
    // Some terminals say that they have none.
    return this.isTerminal ? stdout().columns || 80 : Number.POSITIVE_INFINITY;
  }

  /** Lines of text; breaks and tabs in it are kept. */
  text(text: string): void {
    this.line(escapeLines(text));
  }

  json(value: unknown): void {
    this.line(toSafeJson(value));
  }

  /** @param text what is safe already: nothing in it is escaped */
  line(text: string): void {
    if (!writeToFile(1, `${text}\n`)) this.#write(stdout(), `${text}\n`);
  }

  /** For a terminal alone. */
  paint(tone: Tone, text: string): string {
    if (!this.isTerminal || !stdout().hasColors()) return text;
    const [on, off] = CODES[tone];
    return `\u001b[${on}m${text}\u001b[${off}m`;
  }

  /** Begins the screen anew, where there is one. */
  clear(): void {
    if (this.isTerminal) this.#write(stdout(), '\u001b[2J\u001b[H');
  }

  /** Something beside the result, for people. */
  note(text: string): void {
    this.#write(stderr(), `${escapeLines(text)}\n`);
  }

  /** Whether people look at what is beside the result. */
  get showsProgress(): boolean {
    return isTerminal(2);
  }

  /** Whether it is shown how far something is. */
  get hasProgress(): boolean {
    return this.#hasProgress;
  }

  /** How far a long call is, on one line that is written over. Nothing unless people look. */
  progress(text: string | null): void {
    this.#hasProgress = text !== null;
    this.#beside(text ?? '');
  }

  /** How long something takes already, in the same place. */
  elapsed(seconds: number): void {
    this.#beside(`… ${seconds} s`);
  }

  #beside(text: string): void {
    if (!this.showsProgress) return;
    const room = Math.max(1, (stderr().columns || 80) - 1);
    this.#write(stderr(), `\r\u001b[K${escapeText(text).slice(0, room)}`);
  }

  /** Resolves when everything that was said is out. */
  async flushed(): Promise<void> {
    if (this.#unwritten > 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  #write(stream: NodeJS.WriteStream, text: string): void {
    this.#unwritten += 1;
    stream.write(text, () => {
      this.#unwritten -= 1;
      if (this.#unwritten > 0) return;
      for (const resolve of this.#waiting.splice(0)) resolve();
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
