import type { ModelTransport } from '../model/connectionModel.types.js';
import type { Invariant } from '../model/invariants.js';
import type { ModelStory } from '../model/stories.js';
import type { Adapter } from './adapter.types.js';
import {
  type ConnectionStory,
  DEFAULT_PATIENCE,
  type StoriesOptions,
  selectStories,
} from './connectionStories.js';
import { StoryFailure } from './StoryFailure.js';

export interface CertifyOptions extends StoriesOptions {
  /** Stories at a time, from 1: most of them wait. Default 4 */
  concurrency?: number | undefined;
  /** Called with each story when it is over. */
  onresult?: ((result: StoryResult) => void) | undefined;
}

export interface StoryResult {
  readonly transport: ModelTransport;
  /** The name of the story. */
  readonly story: string;
  /** How many it has; a failure behind them is one of the close that every story ends with. */
  readonly steps: number;
  readonly status: 'passed' | 'failed' | 'not applicable';
  /** Why it is not applicable. */
  readonly reason?: string;
  readonly failure?: {
    /** From 1 */
    readonly step: number;
    readonly invariant: Invariant;
    /** What was there in place of it. */
    readonly seen: string;
    /** The story up to there, for people. */
    readonly text: string;
  };
}

export interface Certificate {
  /** Name of the subject. */
  readonly subject: string;
  /** Milliseconds */
  readonly patience: number;
  readonly passed: number;
  readonly failed: number;
  readonly notApplicable: number;
  /** In the order of the model. */
  readonly stories: readonly StoryResult[];
}

/**
 * Plays every story with a subject.
 *
 * @throws AdapterError when the adapter cannot be used
 * @throws ConfigError when an option cannot work, or no story has the words
 * @throws whatever the signal's reason is
 */
export async function certify(adapter: Adapter, options: CertifyOptions = {}): Promise<Certificate> {
  const { concurrency = 4, onresult, patience = DEFAULT_PATIENCE } = options;
  const ending = new AbortController();
  const { signal = ending.signal } = options;
  const either = AbortSignal.any([signal, ending.signal]);
  const { stories, foreign, order } = selectStories(adapter, { ...options, signal: either });
  const results = new Map<unknown, StoryResult>();
  const record = (key: unknown, result: StoryResult) => {
    results.set(key, result);
    onresult?.(result);
  };
  for (const { story, reason } of foreign) {
    record(story, { ...factsOf(story), status: 'not applicable', reason });
  }
  const rest = stories.values();
  const workers = Array.from({ length: concurrency }, async () => {
    for (const each of rest) record(each.story, await play(each));
  });
  try {
    await Promise.all(workers);
  } catch (error) {
    // An adapter that cannot be used for one story cannot for any.
    ending.abort(error);
    await Promise.allSettled(workers);
    throw error;
  }
  const all = [...results.values()];
  const count = (status: StoryResult['status']) => all.filter((each) => each.status === status).length;
  return {
    subject: adapter.name ?? 'subject',
    patience,
    passed: count('passed'),
    failed: count('failed'),
    notApplicable: count('not applicable'),
    stories: order.flatMap((story) => results.get(story) ?? []),
  };
}

async function play({ story, run }: ConnectionStory): Promise<StoryResult> {
  const facts = factsOf(story);
  try {
    await run();
    return { ...facts, status: 'passed' };
  } catch (error) {
    if (!(error instanceof StoryFailure)) throw error;
    const { step, invariant, seen, message } = error;
    return { ...facts, status: 'failed', failure: { step: step + 1, invariant, seen, text: message } };
  }
}

function factsOf({ transport, name, steps }: ModelStory) {
  return { transport, story: name, steps: steps.length };
}
