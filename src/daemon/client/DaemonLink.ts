import { dial } from '../../ipc/dial.js';
import { DaemonMismatchError, IpcError, PeerGoneError, RequestFailedError } from '../../ipc/errors.js';
import type { Peer } from '../../ipc/peer.js';
import type { DaemonMethod, DaemonRequests } from '../protocol.types.js';
import type { Deadline } from './Deadline.js';
import { factsOf } from './facts.js';
import { RequestLateError } from './RequestLateError.js';
import { SharedAttempt } from './SharedAttempt.js';
import type { Setting } from './setting.js';

export interface LinkOptions {
  setting: Setting;
  /** Whether a daemon is started when there is none. */
  mayStart: boolean;
}

export interface LinkRequestOptions {
  deadline: Deadline;
  /** What the daemon says of how far it is. */
  onprogress?(value: unknown): void;
}

/** So often a request is brought to the next daemon, because the one it came to was about to leave. */
const MOST_DAEMONS = 5;

/** The daemon of a configuration, found or started; and the next one, when it is gone. */
export class DaemonLink {
  readonly #options: LinkOptions;
  readonly #finding = new SharedAttempt((signal) => this.#find(signal));
  #peer: Peer | null = null;
  /** Those before it too: of a daemon that leaves, they end when their last answer is in. */
  readonly #peers = new Set<Peer>();
  #isClosed = false;
  /** The last daemon that was another's. It was told of us, and leaves. */
  #mismatch: DaemonMismatchError | null = null;

  constructor(options: LinkOptions) {
    this.#options = options;
  }

  /** Whether there is a daemon now, or one was started. */
  async isRunning(deadline: Deadline): Promise<boolean> {
    try {
      return (await this.#reach(deadline)).isOpen;
    } catch (error) {
      if (hasCode(error, 'NO_DAEMON')) return false;
      throw error;
    }
  }

  /**
   * @throws RequestFailedError what the daemon answered
   * @throws PeerGoneError when it was lost with the request on its way
   * @throws RequestLateError when the deadline passed
   * @throws IpcError whatever `dial` and `startDaemon` throw
   * @throws the reason of the deadline's signal
   */
  async request<Method extends DaemonMethod>(
    method: Method,
    params: DaemonRequests[Method]['params'],
    options: LinkRequestOptions,
  ): Promise<DaemonRequests[Method]['result']>;
  async request(
    method: string,
    params: object | undefined,
    { deadline, onprogress }: LinkRequestOptions,
  ): Promise<unknown> {
    for (let daemon = 1; ; daemon += 1) {
      const peer = await this.#reach(deadline);
      const { timeout } = deadline;
      const limits = timeout === undefined ? {} : { timeout };
      try {
        return await peer.request(method, params === undefined ? params : { ...params, ...limits }, {
          signal: deadline.signal,
          timeout: deadline.left,
          ...(onprogress && { onprogress }),
        });
      } catch (error) {
        if (hasCode(error, 'REQUEST_TIMEOUT'))
          throw new RequestLateError(`${whoIs(params)}: ${deadline.words}`, true);
        if (daemon === MOST_DAEMONS || !wasNothingBegun(error)) throw error;
        // Others wait for their answers on it.
        if (this.#peer === peer) this.#peer = null;
      }
    }
  }

  /** Withdraws what is asked. Nothing can be asked any more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#finding.withdraw(closed());
    for (const peer of this.#peers) peer.close();
    await Promise.all([...this.#peers].map((peer) => peer.closed));
  }

  async #reach(deadline: Deadline): Promise<Peer> {
    if (this.#isClosed) throw closed();
    if (this.#peer?.isOpen === true) return this.#peer;
    const limit = new AbortController();
    const { log } = this.#options.setting.places;
    const said = `the daemon could not be reached: ${deadline.words}; its log: ${log}`;
    const timer = setTimeout(() => limit.abort(new RequestLateError(said, false)), deadline.left);
    // Not `AbortSignal.any`: the command would call it for this alone, and pay for the first call.
    const onabort = () => limit.abort(deadline.signal.reason);
    if (deadline.signal.aborted) onabort();
    deadline.signal.addEventListener('abort', onabort, { once: true });
    try {
      return await this.#finding.join(limit.signal);
    } catch (error) {
      // Why it took so long.
      throw error instanceof RequestLateError ? (this.#mismatch ?? error) : error;
    } finally {
      clearTimeout(timer);
      deadline.signal.removeEventListener('abort', onabort);
    }
  }

  #keep(peer: Peer): void {
    this.#peers.add(peer);
    void peer.closed.then(() => this.#peers.delete(peer));
    this.#peer = peer;
    this.#mismatch = null;
    if (this.#isClosed) peer.close();
  }

  async #find(signal: AbortSignal): Promise<Peer> {
    const { setting, mayStart } = this.#options;
    const peer = await this.#dial(signal);
    if (peer !== null) return peer;
    if (!mayStart) throw new IpcError('NO_DAEMON', 'no daemon is running for this configuration');
    // Seldom needed, and brings the modules for processes.
    const { startDaemon } = await import('./startDaemon.js');
    try {
      return await startDaemon({ setting, signal, dial: () => this.#dial(signal) });
    } catch (error) {
      const isInVain = hasCode(error, 'NO_DAEMON') || hasCode(error, 'DAEMON_FROZEN');
      throw isInVain ? (this.#mismatch ?? error) : error;
    }
  }

  /** Null when there is none. */
  async #dial(signal: AbortSignal): Promise<Peer | null> {
    const { places, version, fingerprint } = this.#options.setting;
    try {
      const { peer } = await dial({ places, version, fingerprint, signal });
      this.#keep(peer);
      return peer;
    } catch (error) {
      if (hasCode(error, 'NO_DAEMON')) return null;
      if (!(error instanceof DaemonMismatchError) || !this.#options.mayStart) throw error;
      this.#mismatch = error;
      return null;
    }
  }
}

function closed(): PeerGoneError {
  return new PeerGoneError('the client was closed', false);
}

/** Whoever did not answer. */
function whoIs(params: object | undefined): string {
  return params !== undefined && 'server' in params ? String(params.server) : 'the daemon';
}

function hasCode(error: unknown, code: IpcError['code']): boolean {
  return error instanceof IpcError && error.code === code;
}

/** Whether a request can be asked again, because it is certain that nobody has begun with it. */
function wasNothingBegun(error: unknown): boolean {
  if (error instanceof PeerGoneError) return !error.wasSent;
  const code = error instanceof RequestFailedError ? factsOf(error).code : undefined;
  return code === 'DAEMON_LEAVING' || code === 'POOL_CLOSED';
}
