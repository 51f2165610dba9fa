/** Stories of the daemon, with their ends. */
import { describe, expect, test } from 'vitest';
import { createActor } from 'xstate';
import { type DaemonEvent, type DaemonLimits, IGNORED_DAEMON_EVENTS } from '../../../machines/index.js';
import { describeStateValue } from '../../../src/graph/index.js';
import { SteppingClock, settle } from '../../../src/testing/steppingClock.js';
import { scriptDaemon } from '../../walk/daemon/scripts.js';

const LIMITS: DaemonLimits = {
  start: 10_000,
  idle: 600_000,
  watch: 5_000,
  look: 6_000,
  drain: 30_000,
  stop: 60_000,
};

class DaemonStory {
  readonly clock = new SteppingClock();
  readonly handle = {};
  readonly #script = scriptDaemon();
  readonly actor;

  constructor(limits: Partial<DaemonLimits> = {}) {
    const input = { handle: this.handle, limits: { ...LIMITS, ...limits } };
    this.actor = createActor(this.#script.machine, { input, clock: this.clock });
    this.actor.start();
  }

  get place(): string {
    return describeStateValue(this.actor.getSnapshot().value);
  }

  get clients(): number {
    return this.actor.getSnapshot().context.clients;
  }

  /** Why it leaves, and what went wrong. */
  get why() {
    const { reason, error } = this.actor.getSnapshot().context;
    return [reason, error];
  }

  /** What each actor was started with. */
  get inputs(): ReadonlyMap<string, unknown> {
    return this.#script.endings.inputs;
  }

  get output() {
    return this.actor.getSnapshot().output;
  }

  get isLeaving(): boolean {
    return this.actor.getSnapshot().hasTag('leaving');
  }

  send(...types: DaemonEvent['type'][]): void {
    for (const type of types) this.actor.send({ type });
  }

  async end(name: string, output?: unknown): Promise<void> {
    this.#script.endings.end(name).resolve(output);
    await settle();
  }

  async fail(name: string): Promise<void> {
    this.#script.endings.end(name).reject(new Error(`${name} failed`));
    await settle();
  }

  async elapse(milliseconds: number): Promise<void> {
    await this.clock.advance(milliseconds);
  }

  /** Looks as often as it has to, and finds everything as it should be. */
  async pass(milliseconds: number): Promise<void> {
    const end = this.clock.now() + milliseconds;
    while (this.clock.now() < end) {
      await this.elapse(Math.min(LIMITS.watch, end - this.clock.now()));
      if (this.place.includes('watch.looking')) await this.end('look', { found: 'well' });
    }
  }
}

const SERVING = 'serving(clients.expecting, watch.waiting)';
const DESERTED = 'serving(clients.none, watch.waiting)';

async function publishing(): Promise<DaemonStory> {
  const story = new DaemonStory();
  await story.end('claim', { isOwner: true });
  await story.end('reap');
  return story;
}

async function serving(limits?: Partial<DaemonLimits>): Promise<DaemonStory> {
  const story = new DaemonStory(limits);
  await story.end('claim', { isOwner: true });
  await story.end('reap');
  await story.end('publish');
  return story;
}

describe('the start', () => {
  test('goes step by step: nothing is reaped before the place is claimed, nothing listens before that is done', async () => {
    const story = new DaemonStory();
    expect([story.place, story.clock.delays]).toEqual(['starting.claiming', [10_000]]);
    await story.end('claim', { isOwner: true });
    expect(story.place).toBe('starting.reaping');
    await story.end('reap');
    expect([story.place, story.actor.getSnapshot().hasTag('serving')]).toEqual([
      'starting.publishing',
      false,
    ]);
    await story.end('publish');
    expect([story.place, story.actor.getSnapshot().hasTag('serving')]).toEqual([SERVING, true]);
    expect([story.why, story.clients]).toEqual([[null, null], 0]);
  });

  test('is over at once where another daemon has the place', async () => {
    const story = new DaemonStory();
    await story.end('claim', { isOwner: false });
    expect([story.place, story.output]).toEqual(['stopped', { reason: 'taken', error: null }]);
  });

  test('goes on where servers of the one before cannot be ended, and says so', async () => {
    const story = new DaemonStory();
    await story.end('claim', { isOwner: true });
    await story.fail('reap');
    expect([story.place, story.why]).toEqual(['starting.publishing', [null, 'reap failed']]);
    await story.end('publish');
    expect(story.place).toBe(SERVING);
  });

  test.each(['claim', 'publish'])('that fails gives everything back: %s', async (name) => {
    const story = name === 'claim' ? new DaemonStory() : await publishing();
    await story.fail(name);
    expect([story.place, story.why]).toEqual(['stopping', ['unstarted', `${name} failed`]]);
  });

  test('has a limit', async () => {
    const story = await publishing();
    await story.elapse(9_999);
    expect(story.place).toBe('starting.publishing');
    await story.elapse(1);
    expect([story.place, story.why]).toEqual(['stopping', ['unstarted', 'not started within 10000 ms']]);
  });

  test.each(['daemon.drain', 'daemon.stop'] as const)('is broken off by %s', async (type) => {
    const story = await publishing();
    story.send(type);
    expect([story.place, story.why]).toEqual(['stopping', ['asked', null]]);
  });

  test('counts whoever comes before it heard that it can be found', async () => {
    const story = await publishing();
    story.send('client.came', 'client.came', 'client.left');
    await story.end('publish');
    expect([story.place, story.clients]).toEqual(['serving(clients.some, watch.waiting)', 1]);
  });
});

describe('the clients', () => {
  test('keep it, each of them; it leaves when the last has been gone for so long', async () => {
    const story = await serving();
    story.send('client.came');
    await story.pass(700_000);
    story.send('client.came', 'client.left');
    await story.pass(700_000);
    expect([story.place, story.clients]).toEqual(['serving(clients.some, watch.waiting)', 1]);
    story.send('client.left');
    expect(story.place).toBe(DESERTED);
    await story.pass(599_999);
    expect(story.place).toContain('clients.none');
    await story.elapse(1);
    expect([story.place, story.why]).toEqual(['draining', ['idle', null]]);
  });

  test('are never fewer than none', async () => {
    const story = await serving();
    story.send('client.left', 'client.came');
    expect([story.place, story.clients]).toEqual(['serving(clients.some, watch.waiting)', 1]);
  });

  test.each([
    { idle: 1, expected: 10_000 },
    { idle: 10_001, expected: 10_001 },
  ])(
    'have the time of a start to come, however soon it leaves later: $idle ms',
    async ({ idle, expected }) => {
      const story = await serving({ idle, watch: 2_000_000 });
      expect(story.place).toBe(SERVING);
      await story.elapse(expected - 1);
      expect(story.place).toBe(SERVING);
      await story.elapse(1);
      expect([story.place, story.why]).toEqual(['draining', ['idle', null]]);
      const used = await serving({ idle, watch: 2_000_000 });
      used.send('client.came', 'client.left');
      await used.elapse(idle - 1);
      expect(used.place).toBe(DESERTED);
      await used.elapse(1);
      expect([used.place, used.why]).toEqual(['draining', ['idle', null]]);
    },
  );

  test('that came and went before it heard that it can be found may be the ones of others', async () => {
    const story = await publishing();
    story.send('client.came', 'client.left');
    await story.end('publish');
    expect(story.place).toBe(SERVING);
  });

  test('do not matter where it may be idle for ever: there is no timer for them', async () => {
    const story = await serving({ idle: 'unlimited' });
    expect([story.place, story.clock.delays]).toEqual(['serving(clients.kept, watch.waiting)', [5_000]]);
    story.send('client.came');
    expect(story.clients).toBe(1);
    story.send('client.left');
    expect([story.place, story.clients]).toEqual(['serving(clients.kept, watch.waiting)', 0]);
    expect(story.clock.delays).toEqual([5_000]);
  });
});

describe('a look', () => {
  const looking = async () => {
    const story = await serving();
    await story.elapse(4_999);
    expect(story.place).toBe(SERVING);
    await story.elapse(1);
    expect(story.place).toBe('serving(clients.expecting, watch.looking)');
    return story;
  };

  test('that finds everything as it should be is followed by the next', async () => {
    const story = await looking();
    await story.end('look', { found: 'well' });
    expect([story.place, story.why]).toEqual([SERVING, [null, null]]);
    await story.elapse(5_000);
    expect(story.place).toContain('watch.looking');
  });

  test.each(['superseded', 'configChanged'] as const)(
    'that finds it %s is the reason to leave',
    async (found) => {
      const story = await looking();
      await story.end('look', { found });
      expect([story.place, story.why]).toEqual(['draining', [found, null]]);
    },
  );

  test('that fails, or takes too long, says nothing', async () => {
    const failed = await looking();
    await failed.fail('look');
    expect([failed.place, failed.why]).toEqual([SERVING, [null, null]]);
    const late = await looking();
    await late.elapse(5_999);
    expect(late.place).toContain('watch.looking');
    await late.elapse(1);
    expect([late.place, late.why]).toEqual([SERVING, [null, null]]);
  });
});

describe('leaving', () => {
  test('lets calls in flight finish, whoever is there', async () => {
    const story = await serving();
    story.send('client.came', 'daemon.drain');
    expect([story.place, story.why, story.isLeaving]).toEqual(['draining', ['asked', null], true]);
    story.send('daemon.drain', 'client.left', 'client.came');
    await story.elapse(29_999);
    expect([story.place, story.clients]).toEqual(['draining', 1]);
    await story.end('drain');
    expect([story.place, story.isLeaving]).toEqual(['stopping', true]);
    story.send('daemon.drain', 'daemon.stop', 'client.left');
    await story.end('stop');
    expect([story.place, story.output]).toEqual(['stopped', { reason: 'asked', error: null }]);
    expect(story.clock.delays).toEqual([]);
  });

  test('waits no longer for calls than it may', async () => {
    const story = await serving();
    story.send('daemon.drain');
    await story.elapse(30_000);
    expect([story.place, story.why]).toEqual(['stopping', ['asked', null]]);
  });

  test('goes on where draining fails, and says so', async () => {
    const story = await serving();
    story.send('daemon.drain');
    await story.fail('drain');
    expect([story.place, story.why]).toEqual(['stopping', ['asked', 'drain failed']]);
  });

  test.each(['serving', 'draining'])('at once, where it is told so: %s', async (from) => {
    const story = await serving();
    if (from === 'draining') story.send('daemon.drain');
    story.send('daemon.stop');
    expect([story.place, story.why]).toEqual(['stopping', ['asked', null]]);
  });

  test('comes to its end whatever happens, and says what', async () => {
    const failed = await serving();
    failed.send('daemon.stop');
    await failed.fail('stop');
    expect(failed.output).toEqual({ reason: 'asked', error: 'stop failed' });
    const late = await serving();
    late.send('daemon.stop');
    await late.elapse(59_999);
    expect(late.place).toBe('stopping');
    await late.elapse(1);
    expect(late.output).toEqual({ reason: 'asked', error: 'servers did not end within 60000 ms' });
  });
});

test('every actor finds what is alive by the handle of the daemon', async () => {
  const story = await serving();
  await story.elapse(LIMITS.watch);
  story.send('daemon.drain', 'daemon.stop');
  const { handle, inputs } = story;
  expect([...inputs.keys()]).toEqual(['claim', 'reap', 'publish', 'look', 'drain', 'stop']);
  for (const input of inputs.values()) {
    expect(Object.keys(input as object)).toEqual(['handle']);
    expect(Reflect.get(input as object, 'handle')).toBe(handle);
  }
});

test('every entry of the list of what is ignored says why', () => {
  for (const { reason } of IGNORED_DAEMON_EVENTS) expect(reason).toMatch(/\w/);
});
