import { connectionMachine, daemonMachine, poolEntryMachine, poolMachine } from '../../../machines/index.js';
import { didYouMean } from '../../config/suggestions.js';
import { toSvg } from '../../graph/svg/toSvg.js';
import { toMermaid } from '../../graph/toMermaid.js';
import { toTable } from '../../graph/toTable.js';
import { transitionsOf } from '../../graph/transitions.js';
import { EXIT, usageError } from '../exits.js';
import type { Command } from '../Shell.js';

const MACHINES = {
  connection: connectionMachine,
  pool: poolMachine,
  poolEntry: poolEntryMachine,
  daemon: daemonMachine,
};

type Machine = (typeof MACHINES)[keyof typeof MACHINES];

const WRITERS: { readonly [format: string]: (machine: Machine) => string | Promise<string> } = {
  mermaid: toMermaid,
  table: (machine) => toTable(machine),
  svg: toSvg,
};

/** `graph [machine] [--format mermaid|table|svg|json]`: the statechart that runs. */
export const graph: Command = async ({ args, output, options }) => {
  const [name = 'connection'] = args;
  const names = Object.keys(MACHINES);
  const machine = Object.entries(MACHINES).find(([each]) => each.toLowerCase() === name.toLowerCase());
  if (machine === undefined) {
    throw usageError(
      `no machine ${JSON.stringify(name)}: there are ${names.join(', ')}${didYouMean(name, names)}`,
    );
  }
  const { format = output.isJson ? 'json' : 'mermaid' } = options;
  const write = Object.hasOwn(WRITERS, format) ? WRITERS[format] : undefined;
  if (format === 'json') {
    const [machineName, { root }] = machine;
    const description = root.description ?? null;
    output.json({ machine: machineName, description, transitions: transitionsOf(machine[1]) });
  } else if (write !== undefined && !output.isJson) {
    output.text((await write(machine[1])).trimEnd());
  } else if (write !== undefined) {
    throw usageError(`--format ${format} and --json are two wishes`);
  } else {
    const formats = [...Object.keys(WRITERS), 'json'];
    throw usageError(
      `--format: found ${JSON.stringify(format)}, expected ${formats.join(', ')}${didYouMean(format, formats)}`,
    );
  }
  return EXIT.ok;
};
