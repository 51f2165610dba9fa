import { randomBytes } from 'node:crypto';
import { readOwnFile, replaceOwnFile } from './ownFile.js';
import type { Places } from './places.js';
import { isIdentity, type ProcessIdentity } from './processIdentity.js';

/** What a daemon writes down of the processes that it starts, each the leader of a process group of its own. */
export interface Recorded {
  /**
   * What is in the environment of these processes and of those they start, and nowhere else: `NAME=value`. By it those
   * are known whose leader is gone, or who were not recorded yet. No secret. Null in the record of an earlier version.
   */
  readonly mark: string | null;
  /** One is being started: it may be there and not among the children. */
  readonly isStarting: boolean;
  readonly children: readonly ProcessIdentity[];
}

/** The variable of the mark. What is not to be ended with a daemon's servers must not inherit it. */
export const MARK_VARIABLE = 'MCP_LIFELINE_DAEMON';

const LONGEST_RECORD = 16 * 1024 * 1024;
const NOTHING: Recorded = { mark: null, isStarting: false, children: [] };

/** A mark that no other daemon has. */
export function makeMark(): string {
  return `${MARK_VARIABLE}=${randomBytes(16).toString('hex')}`;
}

/** The processes of a daemon, in a file that outlives it. */
export class ChildrenRecord {
  readonly #path: string;
  readonly #mark: string | null;
  readonly #children = new Map<number, ProcessIdentity>();
  #isStarting = false;

  /** Begins anew: what the file held of an earlier daemon must have been reaped. */
  constructor({ children: path }: Pick<Places, 'children'>, mark: string | null = null) {
    this.#path = path;
    this.#mark = mark;
    this.#write();
  }

  /** To be called before a process is started; `add` or `expectNoMore` follows. */
  expect(): void {
    this.#isStarting = true;
    this.#write();
  }

  expectNoMore(): void {
    if (!this.#isStarting) return;
    this.#isStarting = false;
    this.#write();
  }

  add({ pid, start }: ProcessIdentity): void {
    this.#children.set(pid, { pid, start });
    this.#isStarting = false;
    this.#write();
  }

  /** To be called when nobody is left of its group. */
  remove(pid: number): void {
    if (this.#children.delete(pid)) this.#write();
  }

  #write(): void {
    const children = [...this.#children.values()];
    const record: Recorded = { mark: this.#mark, isStarting: this.#isStarting, children };
    replaceOwnFile(this.#path, JSON.stringify(record));
  }
}

/**
 * What the last daemon recorded. Nothing if there is no record, or one that a crash of the machine tore: then its
 * processes are gone as well.
 *
 * @throws UnsafePlaceError when others can have written it
 */
export function readChildren({ children: path }: Pick<Places, 'children'>): Recorded {
  const text = readOwnFile(path, LONGEST_RECORD);
  if (text === null) return NOTHING;
  try {
    return recordedIn(JSON.parse(text));
  } catch {
    return NOTHING;
  }
}

/** Whether there may be somebody to look for. */
export function isSomebodyLeft({ isStarting, children }: Recorded): boolean {
  return isStarting || children.length > 0;
}

function recordedIn(record: unknown): Recorded {
  // An earlier version wrote nothing but the children.
  if (Array.isArray(record)) return { ...NOTHING, children: record.filter(isChild) };
  if (typeof record !== 'object' || record === null) return NOTHING;
  const children: unknown = Reflect.get(record, 'children');
  const mark: unknown = Reflect.get(record, 'mark');
  return {
    // One that others can have in their environment, too, would be the end of them.
    mark: typeof mark === 'string' && /^MCP_LIFELINE_DAEMON=[0-9a-f]{32}$/.test(mark) ? mark : null,
    isStarting: Reflect.get(record, 'isStarting') === true,
    children: Array.isArray(children) ? children.filter(isChild) : [],
  };
}

function isChild(value: unknown): value is ProcessIdentity {
  // As a group, 1 means every process there is.
  return isIdentity(value) && value.pid > 1;
}
