import { type Clock, systemClock } from '../clock.js';
import { escapeText } from '../escape.js';
import type { ConnectionStats } from '../index.js';
import { PACKAGE } from '../package.js';
import type { Reporter, Told } from './events.js';
import { layOut, milliseconds } from './line.js';
import { sentences } from './sentences.js';
import { statisticsTable } from './statistics.js';
import { StatusLine } from './statusLine.js';
import { noPaint, type Paint, paintFor, type Terminal } from './style.js';

export interface TextReporterOptions {
  /** Where lines of any length are written when null. */
  terminal: Terminal | null;
  /** Whether the terminal lets a line be drawn again. */
  canRedraw?: boolean;
  clock?: Clock;
}

/** For people: on a terminal with colours and a line that shows what is waited for, else plain lines. */
export class TextReporter implements Reporter {
  readonly #write: (text: string) => void;
  readonly #terminal: Terminal | null;
  readonly #paint: Paint;
  readonly #status: StatusLine | null;
  readonly #statistics = new Map<string, ConnectionStats>();
  #began = 0;

  constructor(
    write: (text: string) => void,
    { terminal, canRedraw = terminal !== null, clock = systemClock }: TextReporterOptions,
  ) {
    this.#write = write;
    this.#terminal = terminal;
    this.#paint = terminal === null ? noPaint : paintFor(terminal);
    this.#status = canRedraw ? new StatusLine(write, this.#paint, clock) : null;
  }

  tell(told: Told): void {
    this.#status?.clear();
    for (const line of this.#lines(told)) this.#write(`${line}\n`);
    const waiting = waitingFor(told);
    if (waiting !== null) this.#status?.show(waiting);
  }

  end(): void {
    this.#status?.clear();
  }

  #lines(told: Told): string[] {
    const paint = this.#paint;
    switch (told.event) {
      case 'tour.began':
        this.#began = told.at;
        return [paint('bold', `${PACKAGE.name} ${told.version}`)];
      case 'connection.began':
        return ['', paint('bold', escapeText(told.server))];
      case 'connection.ended':
        this.#statistics.set(told.connection ?? '', told.statistics);
        return [];
      case 'tour.ended': {
        const took = `${told.outcome} after ${(told.duration / 1000).toFixed(1)} s`;
        const table = told.outcome === 'finished' ? statisticsTable(this.#statistics, paint) : [];
        return [...(table.length > 0 ? ['', ...table] : []), '', paint('dim', took)];
      }
      default: {
        const layout = {
          paint,
          columns: this.#terminal?.columns ?? null,
          hasGlyphs: this.#terminal !== null,
        };
        return sentences(told).map((line) => layOut(line, told.at - this.#began, layout));
      }
    }
  }
}

/** What the tour waits for after an event, as the status line says it; null when it waits for nothing. */
function waitingFor(told: Told): ((elapsed: number) => string) | null {
  switch (told.event) {
    case 'tour.ended':
    case 'tour.failed':
      return null;
    case 'tool.called':
      return since('waiting for the answer');
    case 'server.killed':
      return since('waiting for the loss to be noticed');
    case 'state.changed': {
      const { to, delay } = told;
      if (delay !== undefined)
        return (elapsed) => `waiting ${milliseconds(Math.max(0, delay - elapsed))} more`;
      if (to.status === 'closing') return since('waiting for the server to end');
      return since('waiting for the server');
    }
    default:
      return since('waiting for the server');
  }
}

function since(what: string): (elapsed: number) => string {
  return (elapsed) => `${what}, ${(elapsed / 1000).toFixed(1)} s`;
}
