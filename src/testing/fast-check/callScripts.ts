import fc from 'fast-check';
import type { CallScript, CallStep } from '../callScript.js';

export interface CallScriptOptions {
  /** Names of tools, and what makes arguments for each. Default: `echo` with a `text`. */
  tools?: { readonly [name: string]: fc.Arbitrary<{ [name: string]: unknown }> };
  /** Default 20. */
  maxSteps?: number;
  /** The longest time that goes by in one step, in milliseconds. Default 1,000. */
  longestPause?: number;
}

/** Scripts for `playCalls`. */
export function callScripts(options: CallScriptOptions = {}): fc.Arbitrary<CallScript> {
  const { tools = { echo: fc.record({ text: fc.string() }) }, maxSteps = 20, longestPause = 1_000 } = options;
  const calls = Object.entries(tools).map(
    ([tool, made]): fc.Arbitrary<CallStep> =>
      fc.record({ do: fc.constant('call' as const), tool: fc.constant(tool), arguments: made }),
  );
  const pause: fc.Arbitrary<CallStep> = fc.record({
    do: fc.constant('advance' as const),
    by: fc.integer({ min: 0, max: longestPause }),
  });
  return fc.array(fc.oneof(...calls, pause), { maxLength: maxSteps });
}
