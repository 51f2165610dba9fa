import { test } from 'vitest';
import { modelStories } from '../../../src/testing/model/index.js';

test('x', () => {
  const s = modelStories();
  console.log(s.length);
  for (const t of s) console.log(t.transport, '|', t.name, '|', t.needs.join());
});
