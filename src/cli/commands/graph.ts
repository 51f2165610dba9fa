import { connectionMachine, daemonMachine, poolEntryMachine, poolMachine } from '../../../machines/index.js';
import { didYouMean } from '../../config/suggestions.js';
import { toMermaid } from '../../graph/toMermaid.js';
import { transitionsOf } from '../../graph/transitions.js';
import { EXIT, usageError } from '../exits.js';
import type { Command } from '../Shell.js';

const MACHINES = {
  connection: connectionMachine,
  pool: poolMachine,
  poolEntry: poolEntryMachine,
  daemon: daemonMachine,
};

/** `graph [machine]`: the statechart that runs, as text for a diagram. */
export const graph: Command = async ({ args, output }) => {
  const [name = 'connection'] = args;
  const machine = Object.entries(MACHINES).find(([each]) => each === name)?.[1];
  if (machine === undefined) {
    const names = Object.keys(MACHINES);
    throw usageError(`no machine ${JSON.stringify(name)}: ${names.join(', ')}${didYouMean(name, names)}`);
  }
  if (output.isJson) output.json({ machine: name, transitions: transitionsOf(machine) });
  else output.text(toMermaid(machine).trimEnd());
  return EXIT.ok;
};
