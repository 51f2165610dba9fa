/**
 * What a transport is in either line of the SDK, without the types of either: messages, send options and extras are
 * passed on as they are.
 */
export interface TransportShape {
  start(): Promise<void>;
  send(message: unknown, options?: unknown): Promise<void>;
  close(): Promise<void>;
  onclose?: (() => void) | undefined;
  onerror?: ((error: Error) => void) | undefined;
  onmessage?: MessageListener | undefined;
  sessionId?: string | undefined;
  setProtocolVersion?: ((version: string) => void) | undefined;
  setSupportedProtocolVersions?: ((versions: string[]) => void) | undefined;
  readonly hasPerRequestStream?: boolean;
}

/** As a method, so that a listener of either line's own messages is one. */
type MessageListener = { listen(message: unknown, extra?: unknown): void }['listen'];
