/**
 * What we rely on in XState beyond its documentation. A failure here after an upgrade names the code of
 * ours to look at.
 */
import { describe, expect, test, vi } from 'vitest';
import {
  assign,
  createActor,
  createMachine,
  emit,
  fromCallback,
  fromPromise,
  type InspectionEvent,
  setup,
  waitFor,
} from 'xstate';
import { SteppingClock, settle } from '../../src/testing/steppingClock.js';

describe('stopping', () => {
  test('runs no exit actions, but the cleanup of what is invoked', () => {
    const [exit, cleanup] = [vi.fn(), vi.fn()];
    const actor = createActor(
      createMachine({
        initial: 'on',
        states: { on: { exit, invoke: { src: fromCallback(() => cleanup) } } },
      }),
    ).start();
    actor.stop();
    expect(exit).not.toHaveBeenCalled();
    expect(cleanup).toHaveBeenCalledOnce();
  });

  test('drops what a callback still reports: late words of an old session change nothing', () => {
    let report: (event: { type: 'late' }) => void = () => {};
    const heard = vi.fn();
    const machine = createMachine({
      initial: 'on',
      states: {
        on: {
          invoke: {
            src: fromCallback(({ sendBack }) => {
              report = sendBack;
            }),
          },
          on: { leave: 'off' },
        },
        off: { on: { late: { actions: heard } } },
      },
    });
    const actor = createActor(machine).start();
    actor.send({ type: 'leave' });
    report({ type: 'late' });
    expect(actor.getSnapshot().value).toBe('off');
    expect(heard).not.toHaveBeenCalled();
  });

  test('aborts the signal of a promise actor, and drops its outcome', async () => {
    let signal: AbortSignal | undefined;
    let resolve: (value: number) => void = () => {};
    const done = vi.fn();
    const machine = createMachine({
      initial: 'on',
      states: {
        on: {
          invoke: {
            src: fromPromise((options) => {
              ({ signal } = options);
              return new Promise<number>((settled) => {
                resolve = settled;
              });
            }),
            onDone: { actions: done },
          },
          on: { leave: 'off' },
        },
        off: {},
      },
    });
    const actor = createActor(machine).start();
    actor.send({ type: 'leave' });
    expect(signal?.aborted).toBe(true);
    resolve(1);
    await settle();
    expect(done).not.toHaveBeenCalled();
  });
});

describe('delays', () => {
  test.each([Number.NaN, 2 ** 31, Number.POSITIVE_INFINITY])(
    'of %d fire at once on the process’s clock: configurations must refuse them',
    async (delay) => {
      const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
      const machine = setup({ delays: { wait: delay } }).createMachine({
        initial: 'waiting',
        states: { waiting: { after: { wait: 'over' } }, over: {} },
      });
      const actor = createActor(machine).start();
      await waitFor(actor, (snapshot) => snapshot.matches('over'));
      expect(actor.getSnapshot().value).toBe('over');
      warn.mockRestore();
    },
  );

  test('whose guard is false do not come again: settle first, then wait for an event', async () => {
    const clock = new SteppingClock();
    const machine = createMachine({
      initial: 'waiting',
      states: { waiting: { after: { 10: { guard: () => false, target: 'over' } } }, over: {} },
    });
    const actor = createActor(machine, { clock }).start();
    await clock.advance(1_000);
    expect(actor.getSnapshot().value).toBe('waiting');
    expect(clock.delays).toEqual([]);
  });

  test('are computed on entry, from the context as the transition left it', () => {
    const clock = new SteppingClock();
    const machine = setup({
      types: { context: {} as { wait: number } },
      delays: { wait: ({ context }) => context.wait },
    }).createMachine({
      context: { wait: 1 },
      initial: 'idle',
      states: {
        idle: { on: { go: { target: 'waiting', actions: assign({ wait: 7 }) } } },
        waiting: { after: { wait: 'idle' }, on: { change: { actions: assign({ wait: 9 }) } } },
      },
    });
    const actor = createActor(machine, { clock }).start();
    actor.send({ type: 'go' });
    actor.send({ type: 'change' });
    expect(clock.delays).toEqual([7]);
  });

  test('start afresh when a state is entered again through its deep history', async () => {
    const clock = new SteppingClock();
    const machine = createMachine({
      initial: 'busy',
      states: {
        busy: {
          initial: 'first',
          after: { 100: 'over' },
          on: { woke: { target: '.resumed', reenter: true } },
          states: {
            first: { on: { next: 'second' } },
            second: {},
            resumed: { type: 'history', history: 'deep' },
          },
        },
        over: {},
      },
    });
    const actor = createActor(machine, { clock }).start();
    actor.send({ type: 'next' });
    await clock.advance(90);
    actor.send({ type: 'woke' });
    expect(actor.getSnapshot().value).toEqual({ busy: 'second' });
    await clock.advance(99);
    expect(actor.getSnapshot().value).toEqual({ busy: 'second' });
    await clock.advance(1);
    expect(actor.getSnapshot().value).toBe('over');
  });
});

