/** Our own manager does all that the model asks of anyone's, alone and in a pool. */
import { describe, expect, test, vi } from 'vitest';
import { connectionStories } from '../../../src/testing/certify/index.js';
import { modelStories } from '../../../src/testing/model/stories.js';
import { exampleAdapter } from './support.js';

// The example has the name under which its readers have the package.
vi.mock('mcp-lifeline', () => import('../../../src/index.js'));

const stories = connectionStories(await exampleAdapter('lifeline.mjs'), { patience: 9000 });
const pooled = connectionStories(await exampleAdapter('pool.mjs'), {
  patience: 9000,
  only: 'the server restarts',
});

test('every story is about it', () => {
  expect(stories.map(({ story }) => story.name)).toEqual(modelStories().map(({ name }) => name));
});

describe.concurrent('our connection manager', () => {
  for (const { name, run } of stories) test(name, run);
});

describe.concurrent('a pool of ours', () => {
  // The rest is its connections' own.
  for (const { name, run } of pooled) test(name, run);
});
