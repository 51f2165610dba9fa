import { type Invariant, type InvariantId, invariantOf } from '../model/invariants.js';
import type { ModelStory } from '../model/stories.js';

/** What was expected of a subject, and what it did. */
export class Violation extends Error {
  readonly invariant: Invariant;
  readonly seen: string;

  constructor(id: InvariantId, seen: string) {
    const invariant = invariantOf(id);
    super(`expected: ${invariant.sentence}; seen: ${seen}`);
    this.name = 'Violation';
    this.invariant = invariant;
    this.seen = seen;
  }
}

/** A story that a subject failed. Its message is the story, the step that broke, what was expected and what was seen. */
export class StoryFailure extends Error {
  readonly story: ModelStory;
  /** Index of the step that broke; the number of steps when it broke in the close behind them. */
  readonly step: number;
  readonly invariant: Invariant;
  readonly seen: string;

  constructor(story: ModelStory, step: number, { invariant, seen }: Violation) {
    super(tell(story, step, invariant, seen));
    this.name = 'StoryFailure';
    this.story = story;
    this.step = step;
    this.invariant = invariant;
    this.seen = seen;
  }
}

function tell(
  { transport, name, steps }: ModelStory,
  failed: number,
  invariant: Invariant,
  seen: string,
): string {
  const lines = [...steps.map(({ phrase }) => phrase), 'close, in the end']
    .slice(0, failed + 1)
    .map((phrase, index) => `  ${index === failed ? '✗' : '✓'} ${index + 1}. ${phrase}`);
  return [
    `${transport}: ${name}`,
    ...lines,
    `    expected  ${invariant.sentence} (${invariant.id})`,
    `    seen      ${seen}`,
    `    source    ${invariant.source}`,
  ].join('\n');
}
