/** Stories of one connection in a pool, with their ends: a wrong target changes what is generated, too, but not these. */
import { describe, expect, test } from 'vitest';
import { createActor, fromCallback } from 'xstate';
import type { EntryFact, EntryRequest, PoolHandle } from '../../../machines/index.js';
import { entryInput } from '../../walk/pool/fixtures.js';
import { scriptEntry } from '../../walk/pool/scripts.js';
import { EntryStory, HELD, held, PLACES, type Way, ways } from './entryStory.js';

describe('what is wanted', () => {
  test('is begun when it has its place, and once', async () => {
    const story = new EntryStory();
    expect([story.place, story.isListening]).toEqual(['vacant', true]);
    await story.want(null);
    await story.want(null);
    expect([story.place, story.requests]).toEqual(['entering', []]);
    await story.end('admit');
    await story.want(null);
    expect([story.place, story.requests]).toEqual([held('opening'), ['open']]);
    await story.report('connection.opening');
    await story.report('connection.opened');
    expect([story.place, story.requests]).toEqual([held('ready'), ['open']]);
  });

  test('and has no place is not begun; the next one asks again', async () => {
    const story = await ways.entering();
    await story.fail('admit');
    expect([story.place, story.requests]).toEqual(['vacant', []]);
    await story.want();
    await story.end('admit');
    expect([story.place, story.requests]).toEqual([held('opening'), ['open']]);
  });

  test('by nobody any more, before it had its place, is not begun', async () => {
    const story = await ways.entering();
    await story.send({ type: 'entry.abandon' });
    expect([story.place, story.requests]).toEqual(['vacant', []]);
  });

  test.each([
    [0, 'ready'],
    [500, 'ready'],
    [501, 'checking'],
    [null, 'checking'],
  ] as const)('and was last heard of %s ms ago is %s', async (silence, link) => {
    const story = await ways.ready();
    await story.want(silence);
    expect([story.place, story.requests]).toEqual([held(link), ['open']]);
  });

  test('without a limit of freshness is ready, however long nothing was heard', async () => {
    const story = await ways.ready({ freshness: 'unlimited' });
    await story.want(null);
    await story.want(1_000_000);
    expect(story.place).toBe(held('ready'));
  });

  test('while somebody disconnects it is opened again', async () => {
    const story = await ways.leaving();
    await story.want();
    expect([story.place, story.requests]).toEqual([held('opening'), ['open', 'open']]);
  });

  test('and needs an authorization waits for somebody to act', async () => {
    const story = await ways.authorizing();
    await story.want();
    expect([story.place, story.requests]).toEqual(['authorizing', ['open']]);
    await story.report('connection.opening');
    expect(story.place).toBe(held('opening'));
  });
});

describe('a check', () => {
  test('that finds it alive ends in ready', async () => {
    const story = await ways.checking();
    await story.end('check', { isAlive: true });
    expect(story.place).toBe(held('ready'));
  });

  test.each(['no answer', 'an error'])('that comes to %s counts for nothing by itself', async (what) => {
    const story = await ways.checking();
    if (what === 'an error') await story.fail('check');
    else await story.end('check', { isAlive: false });
    // Whether there is to be a new session, the connection decides, which counts the failures of all probes.
    expect([story.place, story.requests]).toEqual([held('recovering'), ['open']]);
    await story.want(10_000);
    expect(story.place).toBe(held('recovering'));
    await story.report('connection.proved');
    expect([story.place, story.requests]).toEqual([held('ready'), ['open']]);
  });

  test.each(['checking', 'recovering'] as const)('is over when the connection is lost: %s', async (way) => {
    const story = await ways[way]();
    await story.report('connection.opening');
    expect(story.place).toBe(held('opening'));
    await story.report('connection.opened');
    expect(story.place).toBe(held('ready'));
  });

  test('is decided by its own answer, and not by that of a probe before', async () => {
    const story = await ways.checking();
    await story.report('connection.proved');
    expect(story.place).toBe(held('checking'));
  });
});

