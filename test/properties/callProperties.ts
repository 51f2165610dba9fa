/** What always holds of calls, as properties: the tests look briefly, the soak for as long as it is told. */
import { deepStrictEqual } from 'node:assert';
import fc from 'fast-check';
import type { ConnectionConfig } from '../../src/connection/options.js';
import { type SteppingClock, settle } from '../../src/testing/steppingClock.js';
import { type CallCommand, callStory } from '../rigs/callCommands.js';
import { CallRig } from '../rigs/callRig.js';
import { CallWatch } from '../rigs/invariants/callWatch.js';
import type { Count } from './connectionProperties.js';

/** A new clock, which is also that of the timers of the process: the SDK's client uses those. */
export type NewClock = () => SteppingClock;

export type CallCase = [story: CallCommand[], options: ConnectionConfig];

const config: fc.Arbitrary<ConnectionConfig> = fc.record({
  retryPolicy: fc.record({
    initialAttempts: fc.constantFrom<number | 'unlimited'>(1, 'unlimited'),
    maxAttempts: fc.constantFrom<number | 'unlimited'>(0, 1, 'unlimited'),
  }),
  healthCheck: fc.constantFrom(false as const, undefined),
});

/** Everything holds that always holds of them. */
export function callsKept(newClock: NewClock, count: Count = () => {}): fc.IAsyncProperty<CallCase> {
  return fc.asyncProperty(callStory(), config, async (story, options) => {
    const watch = new CallWatch(new CallRig(newClock(), options));
    await watch.run(story);
    await watch.end();
    count(watch.steps);
  });
}

/** Aborting one touches no other. */
export function abortsApart(newClock: NewClock, count: Count = () => {}) {
  return fc.asyncProperty(callStory(), config, fc.nat(), async (story, options, which) => {
    const watch = new CallWatch(new CallRig(newClock(), options));
    await watch.run([...story, { do: 'settle' }]);
    const { rig } = watch;
    const { pending } = rig;
    const [aborted] = pending.splice(which % Math.max(1, pending.length), 1);
    const [before, sent] = [pending.map(({ outcome }) => outcome), rig.sent.map(({ name }) => name)];
    // What waits for the next session goes out when the last call of this one is over, aborted or not.
    const isAwaited = rig.manager.state.status === 'closing';
    aborted?.controller.abort();
    await settle();
    deepStrictEqual(
      pending.map(({ outcome }) => outcome),
      before,
    );
    const more = rig.sent.slice(sent.length).map(({ name }) => name);
    deepStrictEqual(
      more.filter((name) => !isAwaited || sent.includes(name)),
      [],
    );
    await watch.end();
    count(watch.steps);
  });
}
