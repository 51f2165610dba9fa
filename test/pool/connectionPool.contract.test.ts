import { describe } from 'vitest';
import { ConnectionManager } from '../../src/connection/ConnectionManager.js';
import { ConnectionError } from '../../src/errors.js';
import { settle } from '../../src/testing/steppingClock.js';
import { PoolRig } from '../rigs/poolRig.js';
import { contract } from './contract.js';

describe('a ConnectionPool', () => {
  contract(() => {
    const rig = new PoolRig({ servers: { a: {}, b: {} }, retryPolicy: { initialAttempts: 1 } });
    const held = new Set<string>();
    const failing = new Map<string, 'PROCESS_EXITED'>();
    let others = 0;
    rig.made = (session, name) => {
      const code = failing.get(name);
      failing.delete(name);
      if (code !== undefined) void settle().then(() => session.lost(new ConnectionError(code, 'it is gone')));
      else if (!held.has(name)) void rig.finish(name);
    };
    return {
      pool: rig.pool,
      another: () => {
        others += 1;
        const name = `other ${others}`;
        return new ConnectionManager({ name, ...rig.server(name), clock: rig.clock });
      },
      hold: (name) => {
        held.add(name);
        return () => {
          held.delete(name);
          void rig.finish(name);
        };
      },
      failNext: (name, code) => failing.set(name, code),
      pass: async (milliseconds) => {
        const end = rig.clock.now() + milliseconds;
        // Sessions need a few turns to come up, and no time.
        do {
          await rig.clock.advance(Math.min(500, end - rig.clock.now()));
          for (let round = 0; round < 6; round += 1) await settle();
        } while (rig.clock.now() < end);
      },
    };
  });
});
