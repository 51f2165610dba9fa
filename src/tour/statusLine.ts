import type { Clock } from '../clock.js';
import type { Paint } from './style.js';

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
/** Milliseconds between two drawings, and before the first: what is over sooner needs no waiting line. */
const INTERVAL = 80;
const ERASE = '\r\u001b[2K';

/** The last line of a terminal, redrawn while something is waited for. */
export class StatusLine {
  readonly #write: (text: string) => void;
  readonly #paint: Paint;
  readonly #clock: Clock;
  #timer: unknown = null;
  #isDrawn = false;

  constructor(write: (text: string) => void, paint: Paint, clock: Clock) {
    this.#write = write;
    this.#paint = paint;
    this.#clock = clock;
  }

  /** @param what in words, after so many milliseconds of waiting */
  show(what: (elapsed: number) => string): void {
    this.clear();
    const began = this.#clock.now();
    this.#schedule(() => what(this.#clock.now() - began), 0);
  }

  clear(): void {
    if (this.#timer !== null) this.#clock.clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#isDrawn) this.#write(ERASE);
    this.#isDrawn = false;
  }

  #schedule(text: () => string, frame: number): void {
    this.#timer = this.#clock.setTimeout(() => {
      const glyph = this.#paint('accent', FRAMES[frame % FRAMES.length] ?? '');
      this.#write(`${ERASE}${' '.repeat(11)}${glyph} ${this.#paint('dim', text())}`);
      this.#isDrawn = true;
      this.#schedule(text, frame + 1);
    }, INTERVAL);
  }
}
