/** What an inspector is shown of a connection, as text. */
import { createInspector } from '@statelyai/inspect';
import type { InspectionEvent } from 'xstate';

/** One who writes everything down, in each of the ways that inspectors do. */
export class Clerk {
  /** As JSON, which is what XState's own events are meant for. */
  readonly json: string[] = [];
  /** Every text that can be reached from an event, named by the way there; what JSON leaves out too. */
  readonly reached: string[] = [];
  /** What `@statelyai/inspect` sends. */
  readonly sent: string[] = [];
  #received = 0;
  #passedOn = 0;
  #onsent: (() => void)[] = [];
  readonly #inspector = createInspector(
    {
      send: (event) => {
        this.sent.push(JSON.stringify(event));
        for (const look of this.#onsent.splice(0)) look();
      },
    },
    {
      serializationDepthLimit: 30,
      filter: () => {
        this.#passedOn += 1;
        return true;
      },
    },
  );

  readonly inspect = (event: InspectionEvent): void => {
    // The others are nothing to Stately's inspector.
    if (['@xstate.actor', '@xstate.event', '@xstate.snapshot'].includes(event.type)) this.#received += 1;
    this.json.push(JSON.stringify(event, withErrors));
    const { actorRef: _, ...facts } = event;
    collectTexts(facts, event.type, this.reached);
    this.#inspector.inspect.next?.(event);
  };

  /** Resolves when Stately's inspector has passed on all that it was shown. */
  async whenSent(): Promise<void> {
    while (this.#passedOn < this.#received) {
      await new Promise<void>((resolve) => this.#onsent.push(resolve));
    }
  }
}

function withErrors(_: string, value: unknown): unknown {
  return value instanceof Error
    ? { ...value, name: value.name, message: value.message, stack: value.stack, cause: value.cause }
    : value;
}

/** Actors are inspected themselves; a machine is the same for all connections. */
const ELSEWHERE = new Set(['machine', 'sourceRef', '_parent', 'system']);

function collectTexts(start: unknown, name: string, texts: string[]): void {
  const met = new Set<object>();
  const pending: [value: unknown, way: string][] = [[start, name]];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const [value, way] = next;
    if (typeof value === 'string') texts.push(`${way}: ${value}`);
    if ((typeof value !== 'object' && typeof value !== 'function') || value === null || met.has(value))
      continue;
    met.add(value);
    if ('sessionId' in value && 'system' in value) continue;
    if (value instanceof Map || value instanceof Set) {
      for (const [index, entry] of [...value].entries()) pending.push([entry, `${way}<${index}>`]);
    }
    for (const key of Reflect.ownKeys(value)) {
      const word = String(key);
      texts.push(`${way}: ${word}`);
      if (!ELSEWHERE.has(word)) pending.push([Reflect.get(value, key), `${way}.${word}`]);
    }
  }
}
