import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';
import { ScriptedTransport } from '../../src/testing/scriptedTransport.js';
import type { Schedule } from './racingSession.js';

/** A transport whose opening, sending and closing each take until their turn comes. */
export class RacingTransport extends ScriptedTransport {
  starts = 0;
  /** It was closed, and nothing of it is left. */
  isGone = false;
  readonly #schedule: Schedule;
  #closing: Promise<void> | null = null;

  constructor(number: number, schedule: Schedule) {
    super();
    this.#schedule = (label) => schedule(`transport ${number}: ${label}`);
  }

  /** Started, or starting, and not closed completely. */
  get isLive(): boolean {
    return this.starts > 0 && !this.isGone;
  }

  override async start(): Promise<void> {
    this.starts += 1;
    await this.#schedule('started');
    await super.start();
  }

  override async send(message: JSONRPCMessage): Promise<void> {
    const what = 'method' in message ? message.method : 'answer';
    await this.#schedule(`${what} sent`);
    await super.send(message);
  }

  override close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#schedule('closed');
    this.isGone = true;
    // It tells so at last, when nobody may care any more.
    this.isOpen = false;
    void this.#schedule('onclose').then(() => this.onclose?.());
  }
}
