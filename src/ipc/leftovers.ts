import { lstatSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Clock, systemClock } from '../clock.js';
import { isSomebodyLeft, readChildren } from './children.js';
import { acquire, isOfThisSpace } from './ownership.js';
import { keyIn, type Places, placesOf, type Surroundings, surroundings } from './places.js';
import { reap } from './reap.js';
import { checkSafePlaces } from './safeDirectory.js';
import { sweepTemporaries } from './temporary.js';

export interface SweepOptions {
  /** Milliseconds without a change after which files are removed; until then somebody may want to read the log. */
  age?: number;
  /** Places that are looked at, at most: a daemon that starts has other things to do. */
  most?: number;
  /** Ends it before the next ones. */
  signal?: AbortSignal;
  clock?: Clock;
  around?: Surroundings;
}

/** What became of the places of daemons that nobody uses any more. */
export interface Swept {
  /** Keys of the places whose files were removed. */
  readonly removed: readonly string[];
  /** Groups of processes that crashed daemons had left, and that were ended. */
  readonly ended: readonly number[];
}

const DAY = 24 * 60 * 60_000;
const MOST = 100;
const POINTER = '.version';

/**
 * Clears up after daemons of configurations and versions that are not used any more: ends the processes that crashed
 * ones left, and removes the files of those that have been gone for long. Whoever does so becomes the owner of the places
 * first, and so never of those of a daemon that lives, frozen ones included; a daemon that is about to start waits, or
 * is first.
 *
 * @param own the places of the caller, which are left alone
 * @throws UnsafePlaceError when others can get at the directory
 */
export async function sweepLeftovers(own: Places, options: SweepOptions = {}): Promise<Swept> {
  const { age = DAY, most = MOST, signal, clock = systemClock, around = surroundings() } = options;
  if (!checkSafePlaces(own)) return { removed: [], ended: [] };
  const before = clock.time() - age;
  const removed: string[] = [];
  const ended: number[] = [];
  for (const [key, names] of anyOf(byKey(own.directory), most)) {
    // Whoever asks the daemon meanwhile must not wait for all of it.
    await new Promise(setImmediate);
    if (signal?.aborted) break;
    const places = placesOf(key, around);
    if (places.lock === own.lock) continue;
    const paths = names.map((name) => join(own.directory, name));
    const isOld = paths.every((path) => changedAt(path) < before);
    try {
      if (names.every((name) => name === key + POINTER)) {
        if (isOld) removeAll(paths, key, removed);
      } else ended.push(...(await clearUp(places, { isOld, key, removed, clock })));
    } catch {
      // One that cannot be cleared up is no reason to leave the others.
    }
  }
  return { removed, ended };
}

interface Case {
  key: string;
  isOld: boolean;
  removed: string[];
  clock: Clock;
}

/** The processes that were ended. */
async function clearUp(places: Places, { key, isOld, removed, clock }: Case): Promise<readonly number[]> {
  if (!isOld && !isSomebodyLeft(readChildren(places))) return [];
  if (!isOfThisSpace(places)) return [];
  const acquisition = acquire(places);
  if (acquisition.kind === 'owned') return [];
  const { ownership } = acquisition;
  try {
    // Read again: until now, they could be those of a daemon that lives.
    const { ended, left } = await reap(readChildren(places), { clock });
    if (left.length > 0) return ended;
    if (isOld && ownership.isHeld()) {
      for (const path of [places.socket, places.token, places.children]) sweepTemporaries(path);
      const { socket, token, children, log } = places;
      removeAll([socket, token, children, `${log}.old`, log], key, removed);
      ownership.remove();
    } else rmSync(places.children, { force: true });
    return ended;
  } finally {
    if (ownership.isHeld()) ownership.release();
  }
}

function removeAll(paths: readonly string[], key: string, removed: string[]): void {
  for (const path of paths) rmSync(path, { force: true });
  removed.push(key);
}

/** So many, beginning anywhere: those that cannot be cleared up must not always be the ones. */
function anyOf<Item>(items: Iterable<Item>, most: number): Item[] {
  const all = [...items];
  const first = Math.floor(Math.random() * all.length);
  return [...all.slice(first), ...all.slice(0, first)].slice(0, most);
}

/** Names of our files by what they begin with. */
function byKey(directory: string): Map<string, string[]> {
  const keys = new Map<string, string[]>();
  for (const name of readdirSync(directory)) {
    const key = keyIn(name);
    if (key !== null) keys.set(key, [...(keys.get(key) ?? []), name]);
  }
  return keys;
}

/** Never for what is gone meanwhile. */
function changedAt(path: string): number {
  return lstatSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
