import { connectionMachine } from '../../machines/index.js';
import { authorize, probe, release, restore, session, turn } from '../session/actors.js';

/**
 * The connection chart with its real actors. Invoke or spawn it in a machine of your own with
 * `connectionInput(config)` as input.
 */
export const connectionLogic = connectionMachine.provide({
  actors: { turn, session, restore, probe, release, authorize },
});
