import type { OAuthClientProvider } from '@modelcontextprotocol/sdk/client/auth.js';
import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import type { FetchLike } from '@modelcontextprotocol/sdk/shared/transport.js';
import type { ClientCapabilities, Implementation } from '@modelcontextprotocol/sdk/types.js';
import type { InspectionEvent } from 'xstate';
import type { HealthCheckConfig, KeepAliveConfig, RetryPolicy, TimeoutConfig } from '../../machines/index.js';
import type { Clock } from '../clock.js';
import type { SessionFactory } from '../session/port.js';
import type { CustomProbe } from '../session/question.js';
import type { StartGate } from '../session/resources.js';
import type { HeadersSource, ServerDefinition } from '../transports/createTransport.js';

/** The policies of a connection. What is left out has its default (`DEFAULT_CONFIG`). */
export interface ConnectionConfig {
  /** `false`: one attempt, and no retry after a loss. */
  retryPolicy?: { [Field in keyof RetryPolicy]?: RetryPolicy[Field] | undefined } | false | undefined;
  /** `false`: no probes; a loss is noticed only when the transport reports it. */
  healthCheck?:
    | ({ [Field in keyof HealthCheckConfig]?: HealthCheckConfig[Field] | undefined } & {
        /** What a probe asks instead of `ping`: a request method, or a function that rejects on failure, and alone decides. */
        probe?: CustomProbe | undefined;
      })
    | false
    | undefined;
  timeout?: { [Field in keyof TimeoutConfig]?: TimeoutConfig[Field] | undefined } | undefined;
  keepAlive?: KeepAliveConfig | false | undefined;
}

/** Where the package writes what no state tells. Messages hold no secrets. */
export interface Logger {
  debug(message: string): void;
  warn(message: string): void;
}

export interface ConnectionOptions extends ConnectionConfig {
  /** Names the connection in errors, logs and inspectors. */
  name: string;
  server: ServerDefinition;
  /** What the client says of itself. Default: this package's name and version. */
  clientInfo?: Implementation | undefined;
  /** What the client can do for servers (sampling, roots, elicitation). Default: nothing. */
  capabilities?: ClientCapabilities | undefined;
  /** Capability paths the server must offer, such as `tools` or `resources.subscribe`. */
  requiredCapabilities?: readonly string[] | undefined;
  /** Registers handlers: called with each new client, before it connects. */
  configureClient?: ((client: Client) => void | Promise<void>) | undefined;
  /** OAuth for HTTP servers (R17). */
  authProvider?: OAuthClientProvider | undefined;
  /** Headers of every HTTP request, evaluated for each. */
  headers?: HeadersSource | undefined;
  fetch?: FetchLike | undefined;
  /** Further values that must appear in no message, log, or status. */
  secrets?: readonly string[] | undefined;
  clock?: Clock | undefined;
  /** In [0, 1). Default `Math.random`, also where it throws or leaves that range. */
  random?: (() => number) | undefined;
  /** XState's inspection events of this connection's actors. */
  inspect?: ((event: InspectionEvent) => void) | undefined;
  logger?: Logger | undefined;
  /** Changes the monitor keeps. Default 100. */
  historyLimit?: number | undefined;
  /** Makes connections start a few at a time. */
  gate?: StartGate | undefined;
  /** Makes the sessions in place of the SDK's client over `server`: for tests and other SDKs. */
  createSession?: SessionFactory | undefined;
}
