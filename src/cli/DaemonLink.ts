import type { DaemonMethod, DaemonRequests } from '../daemon/protocol.types.js';
import { dial } from '../ipc/dial.js';
import type { Peer } from '../ipc/peer.js';
import type { AskOptions, Backend } from './backend.types.js';
import type { Deadline } from './Deadline.js';
import { CommandError, codeOf, memberOf } from './exits.js';
import type { Setting } from './setting.js';

export interface LinkOptions {
  setting: Setting;
  deadline: Deadline;
  /** Whether a daemon is started when there is none. */
  mayStart: boolean;
}

/** So often a request is brought to the next daemon, because the one it came to was about to leave. */
const MOST_DAEMONS = 5;

/** The daemon of a configuration, found or started. */
export class DaemonLink implements Backend {
  readonly #options: LinkOptions;
  #peer: Peer | null = null;

  constructor(options: LinkOptions) {
    this.#options = options;
  }

  /** Whether there is a daemon now; starts none. */
  async isRunning(): Promise<boolean> {
    this.#peer ??= await this.#dial();
    return this.#peer !== null;
  }

  /** Whether it can be asked without being looked for. */
  get isOpen(): boolean {
    return this.#peer?.isOpen === true;
  }

  async request<Method extends DaemonMethod>(
    method: Method,
    params?: DaemonRequests[Method]['params'],
    options?: AskOptions,
  ): Promise<DaemonRequests[Method]['result']>;
  async request(method: string, params?: object, { onprogress }: AskOptions = {}): Promise<unknown> {
    const { deadline } = this.#options;
    for (let daemon = 1; ; daemon += 1) {
      this.#peer ??= (await this.#dial()) ?? (await this.#start());
      const { timeout, left } = deadline;
      const limits = timeout === undefined ? {} : { timeout };
      try {
        return await this.#peer.request(method, params === undefined ? params : { ...params, ...limits }, {
          signal: deadline.signal,
          ...(Number.isFinite(left) && { timeout: left }),
          ...(onprogress && { onprogress }),
        });
      } catch (error) {
        if (codeOf(error) === 'REQUEST_TIMEOUT') {
          const asked = memberOf(params, 'server');
          const who = typeof asked === 'string' ? asked : 'the daemon';
          throw new CommandError('REQUEST_TIMEOUT', `${who}: ${deadline.words}`);
        }
        if (daemon === MOST_DAEMONS || !wasNothingBegun(error)) throw error;
        this.#peer.close();
        this.#peer = null;
      }
    }
  }

  async close(): Promise<void> {
    this.#peer?.close();
    await this.#peer?.closed;
  }

  /** Null when there is none. */
  async #dial(): Promise<Peer | null> {
    const { setting, deadline } = this.#options;
    const { places, version, fingerprint } = setting;
    const { signal, left } = deadline;
    const limit = Math.max(1, left);
    try {
      const { peer } = await dial({
        places,
        version,
        fingerprint,
        signal,
        connectTimeout: Math.min(limit, 2000),
        helloTimeout: Math.min(limit, 5000),
      });
      return peer;
    } catch (error) {
      if (codeOf(error) === 'NO_DAEMON') return null;
      throw error;
    }
  }

  async #start(): Promise<Peer> {
    const { setting, deadline, mayStart } = this.#options;
    if (!mayStart) throw new CommandError('NO_DAEMON', 'no daemon is running for this configuration');
    // Seldom needed, and brings the modules for processes.
    const { startDaemon } = await import('./startDaemon.js');
    return startDaemon({ setting, deadline, dial: () => this.#dial() });
  }
}

/** Whether a request can be asked again, because it is certain that nobody has begun with it. */
function wasNothingBegun(error: unknown): boolean {
  const code = codeOf(error);
  return (
    code === 'DAEMON_LEAVING' ||
    code === 'POOL_CLOSED' ||
    (code === 'PEER_GONE' && memberOf(error, 'wasSent') === false)
  );
}
