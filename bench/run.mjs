// npm run bench -- certify [--peers] [--json]
// npm run bench -- [calls | recovery | memory | creation | pool | command] [--budget minimal] [--json] [--peers]
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { measureCalls } from './calls.mjs';
import { certifyAll } from './certify.mjs';
import { measureCommand } from './command.mjs';
import { measureCreation } from './creation.mjs';
import { measureMemory } from './memory.mjs';
import { measurePool } from './pool.mjs';
import { measureRecovery } from './recovery.mjs';
import { formatFigures } from './support/table.mjs';

const benches = {
  calls: {
    measure: measureCalls,
    full: { warmUp: 10, rounds: 40, calls: 3000 },
    minimal: { warmUp: 0, rounds: 1, calls: 300 },
  },
  recovery: {
    measure: measureRecovery,
    full: { warmUp: 5, rounds: 40 },
    minimal: { warmUp: 0, rounds: 1 },
  },
  memory: {
    measure: measureMemory,
    full: { rounds: 3, connections: 1000 },
    minimal: { rounds: 1, connections: 20 },
  },
  creation: {
    measure: measureCreation,
    full: { warmUp: 3, rounds: 30, many: 5000, more: 50 },
    minimal: { warmUp: 0, rounds: 1, many: 20, more: 10 },
  },
  pool: {
    measure: measurePool,
    full: { warmUp: 3, rounds: 20, many: 5000, more: 20, gets: 1000 },
    minimal: { warmUp: 0, rounds: 1, many: 20, more: 10, gets: 40 },
  },
  command: {
    measure: measureCommand,
    full: { warmUp: 3, rounds: 30, turns: 2 },
    minimal: { warmUp: 0, rounds: 1, turns: 1 },
  },
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    budget: { type: 'string', default: 'full' },
    peers: { type: 'boolean', default: false },
  },
});
// What it says are no figures, and no full run is without them.
if (positionals.join() === 'certify') {
  console.log(await certifyAll(values));
  process.exit();
}
const names = positionals.length > 0 ? positionals : Object.keys(benches);
const unknown = names.find((name) => !Object.hasOwn(benches, name));
if (unknown !== undefined || !['full', 'minimal'].includes(values.budget)) {
  console.error(
    `usage: npm run bench -- [${Object.keys(benches).join(' | ')}] [--budget full | minimal] [--json] [--peers]`,
  );
  process.exit(2);
}

const figures = [];
for (const name of names) {
  const { measure, [values.budget]: budget } = benches[name];
  const measured = await measure(budget, values);
  figures.push(...measured.map((figure) => ({ bench: name, ...figure })));
}
const machine = { node: process.version, cores: availableParallelism() };
console.log(values.json ? JSON.stringify({ ...machine, figures }) : formatFigures(machine, figures));