describe('telling', () => {
  const counter = setup({
    types: {
      context: {} as { count: number },
      events: {} as { type: 'add' } | { type: 'nothing' } | { type: 'throw' },
      emitted: {} as { type: 'added' },
    },
  }).createMachine({
    context: { count: 0 },
    on: {
      add: { actions: [assign({ count: ({ context }) => context.count + 1 }), emit({ type: 'added' })] },
      throw: {
        guard: () => {
          throw new Error('a broken guard');
        },
        actions: () => {},
      },
    },
  });

  test('an emitted event is heard first, then subscribers are told, then inspectors; all see the new snapshot', () => {
    const order: string[] = [];
    const actor = createActor(counter);
    const count = () => actor.getSnapshot().context.count;
    actor.on('added', () => order.push(`emitted at ${count()}`));
    actor.subscribe(() => order.push(`subscriber at ${count()}`));
    actor.start();
    actor.system.inspect((event) => {
      if (event.type === '@xstate.snapshot') order.push(`inspector at ${count()}`);
    });
    order.length = 0;
    actor.send({ type: 'add' });
    expect(order).toEqual(['emitted at 1', 'subscriber at 1', 'inspector at 1']);
  });

  test('the inspector hears of every event of the root; an ignored one leaves the snapshot the same', () => {
    const seen: InspectionEvent[] = [];
    const actor = createActor(counter).start();
    actor.system.inspect((event) => {
      if (event.type === '@xstate.snapshot' && event.actorRef === actor) seen.push(event);
    });
    const before = actor.getSnapshot();
    actor.send({ type: 'nothing' });
    expect(seen).toMatchObject([{ event: { type: 'nothing' } }]);
    expect(actor.getSnapshot()).toBe(before);
  });

  test('what is sent while an inspector is told is taken after the step', () => {
    const actor = createActor(counter).start();
    let inside: number | null = null;
    actor.system.inspect((event) => {
      if (event.type !== '@xstate.snapshot' || inside !== null) return;
      actor.send({ type: 'add' });
      inside = actor.getSnapshot().context.count;
    });
    actor.send({ type: 'add' });
    expect(inside).toBe(1);
    expect(actor.getSnapshot().context.count).toBe(2);
  });

  test('an inspector that throws stops the actor’s mailbox for good: ours never do', () => {
    const actor = createActor(counter).start();
    let isBroken = true;
    actor.system.inspect((event) => {
      if (event.type === '@xstate.snapshot' && isBroken) throw new Error('a broken inspector');
    });
    expect(() => actor.send({ type: 'add' })).toThrow('a broken inspector');
    isBroken = false;
    actor.send({ type: 'add' });
    expect(actor.getSnapshot().context.count).toBe(1);
  });

  test('a machine that throws tells its subscribers of the error, and the inspector nothing', () => {
    const [error, inspected] = [vi.fn(), vi.fn()];
    const actor = createActor(counter).start();
    actor.subscribe({ error });
    actor.system.inspect((event) => {
      if (event.type === '@xstate.snapshot') inspected();
    });
    actor.send({ type: 'throw' });
    expect(error).toHaveBeenCalledOnce();
    expect(inspected).not.toHaveBeenCalled();
    expect(actor.getSnapshot().status).toBe('error');
  });

  test('a machine that threw keeps the tags of where it was', () => {
    const machine = createMachine({
      initial: 'on',
      states: {
        on: {
          tags: ['usable'],
          on: {
            throw: {
              actions: assign(() => {
                throw new Error('a broken action');
              }),
            },
          },
        },
      },
    });
    const actor = createActor(machine).start();
    actor.subscribe({ error: () => {} });
    actor.send({ type: 'throw' });
    expect(actor.getSnapshot().status).toBe('error');
    expect(actor.getSnapshot().hasTag('usable')).toBe(true);
  });
});

describe('children', () => {
  test('whose error nobody handles take their parent with them: every invoke needs an onError', async () => {
    const machine = createMachine({
      invoke: { src: fromPromise(() => Promise.reject(new Error('unhandled'))) },
    });
    const actor = createActor(machine);
    const error = vi.fn();
    actor.subscribe({ error });
    actor.start();
    await settle();
    expect(actor.getSnapshot().status).toBe('error');
    expect(error).toHaveBeenCalledOnce();
  });

  test('that throw on start reach onError', () => {
    const machine = createMachine({
      initial: 'on',
      states: {
        on: {
          invoke: {
            src: fromCallback(() => {
              throw new Error('no session');
            }),
            onError: 'failed',
          },
        },
        failed: {},
      },
    });
    expect(createActor(machine).start().getSnapshot().value).toBe('failed');
  });

  test('that throw on an event reach onError, and their cleanup is not run', () => {
    const cleanup = vi.fn();
    const machine = createMachine({
      initial: 'on',
      states: {
        on: {
          invoke: {
            id: 'child',
            src: fromCallback(({ receive }) => {
              receive(() => {
                throw new Error('a broken handler');
              });
              return cleanup;
            }),
            onError: 'failed',
          },
          on: {
            poke: {
              actions: ({ system, self }) =>
                self.getSnapshot().children.child?.send({ type: 'poke', system }),
            },
          },
        },
        failed: {},
      },
    });
    const actor = createActor(machine).start();
    actor.send({ type: 'poke' });
    expect(actor.getSnapshot().value).toBe('failed');
    expect(cleanup).not.toHaveBeenCalled();
  });
});
