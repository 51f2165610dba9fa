import { readdirSync, readlinkSync } from 'node:fs';

/** What this process holds beyond its memory, each piece by a name. */
type Holdings = ReadonlyMap<string, number>;

/** Come and go with the waiting for the others to go. */
const FLEETING = new Set(['Immediate', 'TickObject', 'FSReqCallback', 'FSReqPromise', 'CloseReq']);

/** What a process holds at some time, to see later what was added to it. */
export class Baseline {
  readonly #before = holdings();

  /** What is held now and was not then: descriptors, handles, timers, listeners. */
  get added(): string[] {
    return [...holdings()]
      .filter(([name, count]) => count > (this.#before.get(name) ?? 0))
      .map(([name, count]) => `${name} (${count - (this.#before.get(name) ?? 0)} more)`);
  }
}

function holdings(): Holdings {
  const held = new Map<string, number>();
  const add = (name: string, count = 1) => held.set(name, (held.get(name) ?? 0) + count);
  for (const link of descriptors()) add(`descriptor of ${link}`);
  for (const resource of process.getActiveResourcesInfo()) {
    if (!FLEETING.has(resource)) add(`active ${resource}`);
  }
  for (const event of process.eventNames()) add(`listener of ${String(event)}`, process.listenerCount(event));
  return held;
}

/** What the descriptors of this process stand for. */
function descriptors(): string[] {
  return readdirSync('/proc/self/fd').flatMap((descriptor) => {
    try {
      return [readlinkSync(`/proc/self/fd/${descriptor}`)];
    } catch {
      // It was the one of the listing itself.
      return [];
    }
  });
}
