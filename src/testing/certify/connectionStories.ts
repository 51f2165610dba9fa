import { ConfigError } from '../../errors.js';
import type { ModelTransport } from '../model/connectionModel.types.js';
import { type ModelStory, modelStories } from '../model/stories.js';
import type { Adapter } from './adapter.types.js';
import type { CertifyOptions } from './certify.js';
import { checkAdapter } from './checkAdapter.js';
import { checkStoriesOptions } from './checkStoriesOptions.js';
import { runStory } from './runStory.js';

/** Milliseconds, where nobody says it. More than the five seconds that it may take to end a process that will not. */
export const DEFAULT_PATIENCE = 8000;

export interface StoriesOptions {
  /** Default: all that the adapter has. */
  transport?: ModelTransport | undefined;
  /** Only stories whose name has this in it; case is no matter. */
  only?: string | undefined;
  /** Milliseconds in which everything has to show; a subject that hangs is waited for so long. Default 8000 */
  patience?: number | undefined;
  /** Ends stories that are under way. */
  signal?: AbortSignal | undefined;
}

/** A story as a test: `test(name, run)`. */
export interface ConnectionStory {
  /** `stdio: connect → call`; no two are the same. */
  readonly name: string;
  readonly story: ModelStory;
  /**
   * Plays it with a subject and a server of its own, of which nothing is left.
   *
   * @throws StoryFailure when the subject does not do what it has to
   */
  run(): Promise<void>;
}

/** Why a story is not about a subject. */
export interface ForeignStory {
  readonly story: ModelStory;
  readonly reason: string;
}

/**
 * Every story that is about a subject, for any test runner. Those that need what it does not claim are left out.
 *
 * @throws AdapterError when the adapter cannot be used
 * @throws ConfigError when an option cannot work, or no story has the words
 */
export function connectionStories(adapter: Adapter, options: StoriesOptions = {}): ConnectionStory[] {
  return selectStories(adapter, options).stories;
}

/**
 * @throws AdapterError when the adapter cannot be used
 * @throws ConfigError when an option cannot work, or no story has the words
 */
export function selectStories(
  given: Adapter,
  options: CertifyOptions = {},
): {
  readonly stories: ConnectionStory[];
  readonly foreign: ForeignStory[];
  /** All of them, as the model has them. */
  readonly order: ModelStory[];
} {
  const adapter = checkAdapter(given, given?.name ?? 'the adapter');
  checkStoriesOptions(options, adapter);
  const { transport, only = '', patience = DEFAULT_PATIENCE, signal } = options;
  const wanted = modelStories().filter(
    (story) =>
      (transport === undefined || story.transport === transport) &&
      story.name.toLowerCase().includes(only.toLowerCase()),
  );
  if (wanted.length === 0) throw new ConfigError('only', only, 'words of a story');
  const stories: ConnectionStory[] = [];
  const foreign: ForeignStory[] = [];
  for (const story of wanted) {
    const reason = reasonAgainst(story, adapter);
    if (reason !== undefined) {
      foreign.push({ story, reason });
      continue;
    }
    const run = () => runStory(story, adapter, { patience, signal: signal ?? new AbortController().signal });
    stories.push({ name: `${story.transport}: ${story.name}`, story, run });
  }
  return { stories, foreign, order: wanted };
}

function reasonAgainst({ transport, needs }: ModelStory, { transports, claims = {} }: Adapter) {
  if (transports !== undefined && !transports.includes(transport)) return `it has no ${transport}`;
  const missing = needs.filter((claim) => claims[claim] !== true);
  return missing.length === 0 ? undefined : `it does not claim \`${missing.join('`, `')}\``;
}
