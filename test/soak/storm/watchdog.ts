import type { Report } from '../report.js';
import type { Station } from './station.js';
import type { Tally } from './tally.js';

/** Milliseconds in which some call must settle: more than any limit that a call has. */
const PATIENCE = 90_000;

/** Tells how far it is, and ends a storm in which nothing settles any more: that is a failure, too. */
export class Watchdog {
  readonly #timer: NodeJS.Timeout;

  constructor(stations: readonly Station[], settled: Tally, report: Report) {
    let before = -1;
    this.#timer = setInterval(() => {
      const injected = stations.reduce((total, station) => total + station.injected, 0);
      report.progress(`${injected} faults, ${settled.count} calls settled`);
      if (settled.count > before) {
        before = settled.count;
        return;
      }
      const stuck = stations.map(({ name, manager }) => {
        return `${name}: ${JSON.stringify(manager.state)} ${JSON.stringify(manager.stats.calls)}`;
      });
      report.fail(`no call has settled for ${PATIENCE} ms:\n${stuck.join('\n')}`);
      process.exit(1);
    }, PATIENCE);
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
