import { expect, test } from 'vitest';
import { SteppingClock } from '../../src/testing/index.js';

test.each([Number.NaN, -5, 2 ** 31, Number.POSITIVE_INFINITY])(
  'a delay of %s is over at once, as on the clock of the process, and the clock goes on',
  async (delay) => {
    const clock = new SteppingClock();
    const fired: string[] = [];
    clock.setTimeout(() => fired.push('later'), 10);
    clock.setTimeout(() => fired.push('odd'), delay);
    await clock.advance(9);
    expect(fired).toEqual(['odd']);
    await clock.advance(1);
    expect(fired).toEqual(['odd', 'later']);
    expect(clock.now()).toBe(10);
  },
);

test.each([Number.NaN, -1, Number.POSITIVE_INFINITY])('%s milliseconds cannot go by', async (duration) => {
  const clock = new SteppingClock();
  const message = `found ${duration}, expected milliseconds from 0`;
  await expect(clock.advance(duration)).rejects.toThrow(new RangeError(`advance: ${message}`));
  expect(() => clock.skip(duration)).toThrow(new RangeError(`skip: ${message}`));
  expect(clock.now()).toBe(0);
});
