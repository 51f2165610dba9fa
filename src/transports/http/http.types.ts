import type { OAuthClientProvider } from '@modelcontextprotocol/sdk/client/auth.js';
import type { FetchLike } from '@modelcontextprotocol/sdk/shared/transport.js';
import type { Clock } from '../../clock.js';

/** Headers for requests to the server: fixed ones, or a function that is asked before each request. */
export type HttpHeaders =
  | Record<string, string>
  | (() => Record<string, string> | Promise<Record<string, string>>);

/** The part of a clock that the transport needs. Without `time`, dates are read on the system's. */
export type HttpClock = Pick<Clock, 'setTimeout' | 'clearTimeout'> & Partial<Pick<Clock, 'time'>>;

export interface HttpTransportOptions {
  /** The server's MCP endpoint, `http:` or `https:`. A user and password in it are sent as Basic authorization. */
  url: URL | string;
  /**
   * `http`: Streamable HTTP alone. `sse`: HTTP+SSE of 2024-11-05 alone. Default: Streamable HTTP, and
   * HTTP+SSE where the server answers `initialize` with 400, 404 or 405 (R15).
   */
  type?: 'http' | 'sse' | undefined;
  /**
   * Sent with every request to the server's own origin, and never to another. The protocol's own headers
   * (`Accept`, `Content-Type`, `Last-Event-ID`, `Mcp-Session-Id`, `MCP-Protocol-Version`) cannot be
   * overridden. Default: none.
   */
  headers?: HttpHeaders | undefined;
  /** Default: the global `fetch`. */
  fetch?: FetchLike | undefined;
  /** Answers 401 and 403 `insufficient_scope` (R17). Default: none, both are errors. */
  authProvider?: OAuthClientProvider | undefined;
  /** Texts that must not appear in errors, beside header values, tokens and the URL's own secrets. */
  secrets?: readonly string[] | undefined;
  /** Default: the system's clock. */
  clock?: HttpClock | undefined;
  /** In [0, 1); spreads the resumption of streams. Default: `Math.random`. */
  random?: (() => number) | undefined;
}
