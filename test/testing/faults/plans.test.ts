import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  describeFault,
  FAULT_KINDS,
  type FaultPlan,
  FaultyTransport,
  type FaultyTransportOptions,
  readFaultPlan,
  SteppingClock,
  seededFaultPlan,
  type TransportFault,
} from '../../../src/testing/index.js';
import { Call, HANDSHAKE, idle, pair } from './pair.js';

const seeds = fc.integer();

describe('an option that nobody knows', () => {
  const idleTransport = { start: async () => {}, send: async () => {}, close: async () => {} };

  test.each<[object, string]>([
    [{ plans: [] }, 'plans: found "a list", expected one of the fields plan, seed'],
    [
      { seed: { seed: 1, fault: 3 } },
      'seed.fault: found "a number", expected one of the fields seed, faults',
    ],
    [{ seed: '7' }, 'seed: found "7", expected a whole number'],
    [{ seed: { seed: 1, kinds: 'drop' } }, 'kinds: found "a string", expected a list of strings'],
  ])('is refused: %j', (options, message) => {
    expect(() => new FaultyTransport(idleTransport, options)).toThrow(message);
  });
});

describe('the plan of a seed', () => {
  test('is what it is', () => {
    expect(seededFaultPlan({ seed: 7 })).toMatchInlineSnapshot(`
      [
        {
          "at": 9,
          "do": "garble",
          "how": "body",
          "on": "sent",
        },
        {
          "at": 19,
          "do": "drop",
          "on": "sent",
        },
        {
          "at": 12,
          "do": "hang",
          "on": "sent",
        },
      ]
    `);
  });

  test('is the same for the same seed, and lies within its bounds', () => {
    const bounds = { faults: 5, within: 4, spare: 2, longestDelay: 10 };
    fc.assert(
      fc.property(seeds, (seed) => {
        const plan = seededFaultPlan({ seed, ...bounds });
        expect(seededFaultPlan({ seed, ...bounds })).toEqual(plan);
        expect(plan).toHaveLength(5);
        for (const fault of plan) {
          expect(fault.at).toBeGreaterThan(2);
          expect(fault.at).toBeLessThanOrEqual(6);
          if (fault.do === 'delay') expect(fault.by).toBeLessThanOrEqual(10);
        }
      }),
    );
  });

  test('can be read again once it is printed', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const plan = seededFaultPlan({ seed, faults: 6 });
        expect(readFaultPlan(JSON.parse(JSON.stringify(plan)))).toEqual(plan);
      }),
    );
  });

  test('is not that of the next seed, and all of them together do everything', () => {
    const plans = Array.from({ length: 100 }, (_, seed) => seededFaultPlan({ seed }));
    expect(new Set(plans.map((plan) => JSON.stringify(plan))).size).toBe(100);
    const firsts = new Set(plans.map(([first]) => first?.do));
    expect([...firsts].sort()).toEqual([...FAULT_KINDS].sort());
  });

  test('does only what it may', () => {
    const plan = seededFaultPlan({ seed: 1, faults: 20, kinds: ['drop'] });
    expect(new Set(plan.map((fault) => fault.do))).toEqual(new Set(['drop']));
  });

  test.each([
    [{ seed: 0.5 }, 'seed: found 0.5, expected a whole number'],
    [{ seed: 1, faults: -1 }, 'faults: found -1, expected a whole number from 0'],
    [{ seed: 1, within: 0 }, 'within: found 0, expected a whole number from 1'],
    [{ seed: 1, spare: Number.NaN }, 'spare: found NaN, expected a whole number from 0'],
    [{ seed: 1, longestDelay: 2 ** 31 }, 'longestDelay: found 2147483648, expected'],
    [{ seed: 1, kinds: [] }, 'kinds: found "none", expected some of drop, delay'],
  ])('refuses %j', (options, message) => {
    expect(() => seededFaultPlan(options)).toThrow(message);
  });
});

/** What became of a client's ten calls, and what its transport did, under these faults. */
async function story(options: FaultyTransportOptions): Promise<unknown> {
  const clock = new SteppingClock();
  const faulty = await pair({ ...options, clock });
  const calls: Call[] = [];
  for (let number = 1; number <= 10; number += 1) {
    calls.push(new Call(faulty, `call ${number}`));
    await clock.advance(100);
  }
  await clock.advance(10_000);
  const seen = calls.map((call) => `${call.seen} ${call.said}`);
  await faulty.client.close();
  await idle();
  const { executed, errors, transport } = faulty;
  const ends = calls.map((call) => `${call.seen} ${call.said}`);
  return { seen, ends, executed, errors, happened: transport.happened };
}

