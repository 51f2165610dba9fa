import { messageOf } from '../../../src/errors.js';

/** What a program hears of only as a whole: uncaught exceptions, unhandled rejections, warnings. */
export class Incidents {
  readonly seen: string[] = [];

  /** Listens from now on, for the rest of the process. */
  constructor() {
    for (const name of ['uncaughtException', 'unhandledRejection', 'warning'] as const) {
      process.on(name, (reason: unknown) => {
        this.seen.push(`${name}: ${reason instanceof Error ? reason.stack : messageOf(reason)}`);
      });
    }
  }
}
