import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import type { ConnectionError } from '../errors.js';

/**
 * A transport that can say more than the SDK's `Transport` asks. A session takes any transport and
 * uses what it finds.
 *
 * Contract beyond the SDK's: `start` rejects with a `ConnectionError`; `close` is idempotent, gives
 * every caller the same outcome and resolves only when nothing is left (for a process: its exit was
 * seen); nothing is reported after `close` resolved.
 */
export interface LifelineTransport extends Transport {
  /**
   * The session over this transport is over, for this reason. Called at most once, as soon as it is
   * known and before `onclose`. Never called because of our own `close`.
   */
  onlost?: ((error: ConnectionError) => void) | undefined;
  /** Tells the server that we leave (HTTP: DELETE, R12). Resolves whatever the server says. */
  goodbye?(): Promise<void>;
  /** `text` without the secrets this transport knows; of tokens and headers made per request only it does. */
  redact?(text: string): string;
  /**
   * Finishes the authorization that this transport's 401 began, also after `close`. The code goes nowhere
   * else. The signal ends it.
   */
  finishAuth?(authorizationCode: string, signal?: AbortSignal): Promise<void>;
}
