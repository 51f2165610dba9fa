import { vi } from 'vitest';
import { McpSession } from '../../src/session/mcpSession.js';

// Of the class itself, also while a row that ran out of its time has left its watch behind.
const { open, close } = McpSession.prototype;

/** Counts the sessions that are open: from before their transport is made until it has ended. */
export class LiveSessions {
  readonly #live = new Set<McpSession>();
  readonly #restore: () => void;
  /** Most at one time. */
  most = 0;
  opened = 0;

  constructor() {
    const live = this.#live;
    const opening = vi.spyOn(McpSession.prototype, 'open').mockImplementation(function (
      this: McpSession,
      observer,
    ) {
      began(this);
      open.call(this, observer);
    });
    const closing = vi.spyOn(McpSession.prototype, 'close').mockImplementation(async function (
      this: McpSession,
    ) {
      await close.call(this);
      live.delete(this);
    });
    const began = (session: McpSession) => {
      live.add(session);
      this.opened += 1;
      this.most = Math.max(this.most, live.size);
    };
    this.#restore = () => {
      opening.mockRestore();
      closing.mockRestore();
    };
  }

  get count(): number {
    return this.#live.size;
  }

  end(): void {
    this.#restore();
  }
}
