/** What a promise about the connection comes to, or null while that is open. */
export type Settlement<Value> = { value: Value } | { error: unknown } | null;

/** Promises that wait for a chart to reach something. */
export class Settlements<Snapshot> {
  readonly #pending = new Set<(snapshot: Snapshot) => void>();

  /** The chart moved. */
  changed(snapshot: Snapshot): void {
    if (this.#pending.size === 0) return;
    for (const look of [...this.#pending]) look(snapshot);
  }

  /**
   * @param decide looks at each snapshot, the present one first
   * @param onAbort called when the signal ended the wait
   * @throws the signal's reason
   */
  until<Value>(
    snapshot: Snapshot,
    decide: (snapshot: Snapshot) => Settlement<Value>,
    signal: AbortSignal | undefined,
    onAbort?: () => void,
  ): Promise<Value> {
    return new Promise((resolve, reject) => {
      const end = () => {
        this.#pending.delete(look);
        signal?.removeEventListener('abort', abort);
      };
      const look = (seen: Snapshot) => {
        const settlement = decideSafely(decide, seen);
        if (settlement === null) return;
        end();
        if ('error' in settlement) reject(settlement.error);
        else resolve(settlement.value);
      };
      const abort = () => {
        end();
        reject(signal?.reason);
        onAbort?.();
      };
      if (signal?.aborted) return abort();
      this.#pending.add(look);
      signal?.addEventListener('abort', abort, { once: true });
      look(snapshot);
    });
  }
}

/** The decision may be the embedder's, and throw: that is this promise's error, and nobody else's. */
function decideSafely<Snapshot, Value>(
  decide: (snapshot: Snapshot) => Settlement<Value>,
  snapshot: Snapshot,
): Settlement<Value> {
  try {
    return decide(snapshot);
  } catch (error) {
    return { error };
  }
}
