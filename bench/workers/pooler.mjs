// Holds a pool of idle connections to servers in this process; tells what using it costs.
import { createConnectionPool } from 'mcp-lifeline';
import { echoInMemory } from '../support/servers.mjs';
import { serve } from '../support/worker.mjs';

let pool;
let held = [];
let spare = [];
/** Where the walk over all that are held has come to. */
let place = 0;

const orders = {
  /** Begins so many connections, and knows of `more` that it does not begin. */
  async hold({ count, more }) {
    held = names('held', count);
    spare = names('spare', more);
    const servers = Object.fromEntries([...held, ...spare].map((name) => [name, { server: echoInMemory }]));
    // Nothing is asked: what the checks cost is the connections' own.
    pool = createConnectionPool({
      servers,
      freshness: 'unlimited',
      historyLimit: 0,
      maxConnections: 100_000,
    });
    for (const name of held) await pool.get(name);
    return pool.stats.total;
  },

  async keep({ count }) {
    await Promise.all(held.splice(count).map((name) => pool.remove(name)));
    return pool.stats.total;
  },

  /**
   * Microseconds of CPU for each of so many gets, of as many names as are `used` and of all in turn, and for each of
   * so many connections begun and removed: names that were not there before, and all that are held in turn.
   */
  async time({ more, gets, used }) {
    const get = await cpuTime(async () => {
      for (let count = 0; count < gets; count += 1) await pool.get(held[count % used]);
    });
    const getAny = await cpuTime(async () => {
      for (let count = 0; count < gets; count += 1) await pool.get(next());
    });
    const add = await cpuTime(async () => {
      for (const name of spare) {
        await pool.get(name);
        await pool.remove(name);
      }
    });
    const renew = await cpuTime(async () => {
      for (let count = 0; count < more; count += 1) {
        const name = next();
        await pool.remove(name);
        await pool.get(name);
      }
    });
    return { get: get / gets, getAny: getAny / gets, add: add / more, renew: renew / more };
  },
};

function next() {
  place = (place + 1) % held.length;
  return held[place];
}

serve(
  (order) => orders[order.do](order),
  () => pool?.drain(),
);

function names(kind, count) {
  return Array.from({ length: count }, (_, index) => `${kind} ${index}`);
}

async function cpuTime(work) {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}
