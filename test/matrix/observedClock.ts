import { ObservedClock } from '../transports/http/connect.js';
import type { Scene } from './scene.js';

/** A clock for one connection on which a row can wait for a timer. At the end none may be left on it. */
export function observedClock(scene: Scene): ObservedClock {
  const clock = new ObservedClock();
  scene.onEnd(() => {
    if (clock.delays.length > 0) throw new Error(`timers are left: ${clock.delays.join(', ')}`);
  });
  return clock;
}
