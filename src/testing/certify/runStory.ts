import type { ModelStory } from '../model/stories.js';
import type { Adapter, Subject, SubjectTask } from './adapter.types.js';
import { AdapterError } from './checkAdapter.js';
import { checkState } from './checkState.js';
import { Patience } from './Patience.js';
import { Stage } from './Stage.js';
import { StoryFailure, Violation } from './StoryFailure.js';
import { HttpServer } from './server/HttpServer.js';
import { StdioServer } from './server/StdioServer.js';
import { takeStep } from './steps.js';

/** How long a subject that has failed may take to leave. */
const LEAVE_WITHIN = 1000;

export interface StoryOptions {
  /** Milliseconds in which everything has to show. */
  patience: number;
  signal: AbortSignal;
}

/**
 * Plays one story with a subject and a server of its own. Nothing is left of either.
 *
 * @throws StoryFailure when the subject does not do what it has to
 * @throws whatever `createSubject` throws
 */
export async function runStory(story: ModelStory, adapter: Adapter, options: StoryOptions): Promise<void> {
  const server = await (story.transport === 'http' ? HttpServer.open() : StdioServer.open());
  const patience = new Patience(options.patience, options.signal);
  let subject: Subject | undefined;
  try {
    const task: SubjectTask = {
      server: server.toConnect,
      transport: story.transport,
      patience: options.patience,
      retries: story.needs.includes('givesUp') ? 'few' : 'many',
    };
    subject = await make(adapter, task, patience);
    await play(story, new Stage(server, subject, patience));
  } catch (error) {
    if (subject !== undefined) await leave(subject);
    throw error;
  } finally {
    await server.end();
  }
}

/** @throws AdapterError when there is none in time */
async function make(adapter: Adapter, task: SubjectTask, patience: Patience): Promise<Subject> {
  const made = Promise.resolve().then(() => adapter.createSubject(task));
  let isMade = false;
  try {
    const outcome = await patience.for(made);
    isMade = outcome.kind !== 'hangs';
    if (outcome.kind === 'resolved') return outcome.value;
    if (outcome.kind === 'rejected') throw outcome.error;
  } finally {
    // Whoever comes when nobody waits any more leaves at once.
    if (!isMade) made.then(leave).catch(() => {});
  }
  throw new AdapterError(
    `${adapter.name}: createSubject neither resolved nor rejected within ${patience.limit} ms`,
  );
}

async function play(story: ModelStory, stage: Stage): Promise<void> {
  const isClosed = story.steps.at(-1)?.to === 'closed';
  const last = story.steps.at(-1)?.to ?? 'idle';
  const steps = isClosed
    ? story.steps
    : [...story.steps, { event: 'user.close' as const, from: last, to: 'closed', phrase: 'close' }];
  for (const [index, step] of steps.entries()) {
    try {
      await takeStep(stage, step);
      await checkState(stage, step.to);
    } catch (error) {
      throw error instanceof Violation ? new StoryFailure(story, index, error) : error;
    }
  }
}

/** Whoever failed may still have something open. */
async function leave(subject: Subject): Promise<void> {
  const patience = new Patience(LEAVE_WITHIN, new AbortController().signal);
  await patience.for(Promise.resolve().then(() => subject.close()));
}
