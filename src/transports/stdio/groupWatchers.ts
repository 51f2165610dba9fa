/** Hears of every server process of this package: the id of the process, and of the group that it leads. */
export interface GroupWatcher {
  /** One is about to be started. A start can fail, and is not told of then. */
  begins?(): void;
  began(pid: number): void;
  /** Nothing is left of the group that could be ended. */
  ended(pid: number): void;
}

const watchers = new Set<GroupWatcher>();

/**
 * For those who must know of the processes beyond the life of this one.
 *
 * @returns ends the watching
 */
export function watchGroups(watcher: GroupWatcher): () => void {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}

/** Before a process is started. */
export function tellOfStart(): void {
  for (const watcher of watchers) attempt(() => watcher.begins?.());
}

export function tellGroupWatchers(what: 'began' | 'ended', pid: number): void {
  for (const watcher of watchers) attempt(() => watcher[what](pid));
}

/** A watcher that throws keeps neither the others from hearing of it, nor the process from being looked after. */
function attempt(tell: () => void): void {
  try {
    tell();
  } catch {
    // It is the watcher's own matter.
  }
}
