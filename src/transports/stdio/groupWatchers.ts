/** Hears of every server process of this package: the id of the process, and of the group that it leads. */
export interface GroupWatcher {
  /** One is about to be started. Where this throws, it is not; a start can fail all the same, and is not told of then. */
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
  for (const watcher of watchers) watcher.begins?.();
}

/** Watchers must not throw here. */
export function tellGroupWatchers(what: 'began' | 'ended', pid: number): void {
  for (const watcher of watchers) watcher[what](pid);
}
