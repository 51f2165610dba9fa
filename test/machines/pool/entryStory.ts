import { type Actor, createActor } from 'xstate';
import { DEFAULT_CONFIG, type EntryEvent, type EntryPolicy } from '../../../machines/index.js';
import { describeStateValue } from '../../../src/graph/index.js';
import { SteppingClock, settle } from '../../../src/testing/steppingClock.js';
import { scriptEntry } from '../../walk/pool/scripts.js';

type Command = Extract<EntryEvent, { type: `entry.${string}` }>;
type Fact = Extract<EntryEvent, { type: `connection.${string}` }>;

const GONE = { code: 'PROCESS_EXITED', message: 'it is gone' } as const;

/** The raw chart of an entry with actors that do what the story says, on a clock that stands still meanwhile. */
export class EntryStory {
  readonly clock = new SteppingClock();
  readonly actor: Actor<ReturnType<typeof scriptEntry>['machine']>;
  readonly handle = {};
  readonly #script = scriptEntry();

  constructor(policy: Partial<EntryPolicy> = {}) {
    this.actor = createActor(this.#script.machine, {
      clock: this.clock,
      input: {
        name: 'told',
        handle: this.handle,
        policy: {
          freshness: 500,
          idleTimeout: 60_000,
          backoff: {
            ...DEFAULT_CONFIG.retryPolicy,
            jitter: 'none',
            backoffStrategy: { type: 'exponential', initial: 1_000, multiplier: 2, maxDelay: 30_000 },
          },
          ...policy,
        },
      },
    });
    this.actor.start();
  }

  /** Without the state that all of them are in. */
  get place(): string {
    return describeStateValue(this.actor.getSnapshot().value).replace(/^present\./, '');
  }

  get tags(): string[] {
    return [...this.actor.getSnapshot().tags].sort();
  }

  get context() {
    const { failures, error, restDelay, isAwaited, isDisused } = this.actor.getSnapshot().context;
    return { failures, error: error?.code ?? null, restDelay, isAwaited, isDisused };
  }

  /** What the chart asked of the connection. */
  get requests(): string[] {
    return this.#script.requests;
  }

  /** What each actor was started with the last time. */
  get inputs(): ReadonlyMap<string, unknown> {
    return this.#script.inputs;
  }

  get isListening(): boolean {
    return this.#script.isListening;
  }

  async want(silence: number | null = 0): Promise<void> {
    await this.send({ type: 'entry.want', silence });
  }

  async send(command: Command): Promise<void> {
    this.actor.send(command);
    await settle();
  }

  async report(fact: Fact['type']): Promise<void> {
    this.#script.report(
      fact === 'connection.failed' ? { type: fact, error: GONE, random: 0.5 } : { type: fact },
    );
    await settle();
  }

  async end(name: string, output?: unknown): Promise<void> {
    this.#script.end(name).resolve(output);
    await settle();
  }

  async fail(name: string): Promise<void> {
    this.#script.end(name).reject(new Error(`${name} failed`));
    await settle();
  }

  async elapse(milliseconds: number): Promise<void> {
    await this.clock.advance(milliseconds);
  }
}

export const HELD = ['opening', 'ready', 'checking', 'recovering'] as const;

export const PLACES = [
  'vacant',
  'entering',
  ...HELD,
  'authorizing',
  'leaving',
  'backingOff',
  'retiring',
  'retired',
] as const;

export type Way = (typeof PLACES)[number];

/** The ways to every place. */
export const ways: { [way in Way]: (policy?: Partial<EntryPolicy>) => Promise<EntryStory> } = {
  vacant: async (policy) => new EntryStory(policy),
  entering: async (policy) => {
    const story = new EntryStory(policy);
    await story.want();
    return story;
  },
  opening: async (policy) => {
    const story = await ways.entering(policy);
    await story.end('admit');
    return story;
  },
  ready: async (policy) => {
    const story = await ways.opening(policy);
    await story.report('connection.opened');
    return story;
  },
  checking: async (policy) => {
    const story = await ways.ready(policy);
    await story.want(501);
    return story;
  },
  recovering: async (policy) => {
    const story = await ways.checking(policy);
    await story.end('check', { isAlive: false });
    return story;
  },
  authorizing: async (policy) => {
    const story = await ways.opening(policy);
    await story.report('connection.challenged');
    return story;
  },
  leaving: async (policy) => {
    const story = await ways.ready(policy);
    await story.report('connection.leaving');
    return story;
  },
  backingOff: async (policy) => {
    const story = await ways.opening(policy);
    await story.report('connection.failed');
    return story;
  },
  retiring: async (policy) => {
    const story = await ways.ready(policy);
    await story.send({ type: 'entry.retire' });
    return story;
  },
  retired: async (policy) => {
    const story = await ways.retiring(policy);
    await story.end('retire');
    return story;
  },
};

export const held = (link: (typeof HELD)[number], use = 'resting') => `held(link.${link}, use.${use})`;
