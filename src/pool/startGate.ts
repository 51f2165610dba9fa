import type { StartGate } from '../session/resources.js';

/**
 * Lets a few connections start at a time, in the order in which they came. Many at once take as long in
 * all, but each of them takes so long that limits run out.
 *
 * @param places how many; at least 1
 */
export function createStartGate(places: number): StartGate {
  const line = new Set<() => void>();
  let free = places;

  function leave(): void {
    const [next] = line;
    if (next === undefined) free += 1;
    else next();
  }

  function permit(): () => void {
    let isIn = true;
    return () => {
      if (isIn) leave();
      isIn = false;
    };
  }

  return {
    enter(signal) {
      return new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason);
        if (free > 0) {
          free -= 1;
          return resolve(permit());
        }
        const enter = () => {
          line.delete(enter);
          signal.removeEventListener('abort', abort);
          resolve(permit());
        };
        const abort = () => {
          line.delete(enter);
          reject(signal.reason);
        };
        line.add(enter);
        signal.addEventListener('abort', abort, { once: true });
      });
    },
  };
}