describe('a connection that failed for good', () => {
  test('rests, and is there for the next who wants it', async () => {
    const story = await ways.backingOff();
    expect([story.place, story.context]).toEqual([
      'backingOff',
      { failures: 1, error: 'PROCESS_EXITED', restDelay: 1_000, isAwaited: false, isDisused: false },
    ]);
    await story.elapse(999);
    expect(story.place).toBe('backingOff');
    await story.elapse(1);
    expect([story.place, story.clock.delays]).toEqual(['vacant', []]);
    await story.want();
    expect(story.place).toBe('entering');
  });

  test('is tried again by itself for those who wait, each time later, until it is up', async () => {
    const story = await ways.backingOff();
    for (const [failures, restDelay] of [
      [1, 1_000],
      [2, 2_000],
      [3, 4_000],
    ] as const) {
      expect(story.context).toMatchObject({ failures, restDelay, isAwaited: false });
      await story.want();
      expect(story.context.isAwaited).toBe(true);
      await story.elapse(restDelay - 1);
      expect(story.place).toBe('backingOff');
      await story.elapse(1);
      expect([story.place, story.context.isAwaited]).toEqual(['entering', false]);
      await story.end('admit');
      await story.report('connection.failed');
    }
    expect(story.requests).toEqual(['open', 'open', 'open', 'open']);
    await story.send({ type: 'entry.restart' });
    expect(story.place).toBe('entering');
    await story.end('admit');
    await story.report('connection.opened');
    expect(story.context).toMatchObject({ failures: 0, error: null });
  });

  test('is not tried for somebody who gave up', async () => {
    const story = await ways.backingOff();
    await story.want();
    await story.send({ type: 'entry.abandon' });
    await story.elapse(1_000);
    expect([story.place, story.requests]).toEqual(['vacant', ['open']]);
  });
});

describe('a restart', () => {
  test.each([
    ['vacant', 'entering', []],
    ['entering', 'entering', []],
    ['opening', held('opening'), ['open', 'reopen']],
    ['ready', held('opening'), ['open', 'reopen']],
    ['checking', held('opening'), ['open', 'reopen']],
    ['recovering', held('opening'), ['open', 'reopen']],
    ['authorizing', held('opening'), ['open', 'reopen']],
    ['leaving', held('opening'), ['open', 'open']],
    ['backingOff', 'entering', ['open']],
  ] as const)('in %s leads to %s', async (way, place, requests) => {
    const story = await ways[way]();
    await story.send({ type: 'entry.restart' });
    expect([story.place, story.requests]).toEqual([place, requests]);
  });
});

describe('disuse', () => {
  test.each(HELD)('ends what is held, also in %s', async (link) => {
    const story = await ways[link]();
    await story.elapse(59_999);
    expect(story.place).toBe(held(link));
    await story.elapse(1);
    expect(story.place).toBe(held(link, 'reviewing'));
    await story.end('review', { unusedFor: 60_000 });
    expect([story.place, story.context.isDisused]).toEqual(['retiring', true]);
    expect(story.clock.delays).toEqual([]);
  });

  test('is looked at again when what was used could have been unused for too long', async () => {
    const story = await ways.ready();
    await story.elapse(60_000);
    await story.end('review', { unusedFor: 59_999 });
    expect([story.place, story.clock.delays, story.context.isDisused]).toEqual([held('ready'), [1], false]);
    await story.elapse(1);
    await story.end('review', { unusedFor: 20_000 });
    expect(story.clock.delays).toEqual([40_000]);
    await story.elapse(40_000);
    await story.fail('review');
    expect([story.place, story.clock.delays]).toEqual([held('ready'), [40_000]]);
  });

  test('does not begin anew with what happens to the connection', async () => {
    const story = await ways.ready();
    await story.elapse(30_000);
    await story.report('connection.opening');
    await story.report('connection.opened');
    await story.want(501);
    await story.end('check', { isAlive: true });
    await story.elapse(30_000);
    expect(story.place).toBe(held('ready', 'reviewing'));
  });

  test.each([
    ['entry.want', 'ready'],
    ['entry.restart', 'opening'],
  ] as const)('is not decided by a look before somebody came: %s', async (type, link) => {
    const story = await ways.ready();
    await story.elapse(60_000);
    await story.send(type === 'entry.want' ? { type, silence: 0 } : { type });
    expect([story.place, story.clock.delays]).toEqual([held(link), [60_000]]);
  });

  test('begins anew where somebody came, however little was left', async () => {
    for (const type of ['entry.want', 'entry.restart'] as const) {
      const story = await ways.ready();
      await story.elapse(60_000);
      await story.end('review', { unusedFor: 20_000 });
      await story.elapse(40_000);
      await story.send(type === 'entry.want' ? { type, silence: 0 } : { type });
      expect(story.clock.delays).toEqual([60_000]);
    }
  });

  test.each(['vacant', 'entering', 'authorizing', 'leaving'] as const)('ends nothing in %s', async (way) => {
    const story = await ways[way]();
    expect(story.clock.delays).toEqual([]);
  });

  test('without a limit is not timed', async () => {
    for (const link of HELD) {
      const story = await ways[link]({ idleTimeout: 'unlimited' });
      expect([story.place, story.clock.delays]).toEqual([held(link, 'kept'), []]);
    }
  });
});

