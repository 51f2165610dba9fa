/** Whatever can be asked of a connection and happen to it, for fast-check. */
import fc from 'fast-check';
import { type ConnectionErrorCode, ERROR_ROUTING } from '../../machines/index.js';
import type { ConnectionStatus } from '../../src/connection/state.js';
import { connectionConfigs, randomNumbers } from '../../src/testing/fast-check/index.js';
import type { Command } from './commands.js';
import type { RigOptions } from './connectionRig.js';

/** A failing story should be short, and should also be told at all. */
const MOST_SHRINKS = 500;

const ERROR_CODES = Object.keys(ERROR_ROUTING) as ConnectionErrorCode[];

const STATUSES: ConnectionStatus[] = [
  'disconnected',
  'connecting',
  'connected',
  'reconnecting',
  'failed',
  'authorizing',
  'closing',
  'terminated',
];

/** What a server may ask for, and what it must not be able to: milliseconds, or none. */
export const retryAfter = fc.constantFrom(0, 1, 250, 1e9, -5);

/** Mostly the newest session; often the one before it. */
const session = fc.constantFrom(0, 0, 0, 1, 1, 2);
const which = fc.nat({ max: 3 });

const lost: fc.Arbitrary<Command> = fc.oneof(
  fc.record({ do: fc.constant('lost' as const), session, code: fc.constantFrom(...ERROR_CODES) }),
  // Most of what really happens is retryable.
  fc.record({ do: fc.constant('lost' as const), session, code: fc.constant('PROCESS_EXITED' as const) }),
  fc.record({
    do: fc.constant('lost' as const),
    session,
    code: fc.constant('HTTP_ERROR' as const),
    retryAfter,
  }),
  fc.record({
    do: fc.constant('lost' as const),
    session,
    code: fc.constantFrom('AUTHORIZATION_REQUIRED' as const, 'SESSION_EXPIRED' as const),
  }),
);

const byUser: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constantFrom(
        ...([
          'connect',
          'connect',
          'connect',
          'reconnect',
          'disconnect',
          'checkHealth',
          'authorize',
        ] as const),
      ),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('wake' as const), random: randomNumbers() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('abort' as const), which }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('uponChange' as const),
      ask: fc.constantFrom('connect', 'reconnect', 'disconnect', 'checkHealth'),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record(
      {
        do: fc.constant('waitFor' as const),
        status: fc.constantFrom(...STATUSES),
        timeout: fc.integer({ min: 0, max: 90_000 }),
      },
      { requiredKeys: ['do', 'status'] },
    ),
  },
);

const bySession: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom(
        ...([
          'opened',
          'completed',
          'restored',
          'failRestoring',
          'drained',
          'finishClosing',
          'authorized',
          'refuseCode',
          'frame',
        ] as const),
      ),
      session,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('answered' as const),
      session,
      answer: fc.constantFrom('good', 'good', 'unsupported version', 'missing capability'),
    }),
  },
  { weight: 2, arbitrary: lost },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('probe' as const),
      how: fc.constantFrom('answer', 'fail'),
      which,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constantFrom('admit' as const, 'refuseTurn' as const),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('breakNext' as const),
      at: fc.constantFrom('making' as const, 'opening' as const),
    }),
  },
);

const byTime: fc.Arbitrary<Command> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('step' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('advance' as const), by: fc.integer({ min: 0, max: 70_000 }) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('fire' as const), which }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('tick' as const), turns: fc.integer({ min: 1, max: 6 }) }),
  },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('settle' as const) }) },
);

/** Things that often happen in one piece; everything deep in the chart lies behind some of them. */
const scene: fc.Arbitrary<Command[]> = fc.oneof(
  // Comes up, all the way or a part of it.
  fc.integer({ min: 1, max: 8 }).map((steps): Command[] => [{ do: 'connect' }, ...proceed(steps)]),
  fc.integer({ min: 1, max: 8 }).map(proceed),
  // Goes on as if its answer had been good, whatever it was.
  fc
    .constantFrom('good' as const, 'unsupported version' as const, 'missing capability' as const)
    .map((answer): Command[] => [
      { do: 'connect' },
      { do: 'settle' },
      { do: 'proceed' },
      { do: 'answered', session: 0, answer },
      { do: 'completed', session: 0 },
      ...proceed(5),
    ]),
  // Lost, released, and back after the backoff.
  fc
    .tuple(lost, fc.integer({ min: 0, max: 10 }))
    .map(([loss, steps]): Command[] => [loss, ...proceed(1), { do: 'step' }, ...proceed(steps)]),
  // A session that does not stop telling that it is lost.
  lost.map((loss): Command[] => [loss, { do: 'settle' }, loss, ...proceed(1)]),
  fc
    .constantFrom('authorized' as const, 'refuseCode' as const)
    .map((outcome): Command[] => [
      { do: 'lost', session: 0, code: 'AUTHORIZATION_REQUIRED' },
      ...proceed(1),
      { do: 'authorize' },
      { do: 'settle' },
      { do: outcome, session: 0 },
      { do: 'settle' },
    ]),
  fc
    .constantFrom('answer' as const, 'fail' as const, 'fail' as const)
    .map((how): Command[] => [
      { do: 'checkHealth' },
      { do: 'settle' },
      { do: 'probe', how, which: 0 },
      { do: 'settle' },
    ]),
  fc.constant<Command[]>([{ do: 'connect' }, { do: 'disconnect' }, { do: 'connect' }]),
  // Heard of early, and then no more for long.
  fc.integer({ min: 0, max: 1_000 }).map((by): Command[] => [
    { do: 'advance', by },
    { do: 'frame', session: 0 },
    { do: 'advance', by: 61_000 },
  ]),
  // Long enough to be stable, and a proof of life after it.
  fc.constant<Command[]>([{ do: 'advance', by: 61_000 }, { do: 'checkHealth' }, ...proceed(2)]),
);

/** A well-behaved server does so many things; the first eight bring a connection up. */
export function proceed(steps: number): Command[] {
  const step: Command[] = [{ do: 'settle' }, { do: 'proceed' }];
  return [...Array.from({ length: steps }, () => step).flat(), { do: 'settle' }];
}

const anything = fc.oneof(
  { weight: 3, arbitrary: byUser },
  { weight: 4, arbitrary: bySession },
  { weight: 4, arbitrary: byTime },
);

const interrupted = fc
  .tuple(scene, anything, fc.nat())
  .map(([commands, other, at]) => commands.toSpliced(at % commands.length, 0, other));

/**
 * A story: commands of all kinds, in orders that make sense and in orders that do not. It ends where
 * it ends; whoever runs it terminates the connection.
 */
export function story({ maxLength = 24 }: { maxLength?: number } = {}): fc.Arbitrary<Command[]> {
  const part = fc.oneof(
    { weight: 30, arbitrary: scene },
    { weight: 30, arbitrary: interrupted },
    { weight: 60, arbitrary: anything.map((command) => [command]) },
    // It latches, so that little can follow.
    { weight: 1, arbitrary: fc.constant<Command[]>([{ do: 'terminate' }]) },
  );
  const parts = fc.array(part, { maxLength, size: 'max' });
  return fc.limitShrink(parts, MOST_SHRINKS).map((commands) => commands.flat());
}

/** Any setting of the options that decide where a connection goes. */
const anyOptions: fc.Arbitrary<RigOptions> = fc.record({
  seed: fc.integer(),
  isGated: fc.boolean(),
  config: connectionConfigs().map((config) => ({ requiredCapabilities: ['tools'], ...config })),
});

export const rigOptions = fc.limitShrink(anyOptions, MOST_SHRINKS);
