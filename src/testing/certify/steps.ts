import type { ModelEventType } from '../model/connectionModel.types.js';
import type { ModelStep } from '../model/stories.js';
import { beginsNothing, checkClosed, settleDown, timeToStart } from './checkClosed.js';
import type { Stage } from './Stage.js';
import { Violation } from './StoryFailure.js';
import { HttpServer } from './server/HttpServer.js';
import { StdioServer } from './server/StdioServer.js';

type Take = (stage: Stage, step: ModelStep) => Promise<void>;

/** Milliseconds. Most who try again by themselves have done so by then. */
const TRIES_WITHIN = 250;

/** What is done for each event of the model, and what has to follow from it. */
const TAKES: { readonly [type in ModelEventType]: Take } = {
  'user.connect': connect,
  'user.connectTwice': async (stage) => {
    const both = [stage.connect(), stage.connect()];
    for (const each of both) await stage.settle('connect-settles', each);
    if (both.some(({ outcome }) => outcome?.isDone)) return;
    throw new Violation(
      'connect-resolves',
      both.map(({ name, outcome }) => `${name} ${outcome?.text}`).join('; '),
    );
  },
  'user.connectHeld': async (stage) => {
    stage.server.holdHandshakes();
    const asked = stage.connect();
    const isThere = () => stage.server.held > 0 || asked.outcome !== undefined;
    await stage.expect('connect-resolves', isThere, () => 'no handshake has reached the server');
    if (asked.outcome === undefined) return;
    throw new Violation(
      'connect-resolves',
      `${asked.name} ${asked.outcome.text}, before the server answered`,
    );
  },
  'user.call': async (stage, { from }) => {
    const asked = stage.call();
    if (['connected', 'recovered', 'calling'].includes(from)) await stage.serves(asked);
    else if (from !== 'connecting') await stage.settle('call-settles', asked);
  },
  'user.callMany': async (stage) => {
    const all = Array.from({ length: 5 }, () => stage.call());
    for (const each of all) await stage.serves(each);
  },
  'user.callHeld': (stage) => callHeld(stage, false),
  'user.callRepeatable': (stage) => callHeld(stage, true),
  'user.close': (stage) => close(stage, 1),
  'user.closeTwice': (stage) => close(stage, 2),

  'server.refuse': async ({ server }) => server.refuse(),
  'server.return': async (stage, { from, to }) => {
    const isPause = to === 'connected';
    // Whoever looks only when it is asked has to have noticed.
    if (isPause || from === 'lost') await stage.settle('call-settles', stage.call());
    if (from === 'lost') await missed(stage);
    stage.server.return();
    if (isPause) await stage.servesAgain('serves-after-a-pause');
  },
  'server.answer': async (stage, { from }) => {
    stage.server.answerHeld();
    if (from === 'connecting') {
      for (const each of stage.connects) await stage.settle('connect-settles', each);
      if (stage.connects.some(({ outcome }) => outcome?.isDone)) return;
      throw new Violation('connect-resolves', `connect 1 ${stage.connects[0]?.outcome?.text}`);
    }
    for (const each of stage.calls.filter((call) => stage.isKept(call))) await stage.serves(each);
  },
  'server.neverAnswer': async (stage) => {
    await rejectConnects(stage);
    await settleDown(stage);
    stage.server.refuse();
  },
  'server.crash': async (stage, { from }) => {
    stage.server.refuse();
    await stage.server.die();
    if (from === 'connecting') await rejectConnects(stage);
  },
  'server.restart': ({ server }) => server.die(),
  'server.hang': async ({ server }) => server.hang(),
  'server.expire': async ({ server }) => {
    if (server instanceof HttpServer) server.expire();
  },
  'server.shed': async ({ server }) => {
    if (server instanceof HttpServer) server.shed();
  },
  'server.defy': async ({ server }) => {
    if (server instanceof StdioServer) await server.defy();
  },

  'subject.recover': (stage) => stage.servesAgain('recovers'),
  'subject.renew': (stage) => stage.servesAgain('renews-its-session'),
  'subject.replace': (stage) => stage.servesAgain('replaces-what-hangs'),
  'subject.giveUp': async (stage) => {
    await stage.expect(
      'gives-up',
      () => stage.said === 'failed',
      () => `the state is '${stage.said}'`,
    );
    await settleDown(stage);
    await beginsNothing(stage, 'gives-up', Date.now(), 'while its state was `failed`');
  },
};

/** For whoever tries by itself the server is away long enough to be missed. Of others nothing is waited for. */
async function missed({ server, patience }: Stage): Promise<void> {
  const isMissed = () => server.turnedAway > 0;
  await patience.until(isMissed, (look) => server.onchange(look), TRIES_WITHIN + timeToStart(server));
}

/** @throws Violation */
export function takeStep(stage: Stage, step: ModelStep): Promise<void> {
  return TAKES[step.event](stage, step);
}

async function connect(stage: Stage, { from }: ModelStep): Promise<void> {
  const asked = stage.connect();
  switch (from) {
    case 'connecting':
      return;
    case 'connected':
      // It may say that it is connected already.
      await stage.settle('connect-settles', asked);
      return;
    case 'refusing':
    case 'refused':
      return rejectConnects(stage);
    case 'returned':
    case 'back':
    case 'abandoned': {
      let last = asked;
      await stage.settle('connect-settles', last);
      // Whoever has not noticed the loss yet may say no.
      await stage.servesAgain('reconnects', async () => {
        if (last.outcome?.isDone === true) return;
        last = stage.connect();
        await stage.settle('connect-settles', last);
      });
      return;
    }
    default: {
      const { isDone, text } = await stage.settle('connect-settles', asked);
      if (!isDone) throw new Violation('connect-resolves', `${asked.name} ${text}`);
    }
  }
}

async function rejectConnects(stage: Stage): Promise<void> {
  for (const each of stage.connects) {
    const { isDone } = await stage.settle('connect-settles', each);
    if (isDone) throw new Violation('connect-rejects', `${each.name} resolved`);
  }
}

async function callHeld(stage: Stage, repeatable: boolean): Promise<void> {
  const asked = stage.call({ held: true, repeatable });
  const isThere = () => stage.server.executionsOf(asked.key) > 0 || asked.outcome !== undefined;
  await stage.expect('call-served', isThere, () => `${asked.name} has not reached the server`);
  if (asked.outcome === undefined) return;
  throw new Violation('call-served', `${asked.name} ${asked.outcome.text}, before the server answered`);
}

async function close(stage: Stage, times: number): Promise<void> {
  const all = Array.from({ length: times }, () => stage.close());
  for (const each of all) {
    const { isDone, text } = await stage.settle('close-resolves', each);
    if (!isDone) throw new Violation('close-resolves', `${each.name} ${text}`);
  }
  await checkClosed(stage);
}
