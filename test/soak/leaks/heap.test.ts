import { expect, test } from 'vitest';
import { growthOf } from './heap.js';

const CYCLES = 10_000;
/** A heap that fills caches first, then adds so many bytes per cycle, with collections that come when they like. */
const heap = (perCycle: number) =>
  Array.from({ length: 60 }, (_, sample) => {
    const cycle = (sample * CYCLES) / 60;
    return 2e7 + 1e6 * (1 - Math.exp(-cycle / 1_000)) + cycle * perCycle + ((sample * 7_919) % 13) * 10_000;
  });

test('caches that fill and samples that stray are no growth', () => {
  expect(growthOf(heap(0), CYCLES).isGrowing).toBe(false);
});

test('one sample that is far off is no growth', () => {
  expect(growthOf(heap(0).with(50, 9e7), CYCLES).isGrowing).toBe(false);
});

test('150 bytes left behind by each cycle are', () => {
  const { isGrowing, perCycle } = growthOf(heap(150), CYCLES);
  expect(isGrowing).toBe(true);
  expect(perCycle).toBeGreaterThan(100);
  expect(perCycle).toBeLessThan(200);
});
