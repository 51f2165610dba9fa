import fc from 'fast-check';
import type { ConnectionErrorCode } from '../../machines/index.js';
import { ConnectionError } from '../../src/errors.js';
import { settle } from '../../src/testing/steppingClock.js';
import { answerOf, type CallKind, type CallRig } from './callRig.js';
import type { Sending } from './callTransport.js';

/** One thing that happens to calls and their connection, as plain data. `which` counts modulo what there is. */
export type CallCommand =
  | { do: 'call'; kind: CallKind; timeout: number }
  /** Aborts a call, settled ones included. */
  | { do: 'abort'; which: number; reason: keyof typeof REASONS }
  /** The server answers a request, be it the last or the first time, in time or late. */
  | { do: 'answer'; which: number; how: 'result' | 'error' | 'timeout error' }
  | { do: 'sending'; mode: Sending }
  /** The transport is gone; `transport` counts back from the newest. */
  | { do: 'lose'; transport: number; code: ConnectionErrorCode }
  | { do: 'connect' | 'disconnect' | 'reconnect' }
  | { do: 'step' }
  | { do: 'advance'; by: number }
  | { do: 'tick'; turns: number }
  | { do: 'settle' };

/** Whatever a user may give as a reason comes back as it is. */
export const REASONS = {
  error: new Error('the user’s own reason'),
  text: 'a text',
  number: 0,
  object: { why: 'because' },
} as const;

/** Does what the command says. Returns a promise only where time to settle is part of it. */
export function performCall(rig: CallRig, command: CallCommand): Promise<void> | undefined {
  switch (command.do) {
    case 'call':
      rig.call(command.kind, command.timeout);
      return undefined;
    case 'abort':
      pick(rig.made, command.which)?.controller.abort(REASONS[command.reason]);
      return undefined;
    case 'answer':
      answer(rig, command);
      return undefined;
    case 'sending':
      if (rig.transport !== undefined) rig.transport.sending = command.mode;
      return undefined;
    case 'lose':
      rig.transports.at(-1 - command.transport)?.lose(new ConnectionError(command.code, 'lost'));
      return undefined;
    case 'connect':
    case 'reconnect':
    case 'disconnect':
      // How these end is not the calls' business.
      rig.manager[command.do]().catch(() => {});
      return undefined;
    case 'step':
      rig.clock.step();
      return undefined;
    case 'advance':
      return rig.clock.advance(command.by);
    case 'tick':
      return tick(command.turns);
    case 'settle':
      return settle();
  }
}

function answer(rig: CallRig, { which, how }: Extract<CallCommand, { do: 'answer' }>): void {
  // The newest first, so that 0 is most likely still waited for.
  const sent = pick([...rig.sent].reverse(), which);
  if (sent === undefined) return;
  const { transport, request } = sent;
  if (how === 'result') {
    transport.respond(request, answerOf(sent));
    return;
  }
  // The second is what the SDK's client also says of its own timeouts.
  const code = how === 'error' ? -32603 : -32001;
  transport.receive({ jsonrpc: '2.0', id: request.id, error: { code, message: `the server’s ${how}` } });
}

async function tick(turns: number): Promise<void> {
  for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
}

function pick<Item>(items: readonly Item[], which: number): Item | undefined {
  return items[which % items.length];
}

const which = fc.nat({ max: 4 });

const call: fc.Arbitrary<CallCommand> = fc.record({
  do: fc.constant('call' as const),
  kind: fc.constantFrom<CallKind>('tool', 'tool', 'harmless tool', 'read', 'run'),
  timeout: fc.oneof(fc.constant(60_000), fc.integer({ min: 1, max: 90_000 })),
});

const command: fc.Arbitrary<CallCommand> = fc.oneof(
  { weight: 6, arbitrary: call },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('abort' as const),
      which: fc.nat({ max: 12 }),
      reason: fc.constantFrom<keyof typeof REASONS>('error', 'text', 'number', 'object'),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('answer' as const),
      which,
      how: fc.constantFrom('result', 'result', 'error', 'timeout error'),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('sending' as const),
      mode: fc.constantFrom<Sending>('accept', 'accept', 'refuse', 'break', 'hang'),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('lose' as const),
      transport: fc.constantFrom(0, 0, 1),
      code: fc.constantFrom<ConnectionErrorCode>(
        'PROCESS_EXITED',
        'STREAM_LOST',
        'SESSION_EXPIRED',
        'NOT_MCP',
      ),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constantFrom('connect', 'connect', 'reconnect', 'disconnect') }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('step' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('advance' as const), by: fc.integer({ min: 0, max: 70_000 }) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('tick' as const), turns: fc.integer({ min: 1, max: 8 }) }),
  },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('settle' as const) }) },
);

/** A call that outlives its session, and then takes its time on the next. */
const resent = fc
  .tuple(fc.constantFrom<CallKind>('harmless tool', 'read'), fc.integer({ min: 1, max: 50_000 }))
  .map(([kind, by]): CallCommand[] => [
    { do: 'sending', mode: 'accept' },
    { do: 'call', kind, timeout: 60_000 },
    { do: 'advance', by },
    { do: 'lose', transport: 0, code: 'PROCESS_EXITED' },
    { do: 'advance', by: 61_000 },
  ]);

/** Calls and what befalls them. It begins connected, mostly. */
export function callStory({ maxLength = 60 }: { maxLength?: number } = {}): fc.Arbitrary<CallCommand[]> {
  const part = fc.oneof(
    { weight: 12, arbitrary: command.map((one) => [one]) },
    { weight: 1, arbitrary: resent },
  );
  const start = fc.constantFrom<CallCommand[]>(
    [{ do: 'connect' }, { do: 'settle' }],
    [{ do: 'connect' }, { do: 'settle' }],
    [{ do: 'connect' }],
    [],
  );
  return fc
    .tuple(start, fc.array(part, { maxLength, size: 'max' }))
    .map(([first, rest]) => [...first, ...rest.flat()]);
}
