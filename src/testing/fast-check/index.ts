/** Arbitraries and commands for fast-check, which has to be installed beside this package. */
export { type CallScriptOptions, callScripts } from './callScripts.js';
export { backoffStrategies, connectionConfigs, randomNumbers } from './configs.js';
export {
  type ConnectionCommand,
  type ConnectionCommandsOptions,
  connectionCommands,
} from './connectionCommands.js';
export {
  BrokenPromiseError,
  type Connectable,
  type ConnectionModel,
  ConnectionRun,
  type ConnectionSubject,
  connectionRun,
} from './connectionRun.js';
export { type FaultPlanOptions, faultPlans } from './faultPlans.js';
