import { ConfigError, ConnectionError } from '../../errors.js';
import { createRedactor } from '../../redact.js';
import { headerSecrets } from '../secrets.js';
import type { HttpHeaders } from './http.types.js';

/** What the protocol says in headers is not the embedder's to say. */
const PROTOCOL_HEADERS = new Set([
  'accept',
  'content-type',
  'last-event-id',
  'mcp-protocol-version',
  'mcp-session-id',
]);

/** The embedder's headers, and what of them and of other secrets must not be shown. */
export class RequestHeaders {
  readonly #source: HttpHeaders;
  readonly #secrets: readonly string[];
  #latest: string[] = [];

  /**
   * @param secrets texts that are never shown
   * @throws ConfigError when fixed headers are no headers
   */
  constructor(source: HttpHeaders | undefined, secrets: readonly string[]) {
    this.#source = source ?? {};
    this.#secrets = secrets;
    if (typeof this.#source === 'function') return;
    try {
      this.#latest = Object.values(this.#source);
      new Headers(this.#source);
    } catch {
      throw new ConfigError('server.headers', Object.keys(this.#source), 'valid header names and values');
    }
  }

  /**
   * The headers for one request, asked for now.
   *
   * @throws ConnectionError `TRANSPORT_FAILED` when the embedder's function fails
   */
  async read(): Promise<[name: string, value: string][]> {
    try {
      const headers = typeof this.#source === 'function' ? await this.#source() : this.#source;
      this.#latest = Object.values(headers);
      return [...new Headers(headers)].filter(([name]) => !PROTOCOL_HEADERS.has(name));
    } catch (cause) {
      // No reason in the message: it may quote the value.
      throw new ConnectionError('TRANSPORT_FAILED', 'the function for headers failed', {
        cause,
        details: { unsent: true },
      });
    }
  }

  /** `text` without any secret known here. */
  redact(text: string, ...more: string[]): string {
    return createRedactor([...this.#secrets, ...headerSecrets([...this.#latest, ...more])])(text);
  }
}
