import { createHash, randomBytes } from 'node:crypto';
import { linkSync, renameSync, rmSync } from 'node:fs';
import { createOwnFile, readOwnFile } from './ownFile.js';
import { type Places, processSpace } from './places.js';
import { identify, isAlive, isIdentity, type ProcessIdentity } from './processIdentity.js';
import { hasCode } from './systemError.js';
import { sweep, sweepTemporaries, temporaryFor } from './temporary.js';

/*
 * Node has no lock that the kernel holds. What it has is link(2), which makes a name if nobody has it. The lock is
 * a chain of records: `<lock>` is its head, `<lock>.next.<id of a record>` the successor of that record, and the
 * owner is the last one. To take over from a dead owner is to become its successor, which one alone can. Ids are
 * never used twice, so a slow taker cannot succeed an owner that was succeeded already: if the head moved on
 * meanwhile, its record hangs on nothing, and it sees so when it looks again from the head.
 *
 *   head → A (dead) → B (owner)      B puts itself in the head's place, then sweeps: head → B
 */

/** Being the one daemon of these places. */
export interface Ownership {
  readonly owner: ProcessIdentity;
  /** False when the files were tampered with, or removed by something that cleans up. */
  isHeld(): boolean;
  /** Lets the next one take over while this process lives. Its last act: all of the daemon must be gone before. */
  release(): void;
  /**
   * The same, and leaves no lock behind. Nothing may be left that the next one could find, for whoever comes then has
   * nobody to succeed, and begins at once.
   */
  remove(): void;
}

/** `owned`: another one is alive, though it may be frozen. */
export type Acquisition =
  | { readonly kind: 'acquired'; readonly ownership: Ownership }
  | { readonly kind: 'owned'; readonly by: ProcessIdentity };

interface Link {
  readonly id: string;
  /** Null when the record can be of nobody who lives: released, or torn by a crash of the machine. */
  readonly owner: ProcessIdentity | null;
}

/** Far more than any record has. */
const LONGEST_RECORD = 4096;

/**
 * Tries to become the owner. A dead owner is taken over from: of many who try, one becomes it.
 *
 * @param owner the process that is to own. Default: this one
 * @throws UnsafePlaceError when the lock is no file of ours
 */
export function acquire(places: Pick<Places, 'lock'>, owner: ProcessIdentity = thisProcess()): Acquisition {
  const chain = new Chain(places.lock);
  for (;;) {
    const last = chain.last();
    if (last?.owner != null && isAlive(last.owner)) return { kind: 'owned', by: last.owner };
    const id = chain.append(last, owner);
    if (id !== null) return { kind: 'acquired', ownership: ownershipOf(chain, id, owner) };
  }
}

/** The process that owns these places, as far as one can be found; null when nobody does. */
export function ownerOf(places: Pick<Places, 'lock'>): ProcessIdentity | null {
  const owner = new Chain(places.lock).last()?.owner ?? null;
  return owner !== null && isAlive(owner) ? owner : null;
}

function ownershipOf(chain: Chain, id: string, owner: ProcessIdentity): Ownership {
  return {
    owner,
    isHeld: () => chain.last()?.id === id,
    release: () => giveUp(() => chain.append({ id, owner }, null)),
    remove: () => chain.remove(id),
  };
}

/** Where the directory is gone, the lock is, too. */
function giveUp(release: () => void): void {
  try {
    release();
  } catch (error) {
    if (!hasCode(error, 'ENOENT', 'ENOTDIR')) throw error;
  }
}

/**
 * Whether it can be told here if an owner lives: locks of other process namespaces hold process ids that mean nothing
 * here. False as well for locks that do not say where they are from; true where there is no lock.
 */
export function isOfThisSpace({ lock }: Pick<Places, 'lock'>): boolean {
  const text = readOwnFile(lock, LONGEST_RECORD);
  if (text === null) return true;
  try {
    const record: unknown = JSON.parse(text);
    return typeof record === 'object' && record !== null && Reflect.get(record, 'space') === processSpace();
  } catch {
    return false;
  }
}

function thisProcess(): ProcessIdentity {
  return identify(process.pid) ?? { pid: process.pid, start: '' };
}

class Chain {
  readonly #head: string;

  constructor(head: string) {
    this.#head = head;
  }

  last(): Link | null {
    return this.#links().at(-1) ?? null;
  }

  /** Makes a new record the successor of `last`. The id of the new one; null when another one came first. */
  append(last: Link | null, owner: ProcessIdentity | null): string | null {
    const nonce = randomBytes(16).toString('hex');
    const record = JSON.stringify({ ...owner, space: processSpace(), nonce });
    const id = idOf(record);
    const temporary = temporaryFor(this.#head);
    const place = last === null ? this.#head : this.#after(last);
    createOwnFile(temporary, record);
    try {
      if (!linkNew(temporary, place)) return null;
      if (!this.#links().some((link) => link.id === id)) {
        // What it hangs on is not in the chain any more, and never will be again.
        rmSync(place, { force: true });
        return null;
      }
      if (owner !== null) this.#shorten(temporary, place);
      return id;
    } finally {
      rmSync(temporary, { force: true });
    }
  }

  /** By the owner of this id, who has put it in the head's place and whom nobody succeeds as long as it lives. */
  remove(id: string): void {
    const head = this.#read(this.#head);
    if (head?.id === id) rmSync(this.#head, { force: true });
  }

  /** Only the owner moves the head, so it moves forward. What is not in the chain then has nobody waiting for it. */
  #shorten(temporary: string, place: string): void {
    if (place !== this.#head) renameSync(temporary, this.#head);
    sweep(`${this.#head}.next.`);
    sweepTemporaries(this.#head);
  }

  #links(): Link[] {
    const links: Link[] = [];
    for (let link = this.#read(this.#head); link !== null; link = this.#read(this.#after(link))) {
      links.push(link);
    }
    return links;
  }

  #after({ id }: Link): string {
    return `${this.#head}.next.${id}`;
  }

  #read(path: string): Link | null {
    const text = readOwnFile(path, LONGEST_RECORD);
    return text === null ? null : { id: idOf(text), owner: ownerIn(text) };
  }
}

/** False when the name is taken, or the file was swept away by an owner. */
function linkNew(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST', 'ENOENT')) return false;
    throw error;
  }
}

function ownerIn(text: string): ProcessIdentity | null {
  try {
    const record: unknown = JSON.parse(text);
    return isIdentity(record) ? { pid: record.pid, start: record.start } : null;
  } catch {
    return null;
  }
}

/** A record holds a random number, so its hash is never that of another. */
function idOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}