describe('the end', () => {
  const present = ['vacant', 'entering', ...HELD, 'authorizing', 'leaving', 'backingOff'] as const;

  test.each(present)('comes from %s, and latches', async (way) => {
    const story = await ways[way]();
    await story.send({ type: 'entry.retire' });
    expect([story.place, story.isListening, story.context.error]).toEqual(['retiring', false, null]);
    const before = story.requests.length;
    await story.want();
    await story.send({ type: 'entry.restart' });
    await story.send({ type: 'entry.abandon' });
    await story.send({ type: 'entry.retire' });
    expect([story.place, story.requests.length, story.clock.delays]).toEqual(['retiring', before, []]);
    await story.end('retire');
    expect([story.place, story.context.error]).toEqual(['retired', null]);
    expect(story.actor.getSnapshot().status).toBe('done');
  });

  test('comes all the same where the session would not end, and says so', async () => {
    const story = await ways.retiring();
    await story.fail('retire');
    expect([story.place, story.context.error]).toEqual(['retired', 'INTERNAL_ERROR']);
  });

  test.each(present)('comes from %s when somebody terminates the connection', async (way) => {
    const story = await ways[way]();
    await story.report('connection.ended');
    expect([story.place, story.context.error]).toEqual(['retired', null]);
  });
});

test('a connection that cannot be followed is ended', () => {
  const { machine } = scriptEntry();
  const broken = fromCallback<EntryRequest, { handle: PoolHandle }, EntryFact>(() => {
    throw new Error('it cannot be followed');
  });
  const actor = createActor(machine.provide({ actors: { connection: broken } }), {
    input: entryInput('normal'),
  });
  actor.start();
  expect(actor.getSnapshot().value).toBe('retiring');
});

test('every actor finds what is alive by the handle of the entry', async () => {
  const recovering = await ways.recovering();
  await recovering.elapse(60_000);
  await recovering.send({ type: 'entry.retire' });
  const { handle, inputs } = recovering;
  expect([...inputs.keys()]).toEqual(['connection', 'admit', 'check', 'review', 'retire']);
  for (const input of inputs.values()) {
    expect(Object.keys(input as object)).toEqual(['handle']);
    expect(Reflect.get(input as object, 'handle')).toBe(handle);
  }
});

test('what a connection reports leads there from everywhere', async () => {
  const facts = [
    ['connection.opening', held('opening')],
    ['connection.opened', held('ready')],
    ['connection.challenged', 'authorizing'],
    ['connection.failed', 'backingOff'],
    ['connection.leaving', 'leaving'],
    ['connection.left', 'vacant'],
  ] as const;
  const from = ['vacant', 'entering', ...HELD, 'authorizing', 'leaving', 'backingOff'] as const;
  for (const way of from) {
    for (const [fact, place] of facts) {
      const story = await ways[way]();
      await story.report(fact);
      expect(story.place, `${fact} in ${way}`).toBe(place);
    }
  }
});

test('tags say what the pool may ask', async () => {
  const tags: { [way in Way]: string[] } = {
    vacant: ['left'],
    entering: ['connecting', 'entering'],
    opening: ['connecting', 'occupying'],
    ready: ['occupying', 'ready'],
    checking: ['checking', 'occupying'],
    recovering: ['checking', 'occupying'],
    authorizing: ['challenged', 'occupying'],
    leaving: ['closing', 'left', 'occupying'],
    backingOff: ['failed'],
    retiring: ['closing', 'occupying', 'over'],
    retired: [],
  };
  for (const way of PLACES) {
    const story = await ways[way]();
    expect([way, story.tags]).toEqual([way, tags[way]]);
  }
});
