/** Hears of every server process of this package: the id of the process, and of the group that it leads. */
export interface GroupWatcher {
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

/** A watcher that throws keeps neither the others from hearing of it, nor the process from being looked after. */
export function tellGroupWatchers(what: keyof GroupWatcher, pid: number): void {
  for (const watcher of watchers) {
    try {
      watcher[what](pid);
    } catch {
      // It is the watcher's own matter.
    }
  }
}
