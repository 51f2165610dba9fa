import type { TransportSendOptions } from '@modelcontextprotocol/sdk/shared/transport.js';
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';
import type { ConnectionError } from '../../errors.js';
import type { HttpClock } from './http.types.js';
import type { Requester } from './requester.js';

/** What the links of one transport share. */
export interface LinkContext {
  /** Without user and password. */
  url: URL;
  /** What to call the server in messages. */
  shown: string;
  requester: Requester;
  clock: HttpClock;
  random: () => number;
  /** Whether the session is lost or the transport closes. */
  isOver(): boolean;
  /** `text` without secrets. */
  redact(text: string): string;
  message(message: JSONRPCMessage): void;
  /** Something went wrong that ends nothing. */
  error(error: Error): void;
  /** The session is over. */
  lost(error: ConnectionError): void;
}

/** One of the two ways MCP goes over HTTP, around a transport of the SDK. */
export interface Link {
  readonly sessionId: string | undefined;
  start(): Promise<void>;
  send(message: JSONRPCMessage, options: TransportSendOptions | undefined): Promise<void>;
  setProtocolVersion(version: string): void;
  /** Tells the server that the session ends. Never rejects. */
  goodbye(): Promise<void>;
  /** Ends all requests and streams. */
  close(): Promise<void>;
}
