import type { InspectionEvent } from 'xstate';
import { logSafely } from '../connection/listeners.js';
import type { ConnectionOptions } from '../connection/options.js';
import { messageOf } from '../errors.js';

type Inspect = (event: InspectionEvent) => void;

/** The same inspector, made safe: one that throws would stop the chart that it looks at for good. */
export function harmless(
  inspect: Inspect | undefined,
  logger: ConnectionOptions['logger'],
): Inspect | undefined {
  if (inspect === undefined) return undefined;
  return (event) => {
    try {
      inspect(event);
    } catch (error) {
      logSafely(logger, `an inspector threw: ${messageOf(error)}`);
    }
  };
}
