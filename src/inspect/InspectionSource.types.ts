import type { ActionOutcome, InspectionAction, InspectionFrame } from './frames.types.js';

/** Where connections are looked at, in this process or in another. */
export interface InspectionSource extends AsyncDisposable {
  /**
   * Tells one who looks, from now on: first everything there is, then what changes, as often as is of use.
   *
   * @param listener must not throw
   */
  open(listener: (frame: InspectionFrame) => void): InspectionFeed;
  /** Has something done to a connection that is there. What goes wrong is an outcome, too: it never rejects. */
  act(action: InspectionAction, name: string, options?: { signal?: AbortSignal }): Promise<ActionOutcome>;
}

export interface InspectionFeed {
  /** Which connection to tell all about; null for none. */
  focus(name: string | null): void;
  close(): void;
}
