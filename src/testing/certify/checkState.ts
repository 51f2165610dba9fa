import { inspect } from 'node:util';
import type { InvariantId } from '../model/invariants.js';
import type { Stage } from './Stage.js';
import { Violation } from './StoryFailure.js';

/** States of the model in which the server keeps something waiting. */
const WAITING = new Set(['connecting', 'calling', 'callingRepeatable']);
/** In which calls are answered. */
const SERVING = new Set(['connected', 'calling', 'callingRepeatable', 'recovered', 'defying']);
/**
 * In which nobody is connected to anything, whether it was noticed or not; or may be, where the story leaves that open. Of a
 * loss that the next step meets unnoticed nothing is asked yet.
 */
const GONE = new Set(['refused', 'willing', 'lost', 'gaveUp', 'abandoned', 'hanging', 'undecided', 'closed']);

/**
 * What has to hold in each state of the model, however it was reached.
 *
 * @throws Violation
 */
export async function checkState(stage: Stage, state: string): Promise<void> {
  if (!WAITING.has(state)) {
    stage.keepNone();
    for (const each of stage.connects) await stage.settle('connect-settles', each);
    for (const each of stage.calls) await stage.settle('call-settles', each);
  }
  if (state === 'connected' || state === 'recovered') await stage.serves();
  if (SERVING.has(state)) {
    const serving = () => stage.server.lives.filter(({ hasHung }) => !hasHung).length;
    await stage.expect(
      'one-server',
      () => serving() <= 1,
      () => `there are ${serving()}`,
    );
    await checkOwn(stage, 'state-is-honest', (said) => said === 'connected');
  }
  if (GONE.has(state)) {
    // There may be one all the same: in place of one that hangs, or because a call made a connection.
    const isWell = () => stage.server.lives.some(({ isReady, isHanging }) => isReady && !isHanging);
    await checkOwn(stage, 'state-is-honest', (said) => said !== 'connected' || isWell());
  }
  // There is no loss that would have to be noticed first.
  if (state === 'connecting' && stage.said === 'connected') {
    throw new Violation('state-is-honest', "the state is 'connected', before the server answered");
  }
  await checkTold(stage);
  checkCalls(stage);
}

/** What the subject says of itself, where it says something. */
async function checkOwn(stage: Stage, id: InvariantId, isRight: (said: string) => boolean): Promise<void> {
  if (stage.said === undefined) return;
  await stage.expect(
    id,
    () => isRight(stage.said ?? ''),
    () => `the state is '${stage.said}'`,
  );
}

async function checkTold(stage: Stage): Promise<void> {
  if (stage.told === undefined) return;
  await stage.expect(
    'changes-are-told',
    () => stage.told === stage.said,
    () => `who listens knows of '${stage.told}', and the state is '${stage.said}'`,
  );
}

function checkCalls({ server, calls }: Stage): void {
  for (const { name, key, repeatable, outcome } of calls) {
    const executions = server.executionsOf(key);
    if (executions > 1 && !repeatable) {
      throw new Violation('call-executed-once', `${name} was executed ${executions} times`);
    }
    if (outcome?.isDone !== true) continue;
    const answer = inWhole(outcome.value);
    if (executions === 0 || !answer.includes(key)) {
      throw new Violation(
        'call-answered-by-its-own',
        `${name} of '${key}' resolved with ${answer.slice(0, 120)}`,
      );
    }
  }
}

/** An answer in whatever shape, all of it: it may be no JSON, and point at itself. */
function inWhole(value: unknown): string {
  return inspect(value, {
    depth: 20,
    maxArrayLength: null,
    maxStringLength: null,
    // All of it on one line.
    compact: true,
    breakLength: Number.POSITIVE_INFINITY,
    customInspect: false,
  });
}
