import { messageOf } from '../../../src/errors.js';
import { CallError, CallRefusedError, type ConnectionManager } from '../../../src/index.js';
import { seededRandom } from '../../../src/testing/seededRandom.js';

/** `tool`: may be executed once. `harmless`: declared idempotent. `read`: of the protocol. `run`: two tools as one call. */
export type LoadKind = 'tool' | 'harmless' | 'read' | 'run';

export type Ending =
  | { how: 'succeeded' }
  | { how: 'cancelled' }
  | { how: 'refused' | 'failed'; code: string; mayHaveExecuted: boolean }
  /** Something that no call should end with. */
  | { how: 'wrong'; reason: string };

export interface LoadedCall {
  readonly kind: LoadKind;
  /** What the server writes down for it. */
  readonly keys: readonly string[];
  settlements: number;
  ending: Ending | null;
}

const KINDS: readonly LoadKind[] = ['tool', 'tool', 'tool', 'tool', 'harmless', 'harmless', 'read', 'run'];
/** Fills a pipe that nobody empties, in bytes. */
const MUCH = 200_000;

/** One caller: a call, and when it has settled the next, until it is told that this is enough. */
export class Caller {
  readonly calls: LoadedCall[] = [];
  readonly #manager: ConnectionManager;
  readonly #name: string;
  readonly #random: () => number;
  readonly #onsettled: (ending: Ending) => void;

  constructor(manager: ConnectionManager, name: string, seed: number, onsettled: (ending: Ending) => void) {
    this.#manager = manager;
    this.#name = name;
    this.#random = seededRandom(seed);
    this.#onsettled = onsettled;
  }

  async callWhile(goesOn: () => boolean): Promise<void> {
    while (goesOn()) {
      await this.#callOnce();
      // A call that is refused takes no time: others must have their turn.
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  async #callOnce(): Promise<void> {
    const kind = KINDS[Math.floor(this.#random() * KINDS.length)] ?? 'tool';
    const name = `${this.#name}/${this.calls.length}`;
    const keys = kind === 'run' ? [`${name}/1`, `${name}/2`] : [name];
    const call: LoadedCall = { kind, keys, settlements: 0, ending: null };
    this.calls.push(call);
    const controller = new AbortController();
    const luck = this.#random();
    const settled = this.#send(kind, name, controller.signal, luck < 0.04 ? 40 : undefined).then(
      (text) => {
        call.settlements += 1;
        // Every answer begins with the key of its own call.
        const isOwn = text.startsWith(name);
        call.ending = isOwn ? { how: 'succeeded' } : { how: 'wrong', reason: `it got ${text}` };
      },
      (error: unknown) => {
        call.settlements += 1;
        call.ending = endingOf(error, controller.signal);
      },
    );
    // At once, when it was written, or when it has been answered: as it comes.
    if (luck > 0.96) setImmediate(() => controller.abort(new Error('the caller’s own reason')));
    await settled;
    if (call.ending !== null) this.#onsettled(call.ending);
  }

  async #send(
    kind: LoadKind,
    name: string,
    signal: AbortSignal,
    timeout: number | undefined,
  ): Promise<string> {
    const manager = this.#manager;
    const options = { signal, timeout };
    const size = this.#random();
    const args = (key: string) => ({
      key,
      ...(size < 0.3 && { delay: 1 + Math.floor(size * 50) }),
      ...(size > 0.97 && { padding: '.'.repeat(MUCH) }),
      ...(size > 0.94 && size <= 0.97 && { bytes: MUCH }),
    });
    if (kind === 'read') {
      const { contents } = await manager.readResource({ uri: name }, options);
      return String(contents[0]?.uri);
    }
    if (kind === 'run') {
      return manager.run(async (client) => {
        await client.callTool({ name: 'work', arguments: args(`${name}/1`) });
        return textOf(await client.callTool({ name: 'work', arguments: args(`${name}/2`) }));
      }, options);
    }
    const idempotent = kind === 'harmless';
    return textOf(
      await manager.callTool({ name: 'work', arguments: args(name) }, { ...options, idempotent }),
    );
  }
}

function textOf(result: { [field: string]: unknown }): string {
  const { content } = result;
  return Array.isArray(content) ? String(content[0]?.text) : JSON.stringify(result);
}

function endingOf(error: unknown, signal: AbortSignal): Ending {
  if (signal.aborted && error === signal.reason) return { how: 'cancelled' };
  if (!(error instanceof CallError)) return { how: 'wrong', reason: messageOf(error) };
  const { code, server, state, mayHaveExecuted } = error;
  if (server === '' || state === '') return { how: 'wrong', reason: `${code} names no server or state` };
  return { how: error instanceof CallRefusedError ? 'refused' : 'failed', code, mayHaveExecuted };
}
