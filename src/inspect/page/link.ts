import { type ActorRefFrom, assign, createActor, fromCallback, setup } from 'xstate';
import type { InspectionFrame, StreamLine } from '../frames.types.js';
import { readLines } from './readLines.js';

/** Milliseconds without a line, which comes every five seconds at least, after which nothing is believed any more. */
const SILENCE = 12_000;
const FIRST_DELAY = 500;
const LONGEST_DELAY = 10_000;

type LinkEvent =
  | { type: 'stream.opened'; id: string }
  | { type: 'stream.heard' }
  | { type: 'stream.lost'; reason?: string }
  | { type: 'stream.closed' }
  | { type: 'stream.refused'; reason: string };

interface LinkContext {
  /** What the inspector calls this stream; null where there is none. */
  stream: string | null;
  failures: number;
  reason: string;
}

/** The page's own way to the inspector. While it is not `live`, what is shown may be the case no more. */
const linkMachine = setup({
  types: { context: {} as LinkContext, events: {} as LinkEvent },
  actors: {
    stream: fromCallback<LinkEvent>(() => {
      throw new Error('the link has no stream: provide one');
    }),
  },
  delays: {
    silence: SILENCE,
    backoff: ({ context }) => Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** (context.failures - 1)),
  },
}).createMachine({
  id: 'link',
  context: { stream: null, failures: 0, reason: '' },
  initial: 'open',
  states: {
    open: {
      description: 'A stream is open, or being opened.',
      invoke: { src: 'stream', id: 'stream' },
      initial: 'connecting',
      on: {
        'stream.lost': {
          target: 'lost',
          actions: assign({ reason: ({ event }) => event.reason ?? 'the inspector cannot be reached' }),
        },
        'stream.closed': { target: 'lost', actions: assign({ reason: 'the inspector was closed' }) },
        'stream.refused': { target: 'refused', actions: assign({ reason: ({ event }) => event.reason }) },
      },
      states: {
        connecting: {
          description: 'Nothing has been heard yet.',
          after: {
            silence: { target: '#link.lost', actions: assign({ reason: 'the inspector does not answer' }) },
          },
          on: {
            'stream.opened': {
              target: 'live',
              actions: assign({ stream: ({ event }) => event.id, failures: 0, reason: '' }),
            },
          },
        },
        live: {
          description: 'What is shown is how it is.',
          after: {
            silence: { target: '#link.lost', actions: assign({ reason: 'the inspector has fallen silent' }) },
          },
          on: { 'stream.heard': { target: 'live', reenter: true } },
        },
      },
    },
    lost: {
      description: 'Tries again soon.',
      entry: assign({ stream: null, failures: ({ context }) => context.failures + 1 }),
      after: { backoff: 'open' },
    },
    refused: {
      description: 'The token is another one: trying again is of no use.',
      entry: assign({ stream: null }),
    },
  },
});

export type LinkStatus = 'connecting' | 'live' | 'lost' | 'refused';

export interface LinkOptions {
  token: string;
  onframe(frame: InspectionFrame): void;
  /** Something about the link has changed. */
  onchange(link: Link): void;
}

/** Has the inspector tell the page, and tells the inspector what to do. */
export class Link {
  readonly #token: string;
  readonly #actor: ActorRefFrom<typeof linkMachine>;

  constructor({ token, onframe, onchange }: LinkOptions) {
    this.#token = token;
    const stream = fromCallback<LinkEvent>(({ sendBack }) => {
      const over = new AbortController();
      void this.#listen(over.signal, onframe, sendBack).then(
        () => sendBack({ type: 'stream.lost' }),
        () => sendBack({ type: 'stream.lost' }),
      );
      return () => over.abort();
    });
    this.#actor = createActor(linkMachine.provide({ actors: { stream } }));
    let before: LinkStatus | null = null;
    this.#actor.subscribe(() => {
      if (this.status === before) return;
      before = this.status;
      onchange(this);
    });
    this.#actor.start();
  }

  get status(): LinkStatus {
    const snapshot = this.#actor.getSnapshot();
    if (snapshot.matches({ open: 'live' })) return 'live';
    if (snapshot.matches('lost')) return 'lost';
    return snapshot.matches('refused') ? 'refused' : snapshot.context.failures > 0 ? 'lost' : 'connecting';
  }

  get reason(): string {
    return this.#actor.getSnapshot().context.reason;
  }

  /** Which connection to be told all about. */
  async focus(name: string | null): Promise<void> {
    const { stream } = this.#actor.getSnapshot().context;
    if (stream !== null) await this.#post('/api/focus', { stream, name });
  }

  /** @throws Error where the inspector could not be asked */
  async act(action: string, name: string): Promise<string> {
    const answer: unknown = await (await this.#post('/api/act', { action, name })).json();
    return textIn(answer, 'text') ?? textIn(answer, 'error') ?? 'no answer';
  }

  stop(): void {
    this.#actor.stop();
  }

  #post(path: string, body: object): Promise<Response> {
    const headers = { ...this.#headers, 'Content-Type': 'application/json' };
    return fetch(path, { method: 'POST', headers, body: JSON.stringify(body) });
  }

  get #headers() {
    return { Authorization: `Bearer ${this.#token}` };
  }

  async #listen(
    signal: AbortSignal,
    onframe: (frame: InspectionFrame) => void,
    tell: (event: LinkEvent) => void,
  ): Promise<void> {
    const response = await fetch('/api/stream', { headers: this.#headers, signal, cache: 'no-store' });
    if (response.status === 401 || response.status === 403) {
      const reason = textIn(await response.json(), 'error') ?? 'refused';
      tell({ type: 'stream.refused', reason });
      return;
    }
    if (!response.ok || response.body === null) {
      const reason = textIn(await response.json(), 'error');
      return tell(reason === null ? { type: 'stream.lost' } : { type: 'stream.lost', reason });
    }
    for await (const text of readLines(response.body)) {
      if (signal.aborted) return;
      // Both are of one package, and one version.
      const line: StreamLine = JSON.parse(text);
      if (line.type === 'hello') tell({ type: 'stream.opened', id: line.stream });
      if (line.type === 'frame') onframe(line.frame);
      if (line.type === 'bye') return tell({ type: 'stream.closed' });
      tell({ type: 'stream.heard' });
    }
  }
}

function textIn(value: unknown, field: string): string | null {
  const found: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, field) : undefined;
  return typeof found === 'string' ? found : null;
}
