/**
 * What the SDK's clients alone do not do, in both lines: pinned, so that an upgrade tells us, and to see that the checker
 * can fail somebody who was not made for it.
 */
import { test } from 'vitest';
import { type ConnectionStory, connectionStories, StoryFailure } from '../../src/testing/certify/index.js';
import type { InvariantId } from '../../src/testing/model/invariants.js';
import { exampleAdapter } from '../testing/certify/support.js';

/** A process takes its time to start where many do, and what hangs is waited for so long. */
const PATIENCE = { stdio: 9000, http: 3000 };

const failed: { readonly [file: string]: { readonly [story: string]: InvariantId } } = {
  'sdk-1.mjs': {
    'http: connect → a call that takes its time → the server hangs': 'close-resolves',
    'http: connect → the server restarts → connect': 'reconnects',
    'http: connect → the server hangs → call': 'close-resolves',
    'http: connect → the server hangs → close': 'close-resolves',
    'http: connect → the session expires → it renews its session': 'renews-its-session',
    'http: connect → the server crashes → the server is back → connect': 'reconnects',
  },
  'sdk-2.mjs': {
    'stdio: connect twice at once': 'one-server',
    'stdio: connect → connect': 'one-server',
    'stdio: connect to a server that takes its time → connect': 'close-leaves-no-process',
    'stdio: connect → the server restarts → connect': 'one-server',
    'http: connect twice at once': 'one-server',
    'http: connect → connect': 'one-server',
    'http: connect to a server that takes its time → connect': 'close-ends-the-session',
    'http: connect → a call that takes its time → the server hangs': 'close-resolves',
    'http: connect → the server hangs → call': 'close-resolves',
    'http: connect → the server hangs → close': 'close-resolves',
    'http: connect → the session expires → it renews its session': 'renews-its-session',
  },
};

test.concurrent.for(Object.entries(failed))(
  '%s fails what it always did, and nothing else',
  { timeout: 120_000 },
  async ([file, pinned], { expect }) => {
    const adapter = await exampleAdapter(file);
    const stories = (['stdio', 'http'] as const).flatMap((transport) =>
      connectionStories(adapter, { transport, patience: PATIENCE[transport] }),
    );
    expect(stories.map(({ name }) => name)).toEqual(expect.arrayContaining(Object.keys(pinned)));
    expect(await brokenInvariants(stories)).toEqual(pinned);
  },
);

/** What broke, by story, of stories that are played a few at a time. */
async function brokenInvariants(stories: readonly ConnectionStory[]) {
  const broken: { [story: string]: string } = {};
  const rest = stories.values();
  const player = async () => {
    for (const { name, run } of rest) {
      const error: unknown = await run().then(
        () => undefined,
        (failure: unknown) => failure,
      );
      if (error === undefined) continue;
      if (!(error instanceof StoryFailure)) throw error;
      broken[name] = error.invariant.id;
    }
  };
  await Promise.all(Array.from({ length: 5 }, player));
  return broken;
}
