import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ConnectionManager } from '../../../src/index.js';
import {
  backoffStrategies,
  callScripts,
  connectionConfigs,
  faultPlans,
} from '../../../src/testing/fast-check/index.js';
import { FAULT_KINDS, playCalls, readFaultPlan, SteppingClock } from '../../../src/testing/index.js';
import { HANDSHAKE, idle, pair } from '../faults/pair.js';

test('every configuration works', () => {
  fc.assert(
    fc.property(connectionConfigs(), (config) => {
      const server = { command: 'never started' };
      expect(new ConnectionManager({ name: 'any', server, ...config }).state.status).toBe('disconnected');
    }),
  );
});

test('every strategy is one of the three', () => {
  const types = new Set(fc.sample(backoffStrategies(), { numRuns: 200, seed: 1 }).map(({ type }) => type));
  expect([...types].sort()).toEqual(['constant', 'exponential', 'linear']);
});

test('every plan can be read, and lies within its bounds', () => {
  const kinds = new Set<string>();
  fc.assert(
    fc.property(faultPlans({ within: 4, spare: 2, maxFaults: 6, longestDelay: 10 }), (plan) => {
      expect(readFaultPlan(JSON.parse(JSON.stringify(plan)))).toEqual(plan);
      expect(plan.length).toBeLessThanOrEqual(6);
      for (const fault of plan) {
        kinds.add(fault.do);
        expect(fault.at).toBeGreaterThan(2);
        expect(fault.at).toBeLessThanOrEqual(6);
        if (fault.do === 'delay') expect(fault.by).toBeLessThanOrEqual(10);
      }
    }),
    { numRuns: 300 },
  );
  expect([...kinds].sort()).toEqual([...FAULT_KINDS].sort());
});

test('plans do only what they may, and shrink to the fault that matters', async () => {
  const plans = faultPlans({ kinds: ['delay', 'drop'] });
  const result = fc.check(
    fc.property(plans, (plan) => plan.every((fault) => fault.do !== 'drop')),
    { seed: 1, numRuns: 500 },
  );
  expect(result.counterexample).toMatchObject([[{ on: 'sent', at: 1, do: 'drop' }]]);
});

test('under any plan and script, every call has settled once the transport is closed', async () => {
  let played = 0;
  await fc.assert(
    fc.asyncProperty(faultPlans({ spare: HANDSHAKE.sent }), callScripts(), async (plan, script) => {
      const clock = new SteppingClock();
      const faulty = await pair({ plan, clock });
      const connection = {
        callTool: ({ arguments: { text } }: { arguments: { [name: string]: unknown } }) =>
          faulty.client.callTool({ name: 'echo', arguments: { text: String(text) } }),
      };
      const calls = await playCalls(script, { connection, clock });
      expect(calls).toHaveLength(script.filter((step) => step.do === 'call').length);
      await faulty.client.close();
      await idle();
      expect(calls.filter(({ seen }) => seen === 'pending')).toEqual([]);
      played += calls.length;
    }),
    { numRuns: 60 },
  );
  expect(played).toBeGreaterThan(60);
});

test('a script that ends with a call lets it settle, where it needs no time', async () => {
  const connection = { callTool: async () => 'done' };
  const calls = await playCalls([{ do: 'call', tool: 'quick', arguments: {} }], {
    connection,
    clock: new SteppingClock(),
  });
  expect(calls).toEqual([{ tool: 'quick', seen: 'fulfilled', value: 'done' }]);
});

test('a script says what became of each call', async () => {
  const clock = new SteppingClock();
  const connection = {
    callTool: ({ name }: { name: string }): Promise<unknown> => {
      if (name === 'bad') throw new Error('no such tool');
      if (name === 'never') return new Promise(() => {});
      return new Promise((resolve) => {
        clock.setTimeout(() => resolve(name), 10);
      });
    },
  };
  const calls = await playCalls(
    [
      { do: 'call', tool: 'good', arguments: {} },
      { do: 'call', tool: 'bad', arguments: {} },
      { do: 'call', tool: 'never', arguments: {} },
      { do: 'advance', by: 10 },
    ],
    { connection, clock },
  );
  expect(calls).toEqual([
    { tool: 'good', seen: 'fulfilled', value: 'good' },
    { tool: 'bad', seen: 'rejected', value: new Error('no such tool') },
    { tool: 'never', seen: 'pending', value: undefined },
  ]);
});
