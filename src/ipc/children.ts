import { readOwnFile, replaceOwnFile } from './ownFile.js';
import type { Places } from './places.js';
import { isIdentity, type ProcessIdentity } from './processIdentity.js';

/** A process that the daemon started, leader of a process group of its own. */
export interface Child extends ProcessIdentity {
  /**
   * What is in the environment of this process and of those it starts, and nowhere else: `NAME=value`. By it those
   * of its group are known when their leader is gone. No secret.
   */
  readonly mark?: string;
}

const LONGEST_RECORD = 16 * 1024 * 1024;

/** The processes of a daemon, in a file that outlives it. */
export class ChildrenRecord {
  readonly #path: string;
  readonly #children = new Map<number, Child>();

  /** Begins anew: what the file held of an earlier daemon must have been reaped. */
  constructor({ children: path }: Pick<Places, 'children'>) {
    this.#path = path;
    this.#write();
  }

  add(child: Child): void {
    this.#children.set(child.pid, child);
    this.#write();
  }

  /** To be called when nobody is left of its group. */
  remove(pid: number): void {
    if (this.#children.delete(pid)) this.#write();
  }

  #write(): void {
    replaceOwnFile(this.#path, JSON.stringify([...this.#children.values()]));
  }
}

/**
 * What the last daemon recorded. Nothing if there is no record, or one that a crash of the machine tore: then its
 * processes are gone as well.
 *
 * @throws UnsafePlaceError when others can have written it
 */
export function readChildren({ children: path }: Pick<Places, 'children'>): Child[] {
  const text = readOwnFile(path, LONGEST_RECORD);
  if (text === null) return [];
  try {
    const record: unknown = JSON.parse(text);
    return Array.isArray(record) ? record.filter(isChild) : [];
  } catch {
    return [];
  }
}

function isChild(value: unknown): value is Child {
  // As a group, 1 means every process there is.
  return isIdentity(value) && value.pid > 1 && (!('mark' in value) || typeof value.mark === 'string');
}
