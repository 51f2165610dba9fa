import { answerTo, keyOf, type Received } from './answers.js';
import type { Life } from './Life.js';

/** What a subject is told to connect to. */
export type ServerToConnect =
  | { readonly command: string; readonly args: readonly string[] }
  | { readonly url: string };

/** Answers a request, at once or later; nothing happens when whoever asked is gone by then. */
export type Answer = (message: object) => void;

/**
 * A real server that does what a story says. What it was asked is known here, in the process of the kit: it counts
 * executions, and no death of a server takes the count with it.
 */
export abstract class ControlledServer {
  abstract readonly toConnect: ServerToConnect;
  readonly #lives = new Set<Life>();
  readonly #executions = new Map<string, number>();
  readonly #listeners = new Set<() => void>();
  /** What waits for `answerHeld`. */
  #held: { life: Life; answer: () => void }[] = [];
  #heldKeys = new Set<string>();
  #holdsHandshakes = false;
  #starts: number[] = [];
  #turnedAway = 0;
  protected isRefusing = false;

  /** Processes or sessions that are not over. */
  get lives(): readonly Life[] {
    return [...this.#lives];
  }

  /** When processes were started, or sessions were asked for: also those that were turned away. */
  get starts(): readonly number[] {
    return this.#starts;
  }

  executionsOf(key: string): number {
    return this.#executions.get(key) ?? 0;
  }

  /** Requests that were taken up, and are not answered yet. */
  get held(): number {
    return this.#held.filter(({ life }) => !life.isOver).length;
  }

  /** Called whenever any of this changes. */
  onchange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** From now on the answer to a handshake waits. */
  holdHandshakes(): void {
    this.#holdsHandshakes = true;
  }

  /** The answer to the call with this key waits. */
  holdCall(key: string): void {
    this.#heldKeys.add(key);
  }

  /** Answers what waits, and from now on at once. */
  answerHeld(): void {
    this.#holdsHandshakes = false;
    this.#heldKeys = new Set();
    for (const { life, answer } of this.#held.splice(0)) {
      if (!life.isOver) answer();
    }
    this.changed();
  }

  /** How many came, and were turned away, since it refuses. */
  get turnedAway(): number {
    return this.#turnedAway;
  }

  /** Turns away whoever comes from now on. */
  refuse(): void {
    this.isRefusing = true;
    this.#turnedAway = 0;
  }

  /** Is well again. */
  return(): void {
    this.isRefusing = false;
    this.#holdsHandshakes = false;
    for (const life of this.#lives) life.isHanging = false;
    this.answerHeld();
  }

  /** All that lives dies at once. */
  async die(): Promise<void> {
    this.#holdsHandshakes = false;
    this.#heldKeys = new Set();
    await this.kill();
    this.changed();
  }

  /** What lives answers nothing any more; what is begun later does. */
  hang(): void {
    for (const life of this.#lives) Object.assign(life, { isHanging: true, hasHung: true });
  }

  /** Ends everything, in whatever way. */
  abstract end(): Promise<void>;

  protected abstract kill(): Promise<void>;

  protected begin<TLife extends Life>(life: TLife): TLife {
    this.#lives.add(life);
    this.changed();
    return life;
  }

  protected over(life: Life): void {
    life.isOver = true;
    this.#lives.delete(life);
    this.changed();
  }

  protected started(at: number): void {
    this.#starts.push(at);
    if (this.isRefusing) this.#turnedAway += 1;
    this.changed();
  }

  protected changed(): void {
    for (const listener of this.#listeners) listener();
  }

  /** Does what a request asks, and answers it, now or when that was said. */
  protected handle(life: Life, request: Received, answer: Answer): void {
    const key = keyOf(request);
    if (key !== undefined) this.#executions.set(key, this.executionsOf(key) + 1);
    const isHandshake = request.method === 'initialize';
    const say = () => {
      if (life.isHanging) this.#held.push({ life, answer: say });
      else {
        if (isHandshake) life.isReady = true;
        answer(answerTo(request));
      }
    };
    const isHeld = isHandshake ? this.#holdsHandshakes : key !== undefined && this.#heldKeys.has(key);
    if (isHeld) this.#held.push({ life, answer: say });
    else say();
    this.changed();
  }
}
