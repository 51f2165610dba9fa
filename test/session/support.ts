import { setMaxListeners } from 'node:events';
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';
import type { HandshakeAnswer } from '../../machines/index.js';
import type { ConnectionError } from '../../src/errors.js';
import { McpSession, type McpSessionOptions } from '../../src/session/mcpSession.js';
import { type Responder, ScriptedTransport } from '../../src/testing/scriptedTransport.js';
import { SteppingClock, settle } from '../../src/testing/steppingClock.js';

/** A session over a scripted transport, and what it reported. */
export class SessionRig {
  readonly clock = new SteppingClock();
  readonly transport: ScriptedTransport;
  readonly session: McpSession;
  /** What the session reported, in order: `opened`, `answered`, `completed`, `lost CODE`. */
  readonly reports: string[] = [];
  readonly answers: HandshakeAnswer[] = [];
  readonly losses: ConnectionError[] = [];
  /** What went wrong without ending the session. */
  readonly errors: Error[] = [];
  readonly notifications: [method: string, params: unknown][] = [];

  constructor({ respond, ...options }: Partial<McpSessionOptions> & { respond?: Responder } = {}) {
    this.transport = new ScriptedTransport(respond);
    this.session = new McpSession({
      createTransport: () => this.transport,
      clientInfo: { name: 'tests', version: '1.0.0' },
      capabilities: {},
      clock: this.clock,
      onnotification: (method, params) => this.notifications.push([method, params]),
      onerror: (error) => this.errors.push(error),
      ...options,
    });
  }

  /** Opens the session and lets it come as far as it comes without being accepted. */
  async open(): Promise<this> {
    this.session.open({
      opened: () => this.reports.push('opened'),
      answered: (answer) => {
        this.reports.push('answered');
        this.answers.push(answer);
      },
      completed: () => this.reports.push('completed'),
      heard: () => this.reports.push('heard'),
      lost: (error) => {
        this.reports.push(`lost ${error.code}`);
        this.losses.push(error);
      },
    });
    await settle();
    return this;
  }

  /** Opens the session and accepts the server. */
  async accept(): Promise<this> {
    await this.open();
    this.session.accept();
    await settle();
    return this;
  }

  /** The methods of what was sent, oldest first. */
  get sent(): string[] {
    return this.transport.sent.map((message) => ('method' in message ? message.method : 'answer'));
  }

  /** The newest frame that was sent. */
  get last(): JSONRPCMessage | undefined {
    return this.transport.sent.at(-1);
  }
}

export const never = new AbortController().signal;
// The SDK's client listens to it for good, once for each request.
setMaxListeners(0, never);
