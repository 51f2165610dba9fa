import type { Clock } from '../clock.js';
import { ACTIONS, type ActionOutcome, type Fault } from '../inspect/frames.types.js';
import type { InspectionFeed, InspectionSource } from '../inspect/InspectionSource.types.js';
import { RequestFailedError } from '../ipc/errors.js';
import type { RequestContext } from '../ipc/incomingRequests.js';
import { FAULTS } from '../ipc/messages.js';
import type { Pool } from '../pool/pool.types.js';

export interface InspectionDeskOptions {
  pool: Pick<Pool, 'names' | 'peek' | 'on'>;
  /** Of all servers, those included that the pool has not. */
  names: readonly string[];
  /** Why a server cannot be used at all; null where it can. */
  faultOf(server: string): Fault | null;
  clock: Clock;
  /** Aborts when the daemon leaves. */
  leaving: AbortSignal;
}

/** Shows the connections of the pool to pages. Nobody looks at them before the first page asks. */
export class InspectionDesk {
  readonly #options: InspectionDeskOptions;
  readonly #feeds = new Map<string, InspectionFeed>();
  #source: Promise<InspectionSource> | null = null;

  constructor(options: InspectionDeskOptions) {
    this.#options = options;
  }

  /** Reports frames by progress, until the client has had enough or the daemon leaves. */
  async watch(id: string, { signal, progress }: RequestContext): Promise<null> {
    const source = await this.#look();
    const over = AbortSignal.any([signal, this.#options.leaving]);
    if (over.aborted) return null;
    this.#feeds.get(id)?.close();
    const feed = source.open(progress);
    this.#feeds.set(id, feed);
    await new Promise((resolve) => over.addEventListener('abort', resolve, { once: true }));
    feed.close();
    if (this.#feeds.get(id) === feed) this.#feeds.delete(id);
    return null;
  }

  focus(id: string, name: string | null): null {
    this.#feeds.get(id)?.focus(name);
    return null;
  }

  /** @throws RequestFailedError for an action that there is not */
  async act(action: string, server: string, signal: AbortSignal): Promise<ActionOutcome> {
    const known = ACTIONS.find((each) => each === action);
    if (known === undefined) {
      const message = `inspect.act: action: expected one of ${ACTIONS.join(', ')}`;
      throw new RequestFailedError(FAULTS.lifelineError, message, { code: 'INVALID_PARAMS' });
    }
    return (await this.#look()).act(known, server, { signal });
  }

  /** It stays when the last page is closed: whoever loads one anew sees what was before. */
  #look(): Promise<InspectionSource> {
    this.#source ??= this.#begin();
    return this.#source;
  }

  async #begin(): Promise<InspectionSource> {
    // Few daemons are ever looked at.
    const { LocalSource } = await import('../inspect/LocalSource.js');
    const { pool, names, faultOf, clock, leaving } = this.#options;
    const source = new LocalSource({ pool, names, faultOf, clock });
    const end = () => {
      // Clients hear of it by the end of their requests.
      for (const feed of this.#feeds.values()) feed.close();
      void source[Symbol.asyncDispose]();
    };
    if (leaving.aborted) end();
    else leaving.addEventListener('abort', end, { once: true });
    return source;
  }
}
