/** A tool that is called, or time that goes by. Plain data. */
export type CallStep =
  | {
      readonly do: 'call';
      readonly tool: string;
      readonly arguments: { readonly [name: string]: unknown };
    }
  | { readonly do: 'advance'; readonly by: number };

export type CallScript = readonly CallStep[];

/** What a script is played on: a `ConnectionManager`, a client of either line of the SDK, or what looks like one. */
export interface ToolCaller {
  callTool(params: { name: string; arguments: { [name: string]: unknown } }): Promise<unknown>;
}

/** What lets time go by: a `SteppingClock`. */
export interface AdvancingClock {
  advance(milliseconds: number): Promise<void>;
}

/** A call of a script, and what became of it so far. */
export interface PlayedCall {
  readonly tool: string;
  seen: 'pending' | 'fulfilled' | 'rejected';
  /** The result, or the error; undefined while it is pending. */
  value: unknown;
}

/**
 * Plays a script: makes its calls without waiting for them, and lets its time go by. Resolves at the end of the
 * script; calls that are pending then are, and their records go on to be kept.
 */
export async function playCalls(
  script: CallScript,
  { connection, clock }: { connection: ToolCaller; clock: AdvancingClock },
): Promise<readonly PlayedCall[]> {
  const played: PlayedCall[] = [];
  for (const step of script) {
    if (step.do === 'advance') await clock.advance(step.by);
    else played.push(watchCall(step.tool, () => callOf(connection, step.tool, step.arguments)));
  }
  await clock.advance(0);
  return played;
}

/** A call that throws at once is one that was rejected. */
async function callOf(connection: ToolCaller, name: string, args: object): Promise<unknown> {
  return connection.callTool({ name, arguments: { ...args } });
}

/** Keeps an eye on a call, which need not be waited for. */
export function watchCall(tool: string, make: () => Promise<unknown>): PlayedCall {
  const call: PlayedCall = { tool, seen: 'pending', value: undefined };
  const settle = (seen: 'fulfilled' | 'rejected') => (value: unknown) => {
    call.seen = seen;
    call.value = value;
  };
  make().then(settle('fulfilled'), settle('rejected'));
  return call;
}