test('the same seed makes the same story, and so does its plan, printed and read again', async () => {
  const told = new Set<string>();
  await fc.assert(
    fc.asyncProperty(seeds, async (seed) => {
      const options = { seed, faults: 4, within: 10, spare: HANDSHAKE.sent };
      const first = await story({ seed: options });
      const plan: FaultPlan = readFaultPlan(JSON.parse(JSON.stringify(seededFaultPlan(options))));
      expect(await story({ seed: options })).toEqual(first);
      expect(await story({ plan })).toEqual(first);
      told.add(JSON.stringify(first));
    }),
    { numRuns: 40 },
  );
  // Stories in which nothing happens would be alike, too.
  expect(told.size).toBeGreaterThan(20);
});

describe('a plan that cannot work', () => {
  const good = { on: 'sent', at: 1, do: 'drop' };

  test.each<[unknown, string]>([
    [{}, 'plan: found "an object", expected a list of faults'],
    [['drop'], 'plan[0]: found "a string", expected a fault'],
    [[{ on: 'sent', at: 1 }], 'plan[0].do: found undefined, expected one of drop, delay'],
    [[good, { ...good, do: 'dorp' }], 'plan[1].do: found "dorp", expected one of'],
    [[{ ...good, do: 'dorp' }], '; did you mean drop?'],
    [
      [{ ...good, on: 'send' }],
      'plan[0].on: found "send", expected one of sent, received; did you mean sent?',
    ],
    [[{ ...good, at: 0 }], 'plan[0].at: found 0, expected a whole number from 1'],
    [
      [{ ...good, times: 'ever' }],
      'plan[0].times: found "ever", expected a whole number from 1 or \'always\'',
    ],
    [[{ ...good, method: '' }], 'plan[0].method: found "", expected the name of a method'],
    [[{ ...good, by: 1 }], 'plan[0].by: found "a number", expected one of the fields do, on'],
    [[{ ...good, do: 'delay' }], 'plan[0].by: found undefined, expected milliseconds from 0'],
    [[{ ...good, do: 'delay', by: 2 ** 31 }], 'plan[0].by: found 2147483648, expected milliseconds'],
    [
      [{ ...good, do: 'duplicate', copies: 0.5 }],
      'plan[0].copies: found 0.5, expected a whole number from 1',
    ],
    [
      [{ ...good, do: 'duplicate', copies: 10_001 }],
      'plan[0].copies: found 10001, expected a whole number from 1 to 10000',
    ],
    [[{ ...good, do: 'garble', how: ['id'] }], 'plan[0].how: found "a list", expected one of text, id, body'],
  ])('is refused: %j', (plan, message) => {
    expect(() => readFaultPlan(plan)).toThrow(message);
  });
});

test.each<[TransportFault, string]>([
  [{ on: 'sent', at: 1, do: 'drop' }, 'drop the 1st sent message'],
  [{ on: 'received', at: 22, do: 'delay', by: 5 }, 'delay the 22nd received message by 5 ms'],
  [{ on: 'sent', at: 3, do: 'duplicate' }, 'duplicate the 3rd sent message'],
  [{ on: 'sent', at: 3, do: 'duplicate', copies: 2 }, 'duplicate the 3rd sent message, 2 times'],
  [{ on: 'sent', at: 12, do: 'garble', how: 'id' }, 'garble the id of the 12th sent message'],
  [{ on: 'sent', at: 1, times: 'always', do: 'fail' }, 'fail every sent message'],
  [{ on: 'sent', at: 111, times: 'always', do: 'fail' }, 'fail every sent message from the 111th on'],
  [
    { on: 'received', at: 2, times: 3, do: 'drop', method: 'ping' },
    'drop the 2nd to 4th received message of ping',
  ],
  [{ on: 'sent', at: 4, do: 'hang' }, 'hang from the 4th sent message on'],
  [{ on: 'sent', at: 4, do: 'close' }, 'close at the 4th sent message'],
])('a fault in words: %j', (fault, words) => {
  expect(describeFault(fault)).toBe(words);
});
