import { inspect } from 'node:util';
import type { ConnectionOptions } from '../../src/connection/options.js';
import type { Scene, Subject } from './scene.js';

/** A connection that is watched from everywhere. */
export interface Witness extends Subject {
  /** What its logger was told. */
  readonly log: readonly string[];
  /** Adds something that was seen of it. */
  note(seen: unknown): void;
  /** All that people and programs can see of it, as text. */
  testimony(): string;
}

/** Opens a connection, and writes down what can be seen of it. */
export function watchClosely(
  scene: Scene,
  options: Omit<ConnectionOptions, 'name'> & { name?: string },
): Witness {
  const log: string[] = [];
  const seen: string[] = [];
  const note = (value: unknown) => {
    seen.push(typeof value === 'string' ? value : inspect(value, { depth: 12, maxStringLength: null }));
  };
  const write = (line: string) => log.push(line);
  const subject = scene.connection({
    ...options,
    logger: { debug: write, warn: write },
    inspect: (event) => seen.push(toJson(event)),
  });
  const { manager } = subject;
  const look = () => {
    note(manager.state);
    note(manager.health);
    note(manager.stats);
  };
  manager.on('state', look);
  manager.on('health', note);
  manager.on('call', note);
  const testimony = () => {
    look();
    note(manager.monitor.history);
    note(toJson(manager.actor.getPersistedSnapshot()));
    note(toJson(manager.actor.getSnapshot().context));
    return [...log, ...seen].join('\n');
  };
  return { ...subject, log, note, testimony };
}

/** What of a value JSON can show; what it refers to again is left out. */
function toJson(value: unknown): string {
  const met = new Set<unknown>();
  return JSON.stringify(value, (_, part: unknown) => {
    if (typeof part !== 'object' || part === null) return part;
    if (met.has(part)) return undefined;
    met.add(part);
    return part instanceof Error ? inspect(part, { depth: 12 }) : part;
  });
}
