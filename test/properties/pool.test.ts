import fc from 'fast-check';
import { expect, test } from 'vitest';
import { settle } from '../../src/testing/steppingClock.js';
import { PoolRig } from '../rigs/poolRig.js';
import { patience, runs } from './budget.js';
import { poolAlways, poolApart, poolCounts } from './poolProperties.js';

test('everything holds of a pool that always holds', { timeout: patience }, async () => {
  await fc.assert(poolAlways(), { numRuns: runs(250) });
});

test('what happens to one server changes nothing for another', { timeout: patience }, async () => {
  await fc.assert(poolApart(), { numRuns: runs(40) });
});

test('a session is replaced exactly at the threshold of failures in a row, whoever asked', {
  timeout: patience,
}, async () => {
  await fc.assert(poolCounts(), { numRuns: runs(60) });
});

test('concurrent gets of a cold name begin it once, whoever gives up', { timeout: patience }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.boolean(), { minLength: 1, maxLength: 30 }), async (givesUp) => {
      const rig = new PoolRig();
      const gets = givesUp.map((gives) => {
        const controller = new AbortController();
        return { gives, controller, wanted: rig.get('a', { signal: controller.signal }) };
      });
      await settle();
      for (const { gives, controller } of gets) if (gives) controller.abort();
      await rig.finish('a');
      expect(rig.sessions('a')).toHaveLength(1);
      expect(rig.pool.stats).toMatchObject({ created: 1 });
      for (const { gives, controller, wanted } of gets) {
        if (gives) expect(wanted.error).toBe(controller.signal.reason);
        else expect(wanted.value.name).toBe('a');
      }
    }),
    { numRuns: runs(50) },
  );
});
