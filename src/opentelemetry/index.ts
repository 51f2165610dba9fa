export { traceEffects } from './effects.js';
export { observeConnection, observePool } from './observe.js';
export type { TelemetryOptions } from './options.js';
export { withTraceContext } from './propagation.js';
