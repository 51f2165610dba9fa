import { stateInWords } from '../connection/state.js';
import { escapeText } from '../escape.js';
import type { RequestContext } from '../ipc/incomingRequests.js';
import type { Pool } from '../pool/pool.types.js';
import type { DaemonNews } from './protocol.types.js';

/** Tells whoever watches what happens to the connections of a pool. */
export class NewsRoom {
  readonly #watchers = new Set<(news: DaemonNews) => void>();
  readonly #time: () => number;

  /** @param time epoch milliseconds */
  constructor(pool: Pool, time: () => number) {
    this.#time = time;
    pool.on('state', (server, { to, cause }) =>
      this.#tell(server, 'state', `${stateInWords(to)} (${cause})`),
    );
    pool.on('health', (server, health) => {
      const reason = health !== null && 'reason' in health ? `: ${health.reason}` : '';
      this.#tell(server, 'health', `${health?.status ?? 'unknown'}${reason}`);
    });
    pool.on('call', (server, { method, outcome, duration }) =>
      this.#tell(server, 'call', `${method} ${outcome} in ${Math.round(duration)} ms`),
    );
    pool.on('notification', (server, { method }) => this.#tell(server, 'notification', method));
  }

  /** Reports by progress, until the client has had enough or the daemon leaves. */
  watch({ signal, progress }: RequestContext, leaving: AbortSignal): Promise<null> {
    this.#watchers.add(progress);
    return new Promise((resolve) => {
      const end = () => {
        this.#watchers.delete(progress);
        resolve(null);
      };
      const over = AbortSignal.any([signal, leaving]);
      if (over.aborted) end();
      else over.addEventListener('abort', end, { once: true });
    });
  }

  #tell(server: string, kind: DaemonNews['kind'], text: string): void {
    if (this.#watchers.size === 0) return;
    const news = { time: this.#time(), server, kind, text: escapeText(text) };
    for (const tell of this.#watchers) tell(news);
  }
}
