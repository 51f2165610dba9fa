import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import type { HandshakeAnswer, ProbeMethod } from '../../machines/index.js';
import type { ConnectionError } from '../errors.js';

/** What a session reports while it comes up and when it is lost, in the order of the wire. */
export interface SessionObserver {
  /** The transport is open. */
  opened(): void;
  /** The server answered the handshake. The session goes on only after `accept`. */
  answered(answer: HandshakeAnswer): void;
  /** The server was told that it is accepted. */
  completed(): void;
  /** A frame came in while `ask` waits for its answer. At most once for each question. */
  heard(): void;
  /** The session is over, and not because it was asked to. At most once; nothing follows. */
  lost(error: ConnectionError): void;
}

/** When frames last went over the wire: monotonic milliseconds, or `-Infinity` before the first. */
export interface Traffic {
  receivedAt: number;
  sentAt: number;
}

/**
 * Follows what one call puts on the wire. Whoever makes the call reads it when the call ends.
 */
export interface CallTrace {
  /** Requests and notifications handed to the transport that are not known to have stayed unsent. */
  written: number;
  /** It asks whether the server lives: where nobody waits any more, an answer is still none too many. */
  isQuestion?: true;
  /** Of these, what waits for nothing more: requests the server answered, with a result or an error. */
  answered: number;
}

/**
 * One live session: a client and its transport, from opening to the complete end. A session is never
 * reopened. Both SDK lines and the scripted session of the test kit implement it.
 */
export interface SessionPort {
  /** The SDK client of this session. */
  readonly client: Client;
  readonly traffic: Traffic;
  /** Opens the transport and starts the handshake. Called once; throws nothing. */
  open(observer: SessionObserver): void;
  /** Lets the handshake complete. Idempotent. */
  accept(): void;
  /**
   * Puts back what the session before had set up, once the handshake is complete. What the server does
   * not take is reported elsewhere. Never rejects, and has no limit of its own.
   */
  restore(): Promise<void>;
  /**
   * Asks the server whether it lives. Resolves on any answer, errors included; any other frame that comes
   * in meanwhile is reported to the observer. Rejects with a `ConnectionError` where no answer can come any
   * more. It has no limit of its own.
   */
  ask(method: ProbeMethod, signal: AbortSignal): Promise<void>;
  /** Tells the server that we leave, where the transport has a word for it. Never rejects. */
  goodbye(): Promise<void>;
  /**
   * Ends the session. Requests in flight reject at once; resolves when the transport is closed
   * completely. Idempotent, one outcome for all callers. Never rejects.
   */
  close(): Promise<void>;
  /** Runs `send` and attributes what it sends before it returns to `trace`. */
  trace<Result>(trace: CallTrace, send: () => Result): Result;
  /** Finishes the authorization that this session's 401 began; works after `close`. The signal ends it. */
  finishAuth(authorizationCode: string, signal?: AbortSignal): Promise<void>;
}

/** Makes the session of an attempt. `epoch` counts the sessions of the connection from 1. */
export type SessionFactory = (epoch: number) => SessionPort;
