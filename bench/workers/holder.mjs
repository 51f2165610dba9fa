// Holds idle connections to servers in this process; tells how much heap they take, and what one more costs.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { sides } from '../support/sides.mjs';
import { serve } from '../support/worker.mjs';

const side = sides[process.argv[2]];
const held = [];

const orders = {
  /** Bytes of heap for each of so many connections. */
  async weigh(connections) {
    // What is made once for all is no part of what each costs.
    await orders.hold(10);
    const before = await heapInUse();
    await orders.hold(connections);
    return ((await heapInUse()) - before) / connections;
  },

  async hold(connections) {
    for (let count = 0; count < connections; count += 1) held.push(await side.memory({ historyLimit: 0 }));
    return held.length;
  },

  async keep(connections) {
    await Promise.all(held.splice(connections).map((connection) => side.end(connection)));
    return held.length;
  },

  /** Microseconds of CPU for each of so many connections, which are then ended. */
  async time(connections) {
    const indexes = Array.from({ length: connections }, (_, index) => index);
    const construct = await cpuTime(() => indexes.map(() => side.construct()));
    const more = [];
    const connect = await cpuTime(async () => {
      for (const _ of indexes) more.push(await side.memory({ historyLimit: 0 }));
    });
    await Promise.all(more.map((connection) => side.end(connection)));
    return { construct: construct / connections, connect: connect / connections };
  },
};

serve(
  (order) => orders[order.do](order.connections),
  () => Promise.all(held.map((connection) => side.end(connection))),
);

async function cpuTime(work) {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

async function heapInUse() {
  for (let round = 0; round < 5; round += 1) {
    await nextTurn();
    global.gc();
  }
  return process.memoryUsage().heapUsed;
}
