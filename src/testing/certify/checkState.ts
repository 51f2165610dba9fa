import type { InvariantId } from '../model/invariants.js';
import type { Stage } from './Stage.js';
import { Violation } from './StoryFailure.js';

/** States of the model in which the server keeps something waiting. */
const WAITING = new Set(['connecting', 'calling', 'callingRepeatable']);
/** In which calls are answered. */
const SERVING = new Set(['connected', 'calling', 'callingRepeatable', 'recovered', 'defying']);
/** In which nobody is connected to anything, whether it was noticed or not. */
const GONE = new Set(['refused', 'lost', 'gaveUp', 'hanging', 'closed']);

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
    // Another server may be there already in place of one that hangs.
    const isWell = () => stage.server.lives.some(({ isReady, isHanging }) => isReady && !isHanging);
    await checkOwn(stage, 'state-is-honest', (said) => said !== 'connected' || isWell());
  }
  await checkTold(stage);
  checkCalls(stage);
}

/** What the subject says of itself, where it says something. */
async function checkOwn(stage: Stage, id: InvariantId, isRight: (said: string) => boolean): Promise<void> {
  const { subject } = stage;
  if (subject.state === undefined) return;
  await stage.expect(
    id,
    () => isRight(subject.state?.() ?? ''),
    () => `the state is '${subject.state?.()}'`,
  );
}

async function checkTold(stage: Stage): Promise<void> {
  const { subject } = stage;
  // Who was told nothing yet knows what it was in the beginning.
  if (subject.state === undefined || subject.onChange === undefined || stage.told === undefined) return;
  await stage.expect(
    'changes-are-told',
    () => stage.told === subject.state?.(),
    () => `'${stage.told}' was told last, and the state is '${subject.state?.()}'`,
  );
}

function checkCalls({ server, calls }: Stage): void {
  for (const { name, key, repeatable, outcome } of calls) {
    const executions = server.executionsOf(key);
    if (executions > 1 && !repeatable) {
      throw new Violation('call-executed-once', `${name} was executed ${executions} times`);
    }
    if (outcome?.isDone !== true) continue;
    const answer = JSON.stringify(outcome.value) ?? 'undefined';
    if (executions === 0 || !answer.includes(key)) {
      throw new Violation(
        'call-answered-by-its-own',
        `${name} of '${key}' resolved with ${answer.slice(0, 120)}`,
      );
    }
  }
}
